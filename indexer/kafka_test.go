package indexer_test

import (
	"cmp"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/internal/await"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/index"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/schemas/topic"
)

// waitLimit is how long a test waits for something that must happen.
const waitLimit = 40 * time.Second

// broker is an embedded Kafka with a producer.
type broker struct {
	t        *testing.T
	cluster  *kfake.Cluster
	producer sarama.SyncProducer
}

func startBroker(t *testing.T, partitions int32, apps ...string) *broker {
	t.Helper()
	seeds := []string{topic.DeadLogs}
	for _, app := range apps {
		seeds = append(seeds, topic.Logs(app))
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, seeds...), kfake.GroupMinSessionTimeout(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	b := &broker{t: t, cluster: cluster}
	sc, err := b.config().Sarama()
	if err != nil {
		t.Fatal(err)
	}
	if b.producer, err = sarama.NewSyncProducer(cluster.ListenAddrs(), sc); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.producer.Close() })
	return b
}

func (b *broker) config() kafka.Config { return kafka.Config{Brokers: b.cluster.ListenAddrs()} }

// grow gives the topic of an app more partitions. The producer knows of them.
func (b *broker) grow(app string, count int32) {
	b.t.Helper()
	sc, err := b.config().Sarama()
	if err != nil {
		b.t.Fatal(err)
	}
	client, err := sarama.NewClient(b.cluster.ListenAddrs(), sc)
	if err != nil {
		b.t.Fatal(err)
	}
	admin, err := sarama.NewClusterAdminFromClient(client)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := admin.CreatePartitions(topic.Logs(app), count, nil, false); err != nil {
		b.t.Fatal(err)
	}
	if err := client.RefreshMetadata(topic.Logs(app)); err != nil {
		b.t.Fatal(err)
	}
	if err := admin.Close(); err != nil { // and the client
		b.t.Fatal(err)
	}
	if err := b.producer.Close(); err != nil {
		b.t.Fatal(err)
	}
	if b.producer, err = sarama.NewSyncProducer(b.cluster.ListenAddrs(), sc); err != nil {
		b.t.Fatal(err)
	}
}

// events are what one record carries.
type events struct {
	app   string
	first int // number of the first event; ids and documents follow from it
	count int
	day   time.Time
	keep  uint32 // retention in days, 7 when zero
	doc   func(n int) string

	common string // what the events have in common, as a line; all of them whole when empty
}

// name is the events' index.
func (e events) name() string { return index.Name(e.app, "prod", index.Day, e.day) }

func eventID(n int) record.EventID {
	return record.NewEventID(record.SourceID{1, 2, 3}, record.NewGen([]byte("first"), 0), uint64(n), fmt.Append(nil, n))
}

// message makes the record of some events.
func (e events) message() *sarama.ProducerMessage {
	if e.day.IsZero() {
		e.day = time.Now()
	}
	m := batch.Manifest{Writer: record.Writer{ID: "agent", Nonce: 7}, Seq: uint64(e.first), At: time.Now()}
	var value []byte
	for n := e.first; n < e.first+e.count; n++ {
		doc := fmt.Sprintf(`{"@timestamp":%q,"message":"event %d","log":{"offset":%d}}`, e.day.UTC().Format(time.RFC3339Nano), n, n)
		if e.doc != nil {
			doc = e.doc(n)
		}
		value = append(append(value, doc...), '\n')
		m.IDs = append(m.IDs, eventID(n))
	}
	m.Runs = []batch.Run{{Count: uint32(e.count), Index: e.name(), Retention: cmp.Or(e.keep, 7), Rev: revision.Of([]byte("rev"))}}
	if e.common != "" {
		m.Runs[0].Close, m.Runs[0].Open = 1, 1
		value = append([]byte(e.common+"\n"), value...)
	}
	return &sarama.ProducerMessage{
		Topic: topic.Logs(e.app), Key: sarama.StringEncoder("host-" + strconv.Itoa(e.first)), Value: sarama.ByteEncoder(value),
		Headers: []sarama.RecordHeader{{Key: []byte(batch.Header), Value: batch.Append(nil, &m)}},
	}
}

// put writes records; it returns how many events that were.
func (b *broker) put(list ...events) (count int) {
	b.t.Helper()
	messages := make([]*sarama.ProducerMessage, len(list))
	for i, e := range list {
		messages[i] = e.message()
		count += e.count
	}
	if err := b.producer.SendMessages(messages); err != nil {
		b.t.Fatal(err)
	}
	return count
}

// spread are records of ten events each, count events in all, from first on.
func spread(app string, first, count int) []events {
	var list []events
	for ; count > 0; first, count = first+10, count-10 {
		list = append(list, events{app: app, first: first, count: min(10, count)})
	}
	return list
}

// letters reads all dead letters that are there.
func (b *broker) letters() []*sarama.ConsumerMessage {
	b.t.Helper()
	var found []*sarama.ConsumerMessage
	sc, err := b.config().Sarama()
	if err != nil {
		b.t.Fatal(err)
	}
	consumer, err := sarama.NewConsumer(b.cluster.ListenAddrs(), sc)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = consumer.Close() }()
	for _, p := range b.cluster.PartitionInfos(topic.DeadLogs) {
		if p.HighWatermark == 0 {
			continue
		}
		pc, err := consumer.ConsumePartition(topic.DeadLogs, p.Partition, 0)
		if err != nil {
			b.t.Fatal(err)
		}
		for range p.HighWatermark {
			found = append(found, <-pc.Messages())
		}
		_ = pc.Close()
	}
	return found
}

// waiting is how many records of the app topics are not committed.
func (b *broker) waiting(apps ...string) int64 {
	var n int64
	committed := map[string]map[int32]int64{}
	if g := b.cluster.GroupInfo(topic.GroupIndexer); g != nil {
		for name, partitions := range g.Commits {
			committed[name] = map[int32]int64{}
			for p, c := range partitions {
				committed[name][p] = c.Offset
			}
		}
	}
	for _, app := range apps {
		for _, p := range b.cluster.PartitionInfos(topic.Logs(app)) {
			n += p.HighWatermark - committed[topic.Logs(app)][p.Partition]
		}
	}
	return n
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	await.True(t, waitLimit, what, ok)
}

func header(m *sarama.ConsumerMessage, key string) string {
	for _, h := range m.Headers {
		if string(h.Key) == key {
			return string(h.Value)
		}
	}
	return ""
}
