package processors_test

import (
	"fmt"
	"io"
	"log"
	"slices"
	"testing"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/codec"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/test/servers"
)

const (
	orderRecords = 100
	orderFaulty  = 40 // the record whose emit fails while later ones succeed
)

// twoRoads sends one record through a topic of its own, so that its emit alone fails.
func twoRoads(value string) (topic string) {
	if value == fmt.Sprint(orderFaulty) {
		return "late"
	}
	return "out"
}

func init() {
	childSpecs["two roads"] = processors.Spec{
		Group: "order", Inputs: []string{"in"}, DeadLetter: "dead",
		Step: func(c *processors.Context) {
			v := string(c.Record().Value)
			c.Emit(twoRoads(v), v, nil)
		},
	}
}

// startOrder is a broker whose topic "late" can fail by itself: it has a leader of
// its own.
func startOrder(t *testing.T) *broker {
	t.Helper()
	topics := []string{"in", "out", "late", "dead"}
	if servers.Wanted() {
		b := realBroker(t)
		t.Cleanup(func() { heal(t, b.real) })
		b.apart = b.aside("order")
		rest := slices.DeleteFunc([]int32{1, 2, 3}, func(id int32) bool { return id == b.apart })
		b.makeReal(1, topics, map[string][]int32{"in": rest, "out": rest, "dead": rest, "late": {b.apart}})
		b.follows(topics...)
		return b
	}
	b := startBrokers(t, 2, 1, topics)
	for topic, node := range map[string]int32{"in": 0, "out": 0, "dead": 0, "late": 1} {
		if err := b.cluster.MoveTopicPartition(topic, 0, node); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// breakLate takes the leader from the topic "late" until the returned function is
// called: a real broker is killed.
func breakLate(t *testing.T, b *broker) (mend func()) {
	t.Helper()
	if b.real == nil {
		return b.refuse("late", kerr.NotLeaderForPartition)
	}
	b.real.Kill(int(b.apart) - 1)
	return func() { heal(t, b.real) }
}

func TestPlainGokaLosesTheRecordWhoseEmitFails(t *testing.T) {
	b := startOrder(t)
	ended := runPlainGoka(t, b)
	b.put(1, inputs("in", 0, orderFaulty)...)
	b.untilKeys("out", orderFaulty)
	mend := breakLate(t, b) // retried by sarama for a while: late
	b.put(1, inputs("in", orderFaulty, orderRecords-orderFaulty)...)
	b.untilKeys("out", orderRecords-1)
	if err := <-ended; err == nil {
		t.Fatal("goka did not fail")
	}
	mend()
	if got := b.committed("order", "in", 0); got != orderRecords {
		t.Fatalf("goka committed %d, expected it to commit %d although record %d is not written", got, orderRecords, orderFaulty)
	}
}

func TestRunCommitsOnlyTheFinishedPrefix(t *testing.T) {
	t.Parallel()
	b := startOrder(t)
	b.put(1, inputs("in", 0, orderRecords)...)
	mend := breakLate(t, b)
	kill := startChild(t, b, "two roads", stateDir(t))
	b.untilKeys("out", orderRecords-1)
	eventually(t, "the finished prefix is committed", func() bool { return b.committed("order", "in", 0) == orderFaulty })
	kill()
	mend()
	startChild(t, b, "two roads", stateDir(t))
	b.untilKeys("late", 1)
	eventually(t, "all is committed", func() bool { return b.committed("order", "in", 0) == orderRecords })
}

// runPlainGoka runs the same processor as goka alone would; its end is told.
func runPlainGoka(t *testing.T, b *broker) (ended <-chan error) {
	t.Helper()
	cfg := goka.DefaultConfig()
	cfg.Consumer.Offsets.Initial = sarama.OffsetOldest
	cfg.Producer.RequiredAcks = sarama.WaitForAll
	cfg.Producer.Retry.Max = 5
	goka.ReplaceGlobalConfig(cfg)
	g := goka.DefineGroup("order",
		goka.Input("in", new(codec.String), func(ctx goka.Context, msg any) {
			v := msg.(string)
			ctx.Emit(goka.Stream(twoRoads(v)), v, "")
		}),
		goka.Output("out", new(codec.String)), goka.Output("late", new(codec.String)))
	p, err := goka.NewProcessor(b.addrs, g, goka.WithLogger(log.New(io.Discard, "", 0)))
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() { result <- p.Run(t.Context()) }()
	return result
}
