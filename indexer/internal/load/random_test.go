package load_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/indexer/internal/letters"
	"github.com/millrace/millrace/indexer/internal/load"
	"github.com/millrace/millrace/indexer/internal/meter"
	"github.com/millrace/millrace/indexer/internal/store"
	"github.com/millrace/millrace/internal/await"
	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/deadletter"
	"github.com/millrace/millrace/schemas/record"
)

// moody is a search store that says whatever comes to its mind, until it calms down.
type moody struct {
	t *testing.T

	mu   sync.Mutex
	r    *rand.Rand
	left int            // requests until it calms down
	docs map[string]int // how often each was taken, or refused for good
}

// moods are answers for one document. The first two settle it.
var moods = []string{
	`{"status":201}`,
	`{"status":422,"error":{"type":"strange","reason":"never"}}`,
	`{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"busy"}}`,
	`{"status":503,"error":{"type":"unavailable_shards_exception","reason":"away"}}`,
	`{"status":404,"error":{"type":"index_not_found_exception","reason":"gone"}}`,
	`{"status":500,"error":{"type":"strange","reason":"strange"}}`,
	`{"status":400,"error":{"type":"document_parsing_exception","reason":"failed to parse field [f] of type [long]"}}`,
}

func (s *moody) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	mad := s.left > 0
	s.left--
	switch {
	case err != nil:
		return
	case mad && s.r.IntN(20) == 0:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader([]int{400, 403, 413, 429, 503}[s.r.IntN(5)])
		_, _ = io.WriteString(w, `{"error":{"type":"strange","reason":"all of it"}}`)
		return
	case !strings.HasSuffix(req.URL.Path, "/_bulk"):
		_, _ = io.WriteString(w, `{"acknowledged":true}`)
		return
	}
	answers := map[string]string{} // one for each index, now and then
	var items []string
	lines := strings.SplitAfter(string(body), "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		mood := moods[0]
		if mad && s.r.IntN(2) == 0 {
			mood = moods[s.r.IntN(len(moods))]
		}
		index := s.index(lines[i])
		if answers[index] == "" && mad && s.r.IntN(20) == 0 {
			answers[index] = moods[2+s.r.IntN(len(moods)-3)]
		}
		if answers[index] != "" {
			mood = answers[index]
		}
		if mood == moods[6] && strings.Contains(lines[i+1], "overflow") {
			mood = moods[0] // it was repaired
		}
		if mood == moods[0] {
			_, id, _ := strings.Cut(lines[i+1], `"id":`)
			s.docs[id]++
		}
		items = append(items, `{"create":`+mood+`}`)
	}
	_, _ = io.WriteString(w, `{"errors":true,"items":[`+strings.Join(items, ",")+`]}`)
}

func (s *moody) index(action string) string {
	var a struct {
		Create struct {
			Index string `json:"_index"`
		} `json:"create"`
	}
	if err := json.Unmarshal([]byte(action), &a); err != nil {
		s.t.Errorf("action %q: %v", action, err)
	}
	return a.Create.Index
}

// drawer keeps dead letters, and takes some of them only the second time.
type drawer struct {
	mu     sync.Mutex
	r      *rand.Rand
	events int
}

func (d *drawer) Write(list []letters.Letter) (rest []letters.Letter, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range list {
		if d.r.IntN(3) == 0 {
			rest, err = append(rest, list[i]), io.ErrShortWrite
		} else {
			d.events += list[i].Events
		}
	}
	return rest, err
}

// once is an owner that minds being told twice, or after it has gone.
type once struct {
	t    *testing.T
	gone bool // from the beginning

	mu   sync.Mutex
	seen map[int64]bool
}

func (o *once) Settled(offset int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen[offset] {
		o.t.Errorf("record %d is settled twice", offset)
	}
	o.seen[offset] = true
}

func (o *once) Gone() bool { return o.gone }

func (o *once) settled() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.seen)
}

// mixed is a record of some events of several indices.
func mixed(r *rand.Rand, offset int) (header, value []byte, events int) {
	m := batch.Manifest{Writer: record.Writer{ID: "a"}, At: time.Now()}
	for range 1 + r.IntN(3) {
		count := 1 + r.IntN(5)
		m.Runs = append(m.Runs, batch.Run{Count: uint32(count), Index: fmt.Sprintf("logs-app%d-prod-2099.01.01", r.IntN(6)), Retention: 7})
		for range count {
			m.IDs = append(m.IDs, record.NewEventID(record.SourceID{1}, 1, uint64(offset*100+events), nil))
			value = fmt.Appendf(value, "{\"f\":1,\"id\":\"%d-%d\"}\n", offset, events)
			events++
		}
	}
	return batch.Append(nil, &m), value, events
}

// TestEveryRecordSettlesOnceWhateverTheStoreSays has many small loads meet a store that refuses
// requests, indices and documents in any way. Every document must be taken or put aside once,
// and every record settle once, after all of its own. Some records are of an owner that has
// gone: their documents may be given back, and are counted, too.
func TestEveryRecordSettlesOnceWhateverTheStoreSays(t *testing.T) {
	const records, gone = 600, 3
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s := &moody{t: t, r: rand.New(rand.NewPCG(seed, 1)), left: 250, docs: map[string]int{}}
	server := httptest.NewServer(s)
	defer server.Close()
	client, err := elastic.New(elastic.Config{Addresses: []string{server.URL}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close(context.Background()) }()
	d := &drawer{r: rand.New(rand.NewPCG(seed, 2))}
	m := meter.New(nil)
	l := load.New(load.Config{FlushBytes: 4 << 10, FlushEvery: time.Millisecond, InFlight: 4, Budget: 1 << 20},
		store.New(client, 0, time.Minute), d, m, slog.New(slog.DiscardHandler), time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()

	owners := [4]*once{}
	for i := range owners {
		owners[i] = &once{t: t, gone: i == gone, seen: map[int64]bool{}}
	}
	r, decoder, events := rand.New(rand.NewPCG(seed, 3)), bulk.NewDecoder(), 0
	for n := range records {
		header, text, count := mixed(r, n)
		events += count
		topic := fmt.Sprint("logs.", n%len(owners))
		b, err := decoder.Decode(header, nil, text, deadletter.Origin{Topic: topic, Offset: int64(n)})
		if err != nil {
			t.Fatal(err)
		}
		w := load.Work{Owner: owners[n%len(owners)], Topic: topic, Offset: int64(n), Bytes: int64(len(text)), Batch: b}
		if err := l.Take(ctx, w); err != nil {
			t.Fatal(err)
		}
	}
	await.True(t, time.Minute, "all records to settle", func() bool {
		n := 0
		for _, o := range owners[:gone] {
			n += o.settled()
		}
		return n == records*gone/len(owners)
	})
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for id, times := range s.docs {
		if times != 1 {
			t.Errorf("%s was taken %d times", id, times)
		}
	}
	if got := len(s.docs) + d.events + int(value(t, m.Returned)); got != events {
		t.Errorf("%d documents were taken, %d put aside and %v given back, of %d", len(s.docs), d.events, value(t, m.Returned), events)
	}
	if held := value(t, m.InFlight); held != 0 {
		t.Errorf("%v bytes are still in flight", held)
	}
}
