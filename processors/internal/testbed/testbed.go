// Package testbed is an embedded Kafka and etcd for the tests of single
// processors, with a client that sees every record of every topic.
//
// It is imported by tests only. Everything it starts ends with the test.
package testbed

import (
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/standalone/etcdd"
	"github.com/millrace/millrace/internal/standalone/kafkad"
	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/schemas/topic"
)

// Patience is how long a test waits for something that must happen. Only a test that fails waits so long, or one on a machine
// that is busy with others.
const Patience = 2 * time.Minute

// Partitions of every topic.
const Partitions = 4

// Bed is a running Kafka, and an etcd once it is asked for.
type Bed struct {
	t      testing.TB
	kafka  kafka.Config
	client *kgo.Client
	etcd   *clientv3.Client

	records *Records
}

// Start runs a Kafka with the topics.
func Start(tb testing.TB, topics ...string) *Bed {
	tb.Helper()
	server, err := kafkad.Start(kafkad.Config{Dir: filepath.Join(tb.TempDir(), "kafka")})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(server.Close)
	return On(tb, server.Kafka(), topics...)
}

// On is a bed of a Kafka that runs, without the topics yet.
func On(tb testing.TB, cfg kafka.Config, topics ...string) *Bed {
	tb.Helper()
	b := &Bed{t: tb, kafka: cfg}
	var err error
	b.client, err = kgo.NewClient(kgo.SeedBrokers(cfg.Brokers...), kgo.ConsumeTopics(topics...),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchMaxBytes(topic.RecordLimit),
		kgo.MetadataMinAge(50*time.Millisecond), kgo.FetchMaxWait(100*time.Millisecond))
	if err != nil {
		tb.Fatal(err)
	}
	b.Topic(topics...)
	b.records = Follow(tb, b.client)
	return b
}

// Topic makes topics.
func (b *Bed) Topic(names ...string) {
	b.t.Helper()
	req := kmsg.NewPtrCreateTopicsRequest()
	for _, name := range names {
		ct := kmsg.NewCreateTopicsRequestTopic()
		ct.Topic, ct.NumPartitions, ct.ReplicationFactor = name, Partitions, 1
		req.Topics = append(req.Topics, ct)
	}
	resp, err := req.RequestWith(b.t.Context(), b.client)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, made := range resp.Topics {
		if err := kerr.ErrorForCode(made.ErrorCode); err != nil {
			b.t.Fatal(made.Topic, err)
		}
	}
	b.client.AddConsumeTopics(names...)
}

// Remake deletes a topic and makes it anew.
func (b *Bed) Remake(spec kafka.TopicSpec) {
	b.t.Helper()
	req := kmsg.NewPtrDeleteTopicsRequest()
	dt := kmsg.NewDeleteTopicsRequestTopic()
	dt.Topic = kmsg.StringPtr(spec.Name)
	req.Topics, req.TopicNames = append(req.Topics, dt), append(req.TopicNames, spec.Name)
	if _, err := req.RequestWith(b.t.Context(), b.client); err != nil {
		b.t.Fatal(err)
	}
	if err := kafka.EnsureTopics(b.t.Context(), b.kafka, []kafka.TopicSpec{spec}); err != nil {
		b.t.Fatal(err)
	}
}

// Seen is what a topic holds so far.
func (b *Bed) Seen(topic string) []*kgo.Record { return b.records.Of(topic) }

// Until waits until the records of a topic satisfy a condition.
func (b *Bed) Until(topic string, ok func([]*kgo.Record) bool) []*kgo.Record {
	b.t.Helper()
	return b.records.Until(b.t, Patience, topic, ok)
}

// Await waits until a topic holds n records.
func (b *Bed) Await(topic string, n int) []*kgo.Record {
	b.t.Helper()
	return b.Until(topic, func(rs []*kgo.Record) bool { return len(rs) >= n })
}

// Put writes records, each into the partition of its key.
func (b *Bed) Put(records ...*kgo.Record) {
	b.t.Helper()
	for _, r := range records {
		r.Partition = topic.Partition(r.Key, Partitions)
	}
	b.PutAsIs(records...)
}

// PutAsIs writes records into the partitions they name.
func (b *Bed) PutAsIs(records ...*kgo.Record) {
	b.t.Helper()
	if err := b.client.ProduceSync(b.t.Context(), records...).FirstErr(); err != nil {
		b.t.Fatal(err)
	}
}

// Committed is the sum of a group's offsets in a topic.
func (b *Bed) Committed(group, name string) (sum int64) {
	b.t.Helper()
	req := kmsg.NewPtrOffsetFetchRequest()
	g := kmsg.NewOffsetFetchRequestGroup()
	g.Group = group
	req.Group = group
	gt := kmsg.NewOffsetFetchRequestGroupTopic()
	gt.Topic = name
	rt := kmsg.NewOffsetFetchRequestTopic()
	rt.Topic = name
	for p := range int32(Partitions) {
		gt.Partitions, rt.Partitions = append(gt.Partitions, p), append(rt.Partitions, p)
	}
	g.Topics, req.Topics = append(g.Topics, gt), append(req.Topics, rt)
	req.Groups = append(req.Groups, g)
	resp, err := req.RequestWith(b.t.Context(), b.client)
	if kerr.IsRetriable(err) {
		return 0
	}
	if err != nil {
		b.t.Fatal(err)
	}
	for _, g := range resp.Groups {
		for _, t := range g.Topics {
			for _, p := range t.Partitions {
				sum += max(0, p.Offset)
			}
		}
	}
	return sum
}

