package processors_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/processors"
)

// relay copies the records of all topics that begin with "in.".
var relay = processors.Spec{
	Group: "relay", Inputs: []string{"in.*"}, Outputs: []string{"in.out"}, DeadLetter: "dead", // no output is an input
	Table: tallyCodec{},
	Step: func(c *processors.Context) {
		c.Emit("out", c.Record().Topic+"/"+c.Record().Key, nil)
		c.SetValue(&tally{count: 1})
	},
}

func TestAPatternTakesUpTopicsThatComeLater(t *testing.T) {
	t.Parallel()
	b := startBroker(t, "out", "dead", "other")
	stop := run(t, b.config(stateDir(t)), relay, processors.Deps{Log: testLog(t)})
	b.remake("in.b", 4) // there was nothing to read until now
	b.put(4, inputs("in.b", 0, 10)...)
	b.untilKeys("out", 10)
	b.remake("in.a", 4)
	b.put(4, inputs("in.a", 0, 10)...)
	b.put(4, inputs("in.b", 10, 10)...)
	out := b.untilKeys("out", 20)
	stop()
	var keys []string
	for _, r := range out {
		keys = append(keys, string(r.Key))
	}
	slices.Sort(keys)
	if keys = slices.Compact(keys); keys[0] != "in.a/host-0" || keys[19] != "in.b/host-9" {
		t.Errorf("%v", keys)
	}
	if n := len(b.until("in.out", func([]*kgo.Record) bool { return true })); n > 0 {
		t.Errorf("the output has %d records", n)
	}
}

// Somebody gives a topic more partitions. Goka would refuse all inputs for that.
func TestATopicOfAnotherPartitionCountIsLeftOutUntilItFits(t *testing.T) {
	t.Parallel()
	b := startBroker(t, "out", "dead", "in.a", "in.b")
	reg, log := prometheus.NewRegistry(), new(lines)
	run(t, b.config(stateDir(t)), relay, processors.Deps{Registry: reg, Log: slog.New(slog.NewTextHandler(log, nil))})
	run(t, b.config(stateDir(t)), relay, processors.Deps{}) // another instance, which looks at other times
	leftOut := func(want float64) {
		t.Helper()
		eventually(t, "it is known which topics are left out", func() bool {
			return metric(t, reg, "millrace_processor_inputs_left_out", "relay") == want
		})
	}
	b.put(4, inputs("in.a", 0, 10)...)
	b.put(4, inputs("in.b", 0, 10)...)
	b.untilKeys("out", 20)

	b.grow("in.b", 6)
	leftOut(1)
	b.put(4, &kgo.Record{Topic: "in.a", Key: []byte("meanwhile")})
	b.untilKeys("out", 21)
	for _, want := range []string{"in.b has 6 partitions, and what it is read with has 4", "--delete --topic in.b", "--create --topic in.b --partitions 4"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %q:\n%s", want, log)
		}
	}

	b.remake("in.b", 4) // as the log says
	b.client.PurgeTopicsFromClient("in.b")
	leftOut(0)
	b.put(4, &kgo.Record{Topic: "in.b", Key: []byte("again")})
	b.untilKeys("out", 22)
}

// grow gives a topic more partitions.
func (b *broker) grow(topic string, partitions int32) {
	b.t.Helper()
	req := kmsg.NewPtrCreatePartitionsRequest()
	t := kmsg.NewCreatePartitionsRequestTopic()
	t.Topic, t.Count = topic, partitions
	req.Topics = append(req.Topics, t)
	resp, err := req.RequestWith(b.t.Context(), b.client)
	if err == nil {
		err = kerr.ErrorForCode(resp.Topics[0].ErrorCode)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// lines are what was logged.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
