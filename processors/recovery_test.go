package processors_test

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/processors"
)

// What ends the reading of a table early must not be taken for the table's end: sarama closes
// a channel then, which alone is the end to goka.
func TestNoRecordIsCountedOnATableThatIsReadInPart(t *testing.T) {
	embeddedOnly(t)
	t.Parallel()
	const large = 40 // values of 100 KB: several fetches
	for name, fault := range map[string]func(*broker){
		"when retention takes what is to be read next": func(b *broker) { b.deleteBefore("tally-table", 0, large-5) },
		"when the broker goes away and comes back":     func(b *broker) { b.down(); b.up() },
		"when another broker leads the partition": func(b *broker) {
			if err := b.cluster.MoveTopicPartition("tally-table", 0, 1); err != nil {
				b.t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBrokers(t, 2, 1, []string{"in", "out", "dead"})
			b.remake("tally-table", 1)
			b.client.AddConsumeTopics("tally-table")
			if err := b.cluster.MoveTopicPartition("tally-table", 0, 0); err != nil {
				t.Fatal(err)
			}
			b.put(1, tallied("host-0", 1))
			for i := range large {
				b.put(1, &kgo.Record{Topic: "tally-table", Key: []byte{byte(i)}, Value: noise(100_000)})
			}
			b.put(1, tallied("host-0", 1000))
			reached, done := b.interrupt("tally-table", large/4, large-10)
			go func() { // ends with the fault, which the processor runs into
				select {
				case <-reached:
					fault(b)
				case <-t.Context().Done():
				}
				close(done)
			}()
			run(t, b.config(stateDir(t)), tallySpec, processors.Deps{Log: testLog(t)})
			b.put(1, inputs("in", 0, 1)...)
			b.untilKeys("out", 1)
			select {
			case <-done:
			default:
				t.Error("the table was read without a fault: the test shows nothing")
			}
			last := b.until("tally-table", func(rs []*kgo.Record) bool { return rs[len(rs)-1].Offset > large+1 })
			if got := binary.BigEndian.Uint64(last[len(last)-1].Value); got != 1001 {
				t.Errorf("counted up to %d, want 1001", got)
			}
		})
	}
}

// noise are bytes that nobody can compress.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b) // it never fails
	return b
}

// tallied is a value of the table of tallySpec.
func tallied(host string, count uint64) *kgo.Record {
	value, _ := tallyCodec{}.Encode(&tally{count: count}) // it never fails
	return &kgo.Record{Topic: "tally-table", Key: []byte(host), Value: value}
}

// interrupt holds the first fetch of a topic up that asks for an offset between two:
// reached is closed then, and done lets it go on.
func (b *broker) interrupt(topic string, from, to int64) (reached <-chan struct{}, done chan struct{}) {
	first, done := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(first) })
	b.cluster.ControlKey(int16(kmsg.Fetch), func(kreq kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		for _, t := range kreq.(*kmsg.FetchRequest).Topics {
			if at := t.Partitions[0].FetchOffset; t.Topic == topic && from <= at && at < to {
				b.cluster.SleepControl(func() { once(); <-done })
			}
		}
		return nil, nil, false
	})
	return first, done
}
