package live

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/query"
	contract "github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/schemas/topic"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}

// patience is how long a condition may take to come true on a busy machine.
const patience = 30 * time.Second

// broker is a Kafka with two app topics, and a producer to it.
type broker struct {
	t        testing.TB
	cfg      kafka.Config
	client   sarama.Client
	producer sarama.SyncProducer
}

func newBroker(t testing.TB, topics ...string) *broker {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, topics...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	b := &broker{t: t, cfg: kafka.Config{Brokers: cluster.ListenAddrs()}}
	sc, err := b.cfg.Sarama()
	if err != nil {
		t.Fatal(err)
	}
	if b.client, err = sarama.NewClient(b.cfg.Brokers, sc); err != nil {
		t.Fatal(err)
	}
	if b.producer, err = sarama.NewSyncProducerFromClient(b.client); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.producer.Close(); _ = b.client.Close() })
	return b
}

// hub runs a hub until the test ends.
func (b *broker) hub() *Hub {
	h := New(b.cfg, nil, nil)
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = h.Run(ctx) })
	b.t.Cleanup(func() { cancel(); done.Wait() })
	return h
}

// write puts documents of an app into its topic.
func (b *broker) write(app, host string, docs ...string) {
	b.t.Helper()
	value, header := encode(docs)
	_, _, err := b.producer.SendMessage(&sarama.ProducerMessage{
		Topic: topic.Logs(app), Key: sarama.StringEncoder(host), Value: sarama.ByteEncoder(value),
		Headers: []sarama.RecordHeader{{Key: []byte(contract.Header), Value: header}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// common is what all documents have in common.
const common = `{"ecs":{"version":"8.17.0"},"service":{"name":"shop"}}`

func encode(docs []string) (value, header []byte) {
	m := contract.Manifest{Writer: record.Writer{ID: "w", Nonce: 1}, Seq: 1, At: time.Now(), IDs: make([]record.EventID, len(docs))}
	for i := range m.IDs {
		m.IDs[i][0] = byte(i)
	}
	m.Runs = []contract.Run{{Count: uint32(len(docs)), Index: "logs-shop-prod-2026.11.22", Rev: revision.ID{1}, Close: 1, Open: 1}}
	return []byte(common + "\n" + strings.Join(docs, "\n") + "\n"), contract.Append(nil, &m)
}

// message is a record as the reader gets it.
func message(app, host string, docs ...string) *sarama.ConsumerMessage {
	value, header := encode(docs)
	return &sarama.ConsumerMessage{
		Topic: topic.Logs(app), Key: []byte(host), Value: value,
		Headers: []*sarama.RecordHeader{{Key: []byte(contract.Header), Value: header}},
	}
}

func doc(message string, more ...string) string {
	return fmt.Sprintf(`{"@timestamp":"2026-11-22T10:00:00.000Z","message":%q%s}`, message, strings.Join(append([]string{""}, more...), ","))
}

func parse(t testing.TB, text string) query.Node {
	t.Helper()
	n, err := query.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func open(t testing.TB, h *Hub, f Filter) *Tail {
	t.Helper()
	tail, err := h.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tail.Close)
	return tail
}

// hit is what a browser gets.
type hit struct {
	ID, App string
	Event   struct{ Message string }
}

func hitsOf(t testing.TB, text []byte) []hit {
	t.Helper()
	var hits []hit
	for part := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n\n"), "\n\n") {
		if part == "" {
			continue
		}
		data, ok := strings.CutPrefix(part, "event: hit\ndata: ")
		var one hit
		if err := json.Unmarshal([]byte(data), &one); err != nil || !ok {
			t.Fatalf("not a hit: %q: %v", part, err)
		}
		hits = append(hits, one)
	}
	return hits
}

// await takes updates until enough says so, and returns all hits.
func await(t testing.TB, tail *Tail, enough func(all []hit, u Update) bool) []hit {
	t.Helper()
	var all []hit
	deadline := time.After(patience)
	for {
		u := tail.Take(nil)
		all = append(all, hitsOf(t, u.Hits)...)
		if enough(all, u) {
			return all
		}
		select {
		case <-tail.Wake():
		case <-deadline:
			t.Fatalf("after %v: %d hits, %+v", patience, len(all), u)
		}
	}
}

func reading(_ []hit, u Update) bool { return u.Reading }
