package processors_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/internal/table"
	"github.com/millrace/millrace/processors"
)

// tally counts the records of a host, each once.
type tally struct {
	window processors.Window
	count  uint64
}

type tallyCodec struct{}

func (tallyCodec) Encode(v any) ([]byte, error) {
	t := v.(*tally)
	return t.window.AppendBinary(binary.BigEndian.AppendUint64(nil, t.count))
}

func (tallyCodec) Decode(b []byte) (any, error) {
	if len(b) < 8 {
		return nil, fmt.Errorf("tally of %d bytes", len(b))
	}
	t := &tally{count: binary.BigEndian.Uint64(b)}
	return t, t.window.UnmarshalBinary(b[8:])
}

// tallySpec counts records by host; the number of a record is its value.
var tallySpec = processors.Spec{
	Group: "tally", Inputs: []string{"in"}, DeadLetter: "dead", Table: tallyCodec{},
	Step: func(c *processors.Context) {
		t, _ := c.Value().(*tally)
		if t == nil {
			t = &tally{}
		}
		seq, err := strconv.ParseUint(string(c.Record().Value), 10, 64)
		if err != nil {
			c.DeadLetter("number", err.Error())
			return
		}
		if t.window.Mark(c.Record().Key, seq/10) { // inputs go round ten hosts
			t.count++
		}
		c.Emit("out", string(c.Record().Value), nil)
		c.SetValue(t)
	},
}

func init() { childSpecs["tally"] = tallySpec }

// tallies is the sum over all hosts as the table topic has it.
func tallies(t *testing.T, b *broker) uint64 {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	v := table.New(b.config("").Kafka, tallySpec.TableTopic(), testLog(t))
	ended := make(chan error, 1)
	go func() { ended <- v.Run(ctx) }()
	<-v.Ready()
	hosts, err := v.All()
	cancel()
	if err := errors.Join(err, <-ended); err != nil {
		t.Fatal(err)
	}
	sum := uint64(0)
	for host, value := range hosts {
		counted, err := tallyCodec{}.Decode(value)
		if err != nil {
			t.Fatalf("table value of %s: %v", host, err)
		}
		sum += counted.(*tally).count
	}
	return sum
}

func TestCountsAreExactWhateverIsKilled(t *testing.T) {
	t.Parallel()
	b := startBroker(t, "in", "out", "dead")
	const each = 400
	total := 0
	kept := stateDir(t)
	for round, dir := range []string{kept, kept, stateDir(t), kept} { // once without a local table
		kill := startChild(t, b, "tally", dir)
		b.put(4, inputs("in", total, each)...)
		b.untilKeys("out", total+(round+1)*each/4) // in the midst of it
		kill()
		total += each
	}
	kill := startChild(t, b, "tally", stateDir(t))
	out := b.untilKeys("out", total)
	eventually(t, "everything is committed", func() bool {
		sum := int64(0)
		for p := range int32(4) {
			sum += max(0, b.committed("tally", "in", p))
		}
		return sum == int64(total)
	})
	kill()
	t.Logf("%d records, %d delivered again", total, len(out)-total)
	if len(out) == total {
		t.Error("no record was delivered again: the test shows nothing")
	}
	if got := tallies(t, b); got != uint64(total) {
		t.Errorf("the table counts %d records, want %d", got, total)
	}
}

func TestALocalTableThatDoesNotFitItsTopicIsReadAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		harm   func(*testing.T, *broker, string)
		want   uint64 // counted afterwards, of 20 + 10
		reason string
	}{
		"its topic was made anew and is empty": {
			func(_ *testing.T, b *broker, _ string) { b.remake("tally-table", 4) }, 10, "other_topic",
		},
		"its folder does not open": {
			func(t *testing.T, _ *broker, dir string) {
				t.Helper()
				files, err := filepath.Glob(filepath.Join(dir, "0", "tally", "*", "CURRENT"))
				if err != nil || len(files) != 4 {
					t.Fatalf("local tables: %v, %v", files, err)
				}
				for _, f := range files {
					if err := os.WriteFile(f, []byte("garbage"), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}, 30, "unreadable",
		},
		"its folder is gone": {
			func(t *testing.T, _ *broker, dir string) {
				t.Helper()
				if err := os.RemoveAll(dir); err != nil {
					t.Fatal(err)
				}
			}, 30, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t, "in", "out", "dead")
			reg := prometheus.NewRegistry()
			dir := stateDir(t)
			stop := run(t, b.config(dir), tallySpec, processors.Deps{Log: testLog(t)})
			b.put(4, inputs("in", 0, 20)...)
			b.untilKeys("out", 20)
			stop()
			c.harm(t, b, dir)
			stop = run(t, b.config(dir), tallySpec, processors.Deps{Log: testLog(t), Registry: reg})
			b.put(4, inputs("in", 20, 10)...)
			b.untilKeys("out", 30)
			stop()
			if got := tallies(t, b); got != c.want {
				t.Errorf("the table counts %d records, want %d", got, c.want)
			}
			if c.reason != "" && metric(t, reg, "millrace_processor_table_healed_total", c.reason) == 0 {
				t.Errorf("no table was healed because of %s", c.reason)
			}
		})
	}
}

func TestLocalTablesAreKeptWhileInstancesComeAndGo(t *testing.T) {
	t.Parallel()
	b := startBroker(t, "in", "out", "dead")
	dir, total := stateDir(t), 0
	start := func(instance string) (*prometheus.Registry, func()) {
		reg, cfg := prometheus.NewRegistry(), b.config(dir)
		cfg.Instance = instance
		return reg, run(t, cfg, tallySpec, processors.Deps{Log: testLog(t), Registry: reg})
	}
	count := func() {
		b.put(4, inputs("in", total, 40)...)
		total += 40
		b.untilKeys("out", total)
	}
	a, stopA := start("a")
	sessions := func(n float64) {
		eventually(t, "the next session begins", func() bool { return metric(t, a, "millrace_processor_sessions_total", "tally") >= n })
	}
	count()
	_, stopB := start("b")
	sessions(2)
	count()
	stopB()
	sessions(3)
	count()
	stopA()
	again, stop := start("a")
	count()
	stop()
	for _, reg := range []*prometheus.Registry{a, again} {
		if n := metric(t, reg, "millrace_processor_table_healed_total", "unclean"); n != 0 {
			t.Errorf("%v local tables were read again", n)
		}
	}
	if got := tallies(t, b); got != uint64(total) {
		t.Errorf("the table counts %d records, want %d", got, total)
	}
}

func TestAViewWantsATable(t *testing.T) {
	view := processors.NewView(processors.Kafka{}, processors.Spec{Group: "stateless"}, nil)
	if err := view.Run(t.Context()); err == nil {
		t.Error("it ran")
	}
}
