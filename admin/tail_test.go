package admin_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/schemas/topic"
)

// writeEvents puts documents of an app into its topic, as enrich would.
func (w *world) writeEvents(app, host string, docs ...string) {
	w.t.Helper()
	m := batch.Manifest{
		Writer: record.Writer{ID: "w", Nonce: 1}, Seq: 1, At: time.Now(), IDs: make([]record.EventID, len(docs)),
		Runs: []batch.Run{{Count: uint32(len(docs)), Index: "logs-" + app + "-prod-2026.11.22", Rev: revision.ID{1}}},
	}
	w.produce(&sarama.ProducerMessage{
		Topic: topic.Logs(app), Key: sarama.StringEncoder(host), Value: sarama.StringEncoder(strings.Join(docs, "\n") + "\n"),
		Headers: []sarama.RecordHeader{{Key: []byte(batch.Header), Value: batch.Append(nil, &m)}},
	})
}

// sse is one server-sent event; a comment has no name.
type sse struct{ name, data string }

// watch opens a live tail. Its events come until the test ends or stop is called; then
// the channel is closed.
func (w *world) watch(params url.Values) (events <-chan sse, stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	w.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base+"/api/v1/tail?"+params.Encode(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	resp, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		w.t.Fatalf("got %d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	all := make(chan sse, 10_000)
	done := make(chan struct{})
	go func() { // ends with the body
		defer close(done)
		defer close(all)
		defer func() { _ = resp.Body.Close() }()
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 2<<20)
		var e sse
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "event":
				e.name = value
			case "data":
				e.data = value
			case "":
				if value == "" && e.name != "" {
					all <- e
					e = sse{}
				}
			}
		}
	}()
	return all, func() { cancel(); <-done }
}

// next waits for an event of a name.
func (w *world) next(events <-chan sse, name string) sse {
	w.t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		select {
		case e, ok := <-events:
			if !ok {
				w.t.Fatalf("the stream ended before an event %s", name)
			}
			if e.name == name {
				return e
			}
		case <-deadline:
			w.t.Fatalf("no event %s", name)
		}
	}
}

func TestATailShowsALineWithinASecond(t *testing.T) {
	w := start(t, nil)
	w.ready()
	w.want(w.do("PUT", "/api/v1/collections/shop-access", shop), 201) // makes the topic
	events, stop := w.watch(url.Values{"app": {"shop"}, "host": {"web-1"}, "level": {"error"}, "q": {"timeout"}})
	w.next(events, "status")
	began := time.Now()
	w.writeEvents("shop", "web-1", `{"@timestamp":"2026-11-22T10:00:00Z","message":"a timeout","log":{"level":"error"}}`,
		`{"@timestamp":"2026-11-22T10:00:00Z","message":"no trouble","log":{"level":"error"}}`)
	e := w.next(events, "hit")
	t.Logf("shown after %v", time.Since(began))
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v", took)
	}
	var hit struct {
		ID, App string
		Event   struct{ Message string }
	}
	if err := json.Unmarshal([]byte(e.data), &hit); err != nil || hit.App != "shop" || hit.Event.Message != "a timeout" || len(hit.ID) != 32 {
		t.Errorf("got %s: %v", e.data, err)
	}
	w.eventually("the status", func() string {
		var status struct{ Matched, Skipped int }
		text := w.next(events, "status").data
		if err := json.Unmarshal([]byte(text), &status); err != nil || status.Matched != 1 || status.Skipped != 0 {
			return text
		}
		return ""
	})
	stop()
	w.eventually("the end of the tail", func() string {
		metrics := string(w.do("GET", "/metrics", "").body)
		if !strings.Contains(metrics, "millrace_admin_tails 0\n") {
			return "it is still open"
		}
		return ""
	})
}

func TestABadQueryIsRefusedBeforeTheStream(t *testing.T) {
	w := start(t, nil)
	places := w.problems(w.want(w.do("GET", "/api/v1/tail?q="+url.QueryEscape("level:(error"), ""), 422))
	if !strings.Contains(places["query.q"], "column 7") {
		t.Errorf("got %v", places)
	}
	w.problems(w.want(w.do("GET", "/api/v1/tail?x=1", ""), 422))
}

func TestTheEndOfTheServerEndsTailsAtOnce(t *testing.T) {
	w := start(t, nil)
	w.ready()
	events, _ := w.watch(nil)
	w.next(events, "status")
	began := time.Now()
	w.stop()
	if e := w.next(events, "error"); !strings.Contains(e.data, `"status":503`) {
		t.Errorf("got %s", e.data)
	}
	if took := time.Since(began); took > 4*time.Second { // requests under way would have 5
		t.Errorf("it took %v", took)
	}
}

func TestTooManyTailsAreRefused(t *testing.T) {
	w := start(t, nil)
	for range 50 {
		w.watch(nil)
	}
	w.problems(w.want(w.do("GET", "/api/v1/tail", ""), 429))
}

// Ten tails at the rate of a busy site: nobody is held up, and all is counted.
func TestTenTailsOfABurst(t *testing.T) {
	w := start(t, nil)
	w.ready()
	w.want(w.do("PUT", "/api/v1/collections/shop-access", shop), 201)
	const tails, batches, lines = 10, 40, 500
	var all []<-chan sse
	for range tails {
		events, _ := w.watch(nil)
		w.next(events, "status")
		all = append(all, events)
	}
	docs := make([]string, lines)
	for i := range docs {
		docs[i] = fmt.Sprintf(`{"@timestamp":"2026-11-22T10:00:00Z","message":"line %d"}`, i)
	}
	for range batches {
		w.writeEvents("shop", "web-1", docs...)
	}
	for _, events := range all {
		var status struct{ Matched, Skipped int }
		hits := 0
		for status.Matched < batches*lines || hits < status.Matched-status.Skipped {
			e, ok := <-events // ends with the test's own time
			switch {
			case !ok:
				t.Fatalf("the stream ended after %d hits, %+v", hits, status)
			case e.name == "hit":
				hits++
			case e.name == "status":
				if err := json.Unmarshal([]byte(e.data), &status); err != nil {
					t.Fatal(err)
				}
			}
		}
		if status.Matched != batches*lines || hits != status.Matched-status.Skipped {
			t.Errorf("%d hits, %+v", hits, status)
		}
	}
}
