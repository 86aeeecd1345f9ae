package indexer_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/indexer"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// One for the process, of a library that sarama counts with.
		goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

// member is a running indexer.
type member struct {
	t    *testing.T
	reg  *prometheus.Registry
	said *testWriter
	stop func() // ends it and waits
	done chan struct{}
}

// start runs an indexer until the test ends or stop is called.
func start(t *testing.T, b *broker, address string, change ...func(*indexer.Config)) *member {
	t.Helper()
	return startAt(t, time.Now, b, address, change...)
}

// startAt runs an indexer by a clock of its own.
func startAt(t *testing.T, now func() time.Time, b *broker, address string, change ...func(*indexer.Config)) *member {
	t.Helper()
	cfg := indexer.Default()
	cfg.Kafka = b.config()
	cfg.Elastic.Addresses = []string{address}
	cfg.FlushEvery = 20 * time.Millisecond
	cfg.PollTopics = 100 * time.Millisecond
	for _, c := range change {
		c(&cfg)
	}
	reg := prometheus.NewRegistry()
	said := &testWriter{t: t}
	x, err := indexer.New(cfg, indexer.Deps{Log: said.log(), Registry: reg, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	m := &member{t: t, reg: reg, said: said, done: make(chan struct{})}
	go func() {
		defer close(m.done)
		if err := x.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	}()
	m.stop = func() {
		began := time.Now()
		cancel()
		<-m.done
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("stop took %v", took)
		}
	}
	t.Cleanup(m.stop)
	return m
}

// sum adds up a metric over those of its labels that are named.
func (m *member) sum(name string, labels ...string) (total float64) {
	m.t.Helper()
	families, err := m.reg.Gather()
	if err != nil {
		m.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "millrace_indexer_"+name {
			continue
		}
		for _, metric := range f.GetMetric() {
			text := metric.String()
			matches := true
			for _, l := range labels {
				matches = matches && strings.Contains(text, `value:"`+l+`"`)
			}
			if matches {
				total += metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
			}
		}
	}
	return total
}

// balanced checks that every event that was read is accounted for.
func (m *member) balanced() {
	m.t.Helper()
	in := m.sum("in_total")
	out := m.sum("out_total") + m.sum("dropped_total") + m.sum("dead_lettered_total") + m.sum("returned_total")
	if in != out {
		m.t.Errorf("in %v, accounted for %v (out %v, dropped %v, dead-lettered %v, returned %v)", in, out,
			m.sum("out_total"), m.sum("dropped_total"), m.sum("dead_lettered_total"), m.sum("returned_total"))
	}
	if n := m.sum("in_flight_bytes"); n != 0 {
		m.t.Errorf("%v bytes are still in flight", n)
	}
}

// testLog writes to the test's log, until it ends.
func testLog(t *testing.T) *slog.Logger {
	t.Helper()
	return (&testWriter{t: t}).log()
}

type testWriter struct {
	t    *testing.T
	mu   sync.Mutex
	text strings.Builder
}

func (w *testWriter) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (w *testWriter) Write(b []byte) (int, error) {
	w.t.Logf("%s", strings.TrimSuffix(string(b), "\n"))
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

// has reports whether a line has all of some texts.
func (w *testWriter) has(texts ...string) bool { return w.count(texts...) > 0 }

// count is how many lines have all of some texts.
func (w *testWriter) count(texts ...string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for line := range strings.Lines(w.text.String()) {
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
			n++
		}
	}
	return n
}
