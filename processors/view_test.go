package processors_test

import (
	"context"
	"errors"
	"testing"

	"github.com/millrace/millrace/processors"
)

// follow runs a view; the returned function stops it.
func follow(t *testing.T, v *processors.View) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- v.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("view: %v", err)
		}
	}
}

func TestAViewFollowsItsTable(t *testing.T) {
	t.Parallel()
	b := startBroker(t, "in", "out", "dead")
	run(t, b.config(stateDir(t)), tallySpec, processors.Deps{Log: testLog(t)})
	b.put(4, inputs("in", 0, 100)...)
	b.untilKeys("out", 100)

	v, err := processors.NewView(b.config("").Kafka, "tally-table", tallyCodec{}, processors.Deps{Log: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Get("host-1"); !errors.Is(err, processors.ErrNotReady) {
		t.Errorf("Get before Run: %v, want ErrNotReady", err)
	}
	if err := v.Each(nil); !errors.Is(err, processors.ErrNotReady) {
		t.Errorf("Each before Run: %v, want ErrNotReady", err)
	}
	defer follow(t, v)()
	<-v.Ready()
	countOf := func(host string) uint64 {
		value, err := v.Get(host)
		if err != nil {
			t.Fatal(err)
		}
		if value == nil {
			return 0
		}
		return value.(*tally).count
	}
	eventually(t, "the view has what was written before it", func() bool { return countOf("host-1") == 10 })
	if got := countOf("nobody"); got != 0 {
		t.Errorf("an unknown host has %d records", got)
	}
	b.put(4, inputs("in", 100, 100)...)
	eventually(t, "the view has what was written meanwhile", func() bool { return countOf("host-1") == 20 })

	b.down()
	if got := countOf("host-1"); got != 20 {
		t.Errorf("while Kafka is down the view says %d, want what it knew", got)
	}
	b.up()
	b.put(4, inputs("in", 200, 100)...)
	eventually(t, "the view goes on after an outage", func() bool { return countOf("host-1") == 30 })
	hosts := 0
	if err := v.Each(func(string, any) bool { hosts++; return hosts < 4 }); err != nil || hosts != 4 {
		t.Errorf("Each went over %d hosts (%v), want to be stopped at 4", hosts, err)
	}
}
