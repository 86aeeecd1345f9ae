package processors_test

import (
	"fmt"
	"io"
	"log"
	"testing"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/codec"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/millrace/millrace/processors"
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
	b := startBrokers(t, 2, 1, []string{"in", "out", "late", "dead"})
	for topic, node := range map[string]int32{"in": 0, "out": 0, "dead": 0, "late": 1} {
		if err := b.cluster.MoveTopicPartition(topic, 0, node); err != nil {
			t.Fatal(err)
		}
	}
	b.put(1, inputs("in", 0, orderRecords)...)
	return b
}

func TestPlainGokaLosesTheRecordWhoseEmitFails(t *testing.T) {
	b := startOrder(t)
	heal := b.refuse("late", kerr.NotLeaderForPartition) // retried by sarama for a while: late
	runPlainGoka(t, b)
	heal()
	if got := b.committed("order", "in", 0); got != orderRecords {
		t.Fatalf("goka committed %d, expected it to commit %d although record %d is not written", got, orderRecords, orderFaulty)
	}
}

func TestRunCommitsOnlyTheFinishedPrefix(t *testing.T) {
	t.Parallel()
	b := startOrder(t)
	heal := b.refuse("late", kerr.NotLeaderForPartition)
	kill := startChild(t, b, "two roads", stateDir(t))
	b.untilKeys("out", orderRecords-1)
	eventually(t, "the finished prefix is committed", func() bool { return b.committed("order", "in", 0) == orderFaulty })
	kill()
	heal()
	startChild(t, b, "two roads", stateDir(t))
	b.untilKeys("late", 1)
	eventually(t, "all is committed", func() bool { return b.committed("order", "in", 0) == orderRecords })
}

// runPlainGoka runs the same processor as goka alone would, until it fails.
func runPlainGoka(t *testing.T, b *broker) {
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
	if err := p.Run(t.Context()); err == nil {
		t.Fatal("goka did not fail")
	}
	b.untilKeys("out", orderRecords-1)
}