// Members is how many instances a group has.
func (b *Bed) Members(group string) int {
	b.t.Helper()
	req := kmsg.NewPtrDescribeGroupsRequest()
	req.Groups = []string{group}
	resp, err := req.RequestWith(b.t.Context(), b.client)
	if kerr.IsRetriable(err) {
		return 0 // nobody has joined a group yet, of a Kafka that has just begun
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return len(resp.Groups[0].Members)
}

// Forget makes a group start over: its offsets are deleted once it has no members.
func (b *Bed) Forget(group string) {
	b.t.Helper()
	b.Eventually("the group is empty", func() bool { return b.Members(group) == 0 })
	req := kmsg.NewPtrDeleteGroupsRequest()
	req.Groups = []string{group}
	resp, err := req.RequestWith(b.t.Context(), b.client)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := kerr.ErrorForCode(resp.Groups[0].ErrorCode); err != nil {
		b.t.Fatal(err)
	}
}

// Eventually waits for a condition that nothing announces.
func (b *Bed) Eventually(what string, ok func() bool) {
	b.t.Helper()
	deadline := time.Now().Add(Patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			b.t.Fatalf("waited in vain until %s", what)
		}
		<-tick.C
	}
}

// Config is a processor's configuration for the bed.
func (b *Bed) Config(stateDir string) processors.Config {
	cfg := processors.DefaultConfig()
	cfg.Kafka = b.kafka
	cfg.StateDir = stateDir
	cfg.SessionTimeout = 2 * time.Second
	return cfg
}

// Log writes to the test what is a warning or worse.
func (b *Bed) Log() *slog.Logger {
	return slog.New(slog.NewTextHandler(b.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// Run runs f until stop is called, by the caller or the test's end.
func (b *Bed) Run(f func(context.Context) error) (stop func()) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				b.t.Errorf("Run: %v", err)
			}
		})
	}
	b.t.Cleanup(stop)
	return stop
}

// Etcd starts an etcd in a folder, on a port if it is not 0.
func (b *Bed) Etcd(dir string, port int) *etcdd.Server {
	b.t.Helper()
	server, err := etcdd.Start(b.t.Context(), etcdd.Config{Dir: dir, Port: port})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(server.Close)
	if b.etcd != nil {
		return server
	}
	b.etcd, err = etcd.Dial(b.t.Context(), server.Etcd(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = b.etcd.Close() })
	return server
}

// Canonical is a collection config in its canonical form, and its revision.
func Canonical(tb testing.TB, config string) (*collect.Collection, revision.ID, []byte) {
	tb.Helper()
	var head struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal([]byte(config), &head); err != nil {
		tb.Fatal(err)
	}
	c, problems := collect.Parse(head.Name, []byte(config))
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	canonical, err := c.Canonical()
	if err != nil {
		tb.Fatal(err)
	}
	return c, revision.Of(canonical), canonical
}

// PublishRaw writes a canonical config as a revision, without reading it.
func (b *Bed) PublishRaw(canonical string) revision.ID {
	b.t.Helper()
	rev := revision.Of([]byte(canonical))
	if _, err := b.etcd.Put(b.t.Context(), collect.RevisionKey(rev), canonical); err != nil {
		b.t.Fatal(err)
	}
	return rev
}

// Publish writes a collection to etcd as the admin does.
func (b *Bed) Publish(config string) revision.ID {
	b.t.Helper()
	c, rev, canonical := Canonical(b.t, config)
	head, err := json.Marshal(collect.Head{Rev: rev, Config: canonical})
	if err != nil {
		b.t.Fatal(err)
	}
	_, err = b.etcd.Txn(b.t.Context()).Then(
		clientv3.OpPut(collect.HeadKey(c.Name), string(head)),
		clientv3.OpPut(collect.RevisionKey(rev), string(canonical))).Commit()
	if err != nil {
		b.t.Fatal(err)
	}
	return rev
}

// Withdraw deletes a collection's head, as the admin does; its revisions stay.
func (b *Bed) Withdraw(name string) {
	b.t.Helper()
	if _, err := b.etcd.Delete(b.t.Context(), collect.HeadKey(name)); err != nil {
		b.t.Fatal(err)
	}
}

// Follow reads a topic that somebody else makes.
func (b *Bed) Follow(name string) { b.client.AddConsumeTopics(name) }

// Header is the text of a record's header, empty if there is none.
func Header(r *kgo.Record, name string) string {
	for _, h := range r.Headers {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}
