package load_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/indexer/internal/load"
	"github.com/millrace/millrace/indexer/internal/meter"
	"github.com/millrace/millrace/indexer/internal/store"
	"github.com/millrace/millrace/internal/await"
	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/schemas/deadletter"
)

// away is an owner whose records never settle here.
type away struct{}

func (away) Settled(int64) {}
func (away) Gone() bool    { return false }

// deadStore answers as one whose shards are all away.
func deadStore(t *testing.T) *store.Store {
	t.Helper()
	const item = `{"create":{"status":503,"error":{"type":"unavailable_shards_exception","reason":"primary shard is not active"}}}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !strings.HasSuffix(r.URL.Path, "/_bulk") {
			_, _ = io.WriteString(w, `{"acknowledged":true}`)
			return
		}
		docs := strings.Count(string(body), "\n") / 2
		_, _ = io.WriteString(w, `{"errors":true,"items":[`+strings.TrimSuffix(strings.Repeat(item+",", docs), ",")+`]}`)
	}))
	t.Cleanup(server.Close)
	client, err := elastic.New(elastic.Config{Addresses: []string{server.URL}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(context.Background()) })
	return store.New(client, 0, time.Minute)
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first one has made free of finalizers
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func value(t *testing.T, g prometheus.Metric) float64 {
	t.Helper()
	var m dto.Metric
	if err := g.Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetGauge().GetValue() + m.GetCounter().GetValue()
}

// TestWhatWaitsTakesNoMoreMemoryThanTheBudget floods a store whose shards are all away, from
// many topics. Kept as text beside its records it would be the double.
func TestWhatWaitsTakesNoMoreMemoryThanTheBudget(t *testing.T) {
	for _, events := range []int{100, 1} {
		t.Run(fmt.Sprint(events, " events a record"), func(t *testing.T) { flood(t, events) })
	}
}

func flood(t *testing.T, events int) {
	t.Helper()
	const budget = 32 << 20
	m := meter.New(nil)
	l := load.New(load.Config{FlushBytes: 1 << 20, FlushEvery: 10 * time.Millisecond, InFlight: 4, Budget: budget},
		deadStore(t), nil, m, slog.New(slog.DiscardHandler), time.Now)
	header, text := nginxBatch(events)
	if events == 1 { // a short line of a quiet host
		text = []byte(`{"@timestamp":"2026-11-22T09:00:00.000Z","message":"` + strings.Repeat("x", 200) + "\"}\n")
	}
	before := heap()
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		if err := l.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	decoder := bulk.NewDecoder()
	for app := range 16 {
		all.Go(func() {
			for {
				own := append([]byte(nil), text...)
				topic := fmt.Sprint("logs.", app)
				b, err := decoder.Decode(header, nil, own, deadletter.Origin{Topic: topic})
				if err != nil {
					t.Error(err)
					return
				}
				if l.Take(ctx, load.Work{Owner: away{}, Topic: topic, Bytes: int64(len(own)), Batch: b}) != nil {
					return
				}
			}
		})
	}
	waiting := m.Waiting.WithLabelValues(bulk.WaitUnavailable)
	await.True(t, 30*time.Second, "most of the budget to be used up by what waits", func() bool {
		held := value(t, waiting) / float64(events) * float64(len(text)+load.RecordCost)
		return held > budget*6/10 && held > value(t, m.InFlight)*0.99
	})
	grown := heap() - before
	if grown > budget {
		t.Errorf("%d bytes of memory for %v bytes of records, in a budget of %d", grown, value(t, m.InFlight), budget)
	}
	t.Logf("%d bytes of memory for %v bytes of records, in a budget of %d", grown, value(t, m.InFlight), budget)
	cancel()
	all.Wait()
	if left := value(t, m.InFlight); left != 0 {
		t.Errorf("%v bytes are still in flight", left)
	}
}
