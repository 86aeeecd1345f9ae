package processors_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/processors"
)

// testLog writes warnings to the test's log.
func testLog(tb testing.TB) *slog.Logger {
	tb.Helper()
	return slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// headersOf is a record's headers as text, in order.
func headersOf(r *kgo.Record) string {
	var all []string
	for _, h := range r.Headers {
		all = append(all, h.Key+"="+string(h.Value))
	}
	return strings.Join(all, " ")
}

func TestEmitsReachAnyTopicWithTheirHeadersOnly(t *testing.T) {
	t.Parallel()
	b := startBroker(t, "in", "logs.shop", "logs.cart", "dead")
	spec := processors.Spec{
		Group: "route", Inputs: []string{"in"}, DeadLetter: "dead", Table: text{},
		Step: func(c *processors.Context) {
			c.SetValue("seen")
			app, _ := c.Record().Header("app")
			c.Emit("logs."+string(app), c.Record().Key, c.Record().Value, processors.Header{Key: "b", Value: []byte("batch")})
			c.DeadLetter("copy", "all headers are copied")
		},
	}
	run(t, b.config(stateDir(t)), spec, processors.Deps{Log: testLog(t)})
	b.put(4,
		&kgo.Record{Topic: "in", Key: []byte("h"), Value: []byte("1"), Headers: []kgo.RecordHeader{{Key: "app", Value: []byte("shop")}}},
		&kgo.Record{Topic: "in", Key: []byte("h"), Value: []byte("2"), Headers: []kgo.RecordHeader{{Key: "app", Value: []byte("cart")}, {Key: "origin", Value: []byte("old/0/1")}}})
	for _, topic := range []string{"logs.shop", "logs.cart"} {
		if got := headersOf(b.untilKeys(topic, 1)[0]); got != "b=batch" {
			t.Errorf("headers in %s: %q, want only what was emitted", topic, got)
		}
	}
	dead := b.until("dead", func(rs []*kgo.Record) bool { return len(rs) == 2 })
	want := fmt.Sprintf("app=cart reason=copy origin=in/%d/1 cause=all headers are copied", dead[1].Partition)
	if got := headersOf(dead[1]); got != want {
		t.Errorf("headers of the dead letter: %q, want %q", got, want)
	}
}

func TestARecordThatBreaksTheStepIsPutAsideAndTheNextGoesOn(t *testing.T) {
	t.Parallel()
	b := startBroker(t, "in", "out", "dead")
	reg := prometheus.NewRegistry()
	spec := copySpec
	spec.Table = text{}
	spec.Step = func(c *processors.Context) {
		c.Emit("out", "half done "+string(c.Record().Value), nil)
		switch string(c.Record().Value) {
		case "1":
			panic("poison")
		case "2":
			c.SetValue("undecodable")
		case "3":
			c.Value()
		case "4":
			c.Emit("out", "", make([]byte, 2<<20))
		}
	}
	run(t, b.config(stateDir(t)), spec, processors.Deps{Log: testLog(t), Registry: reg})
	for i := range 6 {
		b.put(4, &kgo.Record{Topic: "in", Key: []byte("h"), Value: fmt.Append(nil, i)})
	}
	b.put(4, &kgo.Record{Topic: "in", Key: []byte("h")}) // a tombstone is a record too
	out := keysOf(b.untilKeys("out", 4))
	for _, want := range []string{"half done 0", "half done 2", "half done 5", "half done "} {
		if out[want] != 1 {
			t.Errorf("%q came %d times, want once; all: %v", want, out[want], out)
		}
	}
	dead := b.until("dead", func(rs []*kgo.Record) bool { return len(rs) == 3 })
	for i, want := range []string{"reason=panic origin=in/", "reason=table origin=in/", "reason=too_big origin=in/"} {
		if got := headersOf(dead[i]); !strings.HasPrefix(got, want) {
			t.Errorf("headers of dead letter %d: %q, want them to begin with %q", i, got, want)
		}
	}
	if got := headersOf(dead[0]); !strings.Contains(got, "cause=panic: poison at processors_test.") || !strings.Contains(got, "step_run_test.go:") {
		t.Errorf("the cause does not say what panicked where: %q", got)
	}
	if got := string(dead[0].Value); got != "1" {
		t.Errorf("value of the dead letter %q, want that of its input", got)
	}
	for _, reason := range []string{"panic", "table", "too_big"} {
		eventually(t, "dead letters are counted by reason", func() bool {
			return metric(t, reg, "millrace_processor_dead_lettered_total", reason) == 1
		})
	}
}

// metric is the value of a counter or gauge that has a label with the given value.
func metric(t *testing.T, reg *prometheus.Registry, name, label string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == name && l.GetValue() == label {
					return m.GetCounter().GetValue() + m.GetGauge().GetValue()
				}
			}
		}
	}
	return 0
}

func TestAnAbandonedRecordComesAgain(t *testing.T) {
	t.Parallel()
	b := startBroker(t, "in", "out", "dead")
	var calls atomic.Int32
	spec := copySpec
	spec.Step = func(c *processors.Context) {
		copyStep(c)
		if string(c.Record().Value) == "3" && calls.Add(1) < 3 {
			c.Abandon()
		}
	}
	run(t, b.config(stateDir(t)), spec, processors.Deps{Log: testLog(t)})
	b.put(4, inputs("in", 0, 10)...)
	b.untilKeys("out", 10)
	if calls.Load() != 3 {
		t.Errorf("the step was called %d times for the abandoned record, want 3", calls.Load())
	}
}

func TestRecordsTakenByRetentionAreCountedAsAGap(t *testing.T) {
	t.Parallel()
	b := startBrokers(t, 1, 1, []string{"in", "out", "dead"})
	reg := prometheus.NewRegistry()
	cfg := b.config(stateDir(t))
	stop := run(t, cfg, copySpec, processors.Deps{Log: testLog(t)})
	b.put(1, inputs("in", 0, 10)...)
	eventually(t, "ten are committed", func() bool { return b.committed("copy", "in", 0) == 10 })
	stop()
	b.put(1, inputs("in", 10, 20)...)
	b.deleteBefore("in", 0, 17)
	run(t, cfg, copySpec, processors.Deps{Log: testLog(t), Registry: reg})
	b.untilKeys("out", 10+13)
	if got := metric(t, reg, "millrace_processor_gap_records_total", "in"); got != 7 {
		t.Errorf("%v records are counted as lost, want 7", got)
	}
}

// text is a codec of strings that cannot read the word undecodable.
type text struct{}

func (text) Encode(v any) ([]byte, error) { return []byte(v.(string)), nil }

func (text) Decode(b []byte) (any, error) {
	if string(b) == "undecodable" {
		return nil, errors.New("undecodable")
	}
	return string(b), nil
}
