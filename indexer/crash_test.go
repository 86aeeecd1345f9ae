package indexer_test

import (
	"testing"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/schemas/topic"
)

// TestRecordsThatAreDeliveredAgainMakeNoSecondDocument sets the group's offsets back
// to the start, which is what a kill -9 just before the first commit leaves.
func TestRecordsThatAreDeliveredAgainMakeNoSecondDocument(t *testing.T) {
	b := startBroker(t, 2, "shop")
	s := startScript(t)
	first := start(t, b, s.server.URL)
	n := b.put(spread("shop", 0, 400)...)
	until(t, "all commits", func() bool { return b.waiting("shop") == 0 && s.count() == n })
	first.stop()
	b.forget()
	n += b.put(spread("shop", 1000, 100)...)
	second := start(t, b, s.server.URL)
	until(t, "all commits", func() bool { return b.waiting("shop") == 0 })
	if got := s.count(); got != n {
		t.Errorf("%d documents, want %d", got, n)
	}
	second.stop()
	second.balanced()
	if got := second.sum("out_total", "duplicate"); got != 400 {
		t.Errorf("%v duplicates, want the 400 that were there", got)
	}
}

// forget deletes the group's offsets.
func (b *broker) forget() {
	b.t.Helper()
	sc, err := b.config().Sarama()
	if err != nil {
		b.t.Fatal(err)
	}
	admin, err := sarama.NewClusterAdmin(b.cluster.ListenAddrs(), sc)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = admin.Close() }()
	if err := admin.DeleteConsumerGroup(topic.GroupIndexer); err != nil {
		b.t.Fatal(err)
	}
}

// TestTwoMembersIndexEveryEventOnce lets a second member join and the first leave
// while records flow.
func TestTwoMembersIndexEveryEventOnce(t *testing.T) {
	b := startBroker(t, 4, "shop", "pay")
	s := startScript(t)
	one := start(t, b, s.server.URL)
	n := b.put(spread("shop", 0, 1000)...)
	two := start(t, b, s.server.URL)
	next := 10_000
	until(t, "both to work", func() bool {
		n += b.put(spread("shop", next, 50)...) + b.put(spread("pay", next+500, 50)...)
		next += 1000
		return one.sum("in_total") > 0 && two.sum("in_total") > 0
	})
	one.stop()
	one.balanced()
	n += b.put(spread("pay", next, 500)...)
	until(t, "all documents", func() bool { return s.count() == n })
	until(t, "all commits", func() bool { return b.waiting("shop", "pay") == 0 })
	two.stop()
	two.balanced()
	created := one.sum("out_total", "created") + two.sum("out_total", "created")
	if created != float64(n) {
		t.Errorf("created %v documents, want %d", created, n)
	}
	t.Logf("%v events were delivered to both", one.sum("out_total", "duplicate")+two.sum("out_total", "duplicate"))
}
