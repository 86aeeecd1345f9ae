package processors_test

import (
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

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
