package ship

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/agent/internal/pack"
	"github.com/millrace/millrace/internal/await"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/topic"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// sarama's meters tick for ever, one goroutine for the whole process
		goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

// picky is a Kafka that refuses requests with the word poison in them, and counts the
// records of each other.
type picky struct {
	cluster *kfake.Cluster

	mu    sync.Mutex
	sizes []int
}

func newPicky(t *testing.T) *picky {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, topic.Raw))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	p := &picky{cluster: cluster}
	cluster.ControlKey(int16(kmsg.Produce), p.produce)
	return p
}

func (p *picky) produce(kreq kmsg.Request) (kmsg.Response, error, bool) {
	p.cluster.KeepControl()
	req := kreq.(*kmsg.ProduceRequest)
	batch := req.Topics[0].Partitions[0].Records
	if !bytes.Contains(batch, []byte("poison")) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.sizes = append(p.sizes, int(binary.BigEndian.Uint32(batch[57:])))
		return nil, nil, false
	}
	resp := req.ResponseKind().(*kmsg.ProduceResponse)
	rt := kmsg.NewProduceResponseTopic()
	rt.Topic, rt.TopicID = req.Topics[0].Topic, req.Topics[0].TopicID
	rp := kmsg.NewProduceResponseTopicPartition()
	rp.ErrorCode = kerr.InvalidRecord.Code
	rt.Partitions = append(rt.Partitions, rp)
	resp.Topics = append(resp.Topics, rt)
	return resp, nil, true
}

// shared reports whether records came together in one request.
func (p *picky) shared() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.sizes, func(n int) bool { return n > 1 })
}

func made(n uint64, value string) *pack.Record {
	m := &record.Manifest{Host: "web-1", Seq: n, Segments: []record.Segment{{Kind: record.Bytes, Len: uint64(len(value))}}}
	return pack.Rebuild(n, m, []byte(value))
}

func TestRecordsGoTogetherAgainOnceTheRefusedOneIsFound(t *testing.T) {
	p := newPicky(t)
	s := New(kafka.Config{Brokers: p.cluster.ListenAddrs()}, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	n := uint64(0)
	send := func(values ...string) {
		for _, value := range values {
			n++
			s.Send(made(n, value))
		}
	}
	safe := func() {
		t.Helper()
		await.True(t, 20*time.Second, fmt.Sprintf("%d records are safe", n), func() bool { return s.Acked() == n })
	}
	send("good", "poison", "good")
	safe()
	if gaps := s.Stats().Gaps.Load(); gaps != 1 {
		t.Errorf("%d gaps, want 1", gaps)
	}
	p.mu.Lock()
	p.sizes = nil
	p.mu.Unlock()
	for range 20 {
		send(strings.Fields(strings.Repeat("good ", InFlight))...)
		safe()
	}
	if !p.shared() {
		t.Error("each record still goes in a request of its own")
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
