package indexer_test

import (
	"testing"
	"time"

	"github.com/millrace/millrace/indexer"
	"github.com/millrace/millrace/schemas/topic"
)

func TestEventsReachTheIndexAndAreCommitted(t *testing.T) {
	b := startBroker(t, 3, "shop", "pay")
	s := startScript(t)
	m := start(t, b, s.server.URL)
	n := b.put(spread("shop", 0, 500)...) + b.put(spread("pay", 1000, 300)...)
	until(t, "all documents", func() bool { return s.count() == n })
	until(t, "all commits", func() bool { return b.waiting("shop", "pay") == 0 })
	e := events{app: "shop", day: time.Now()}
	if got, want := s.docs(e.name())[eventID(7).String()], `"log":{"offset":7}`; len(got) < len(want) || got[len(got)-len(want)-1:len(got)-1] != want {
		t.Errorf("document 7 is %q, wants to end in %s}", got, want)
	}
	m.stop()
	m.balanced()
	if got := m.sum("out_total", "created"); got != float64(n) {
		t.Errorf("created %v, want %d", got, n)
	}
}

func TestANewTopicIsReadWithoutARestart(t *testing.T) {
	b := startBroker(t, 2, "old")
	s := startScript(t)
	start(t, b, s.server.URL)
	n := b.put(spread("old", 0, 20)...)
	until(t, "documents of the old topic", func() bool { return s.count() == n })
	if err := b.cluster.CreateTopic("logs.new", 2, nil); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	n += b.put(spread("new", 100, 20)...)
	until(t, "documents of the new topic", func() bool { return s.count() == n })
	t.Logf("a new topic is in the index after %v", time.Since(began).Round(time.Millisecond))
}

func TestPartitionsThatAreAddedAreReadWithoutARestart(t *testing.T) {
	b := startBroker(t, 1, "shop")
	s := startScript(t)
	m := start(t, b, s.server.URL)
	n := b.put(spread("shop", 0, 20)...)
	until(t, "documents of the only partition", func() bool { return s.count() == n })
	b.grow("shop", 3)
	began := time.Now()
	n += b.put(spread("shop", 100, 200)...)
	until(t, "documents of all partitions", func() bool { return s.count() == n })
	t.Logf("new partitions are in the index after %v", time.Since(began).Round(time.Millisecond))
	for _, p := range b.cluster.PartitionInfos(topic.Logs("shop")) {
		if p.HighWatermark == 0 {
			t.Errorf("nothing was written to partition %d", p.Partition)
		}
	}
	m.stop()
	m.balanced()
}

func TestBodiesAreCompressedWhenAsked(t *testing.T) {
	b := startBroker(t, 1, "shop")
	s := startScript(t)
	m := start(t, b, s.server.URL, func(c *indexer.Config) { c.Gzip = 1 })
	n := b.put(spread("shop", 0, 1000)...)
	until(t, "all documents", func() bool { return s.count() == n })
	if got := m.sum("bulk_bytes_total"); got > 60_000 {
		t.Errorf("%v bytes for %d documents are not compressed", got, n)
	}
}

// A record that waits for room in the budget when its partition is taken away never
// settles, and nobody is to wait for it: the group stands still meanwhile.
func TestALeavingMemberDoesNotWaitForWhatItNeverTook(t *testing.T) {
	b := startBroker(t, 4, "shop")
	s := startScript(t)
	m := start(t, b, s.server.URL, func(c *indexer.Config) { c.FlushBytes, c.BudgetBytes = 4<<10, 8<<10 })
	b.put(spread("shop", 0, 50_000)...)
	until(t, "as much as one app may hold", func() bool { return m.sum("in_flight_bytes") > 3<<10 })
	m.stop()
	if m.said.has("is left before all of its records have settled") {
		t.Error("it waited for the store in vain")
	}
	m.balanced()
}
