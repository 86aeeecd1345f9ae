package processors_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/await"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/internal/testbed"
	"github.com/millrace/millrace/test/servers"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(child()) // this process is the processor that a test kills
	}
	goleak.VerifyTestMain(closing{m},
		// sarama's meters tick for ever, one goroutine for the whole process
		goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"),
		// leveldb's buffer pool ends a second after Close
		goleak.IgnoreTopFunction("github.com/syndtr/goleveldb/leveldb.(*DB).mpoolDrain"))
}

// closing ends the real Kafka, if there is one, when all tests have run.
type closing struct{ *testing.M }

func (c closing) Run() int {
	defer closeShared()
	return c.M.Run()
}

// patience is how long a test waits for something that must happen.
var patience = 30 * time.Second

func init() {
	if servers.Wanted() {
		patience = 2 * time.Minute // three brokers that elect leaders on two cores
	}
}

// broker is a Kafka with a client beside it: an embedded one on a fixed port, or the
// real one that tests share.
type broker struct {
	t       testing.TB
	cluster *kfake.Cluster // nil when real is not
	real    *servers.Kafka
	apart   int32 // id of the real broker that leads the topic of startOrder that fails
	opts    []kfake.Opt
	addrs   []string
	client  *kgo.Client
	seen    *testbed.Records
}

// startBroker runs an embedded Kafka with 4 partitions for each topic.
func startBroker(tb testing.TB, topics ...string) *broker {
	tb.Helper()
	return startBrokers(tb, 1, 4, topics)
}

func startBrokers(tb testing.TB, n int, partitions int32, topics []string, opts ...kfake.Opt) *broker {
	tb.Helper()
	if servers.Wanted() && len(opts) == 0 {
		b := realBroker(tb)
		b.makeReal(partitions, topics, nil)
		b.follows(topics...)
		return b
	}
	b := &broker{t: tb}
	ports := freePorts(tb, n)
	b.opts = slices.Concat(opts, []kfake.Opt{
		kfake.NumBrokers(n), kfake.Ports(ports...), kfake.SeedTopics(partitions, topics...),
		kfake.GroupMinSessionTimeout(time.Second), kfake.DataDir(tb.TempDir()),
	})
	for _, p := range ports {
		b.addrs = append(b.addrs, net.JoinHostPort("127.0.0.1", strconv.Itoa(p)))
	}
	b.up()
	tb.Cleanup(func() { b.cluster.Close() })
	b.follows(topics...)
	return b
}

// follows reads topics until the test ends.
func (b *broker) follows(topics ...string) {
	b.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.addrs...), kgo.ConsumeTopics(topics...),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.MetadataMinAge(50*time.Millisecond), kgo.FetchMaxWait(100*time.Millisecond),
		kgo.AllowIdempotentProduceCancellation()) // or a record under way to a broker that ends is waited for, for ever
	if err != nil {
		b.t.Fatal(err)
	}
	b.client = client
	b.seen = testbed.Follow(b.t, client)
}

func freePorts(tb testing.TB, n int) []int {
	tb.Helper()
	var ports []int
	var taken []net.Listener // until all are found
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		taken = append(taken, l)
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	for _, l := range taken {
		if err := l.Close(); err != nil {
			tb.Fatal(err)
		}
	}
	return ports
}

// up starts the cluster, again on the same ports and data.
func (b *broker) up() {
	b.t.Helper()
	if b.real != nil {
		for i := range b.real.Len() {
			if err := b.real.Launch(i); err != nil {
				b.t.Fatal(err)
			}
		}
		return
	}
	c, err := kfake.NewCluster(b.opts...)
	if err != nil {
		b.t.Fatal(err)
	}
	b.cluster = c
}

// down stops the cluster: connections are refused.
func (b *broker) down() {
	if b.real == nil {
		b.cluster.Close()
		return
	}
	for i := range b.real.Len() {
		b.real.Kill(i)
	}
}

// until waits until the records of a topic satisfy a condition, and returns them.
func (b *broker) until(topic string, ok func([]*kgo.Record) bool) []*kgo.Record {
	b.t.Helper()
	return b.seen.Until(b.t, patience, topic, ok)
}

// untilKeys waits until a topic has n different keys.
func (b *broker) untilKeys(topic string, n int) []*kgo.Record {
	b.t.Helper()
	return b.until(topic, func(rs []*kgo.Record) bool { return len(keysOf(rs)) >= n })
}

func keysOf(records []*kgo.Record) map[string]int {
	keys := make(map[string]int)
	for _, r := range records {
		keys[string(r.Key)]++
	}
	return keys
}

// put writes records, each into the partition of its key.
func (b *broker) put(partitions int32, records ...*kgo.Record) {
	b.t.Helper()
	for _, r := range records {
		r.Partition = kafka.Partition(r.Key, partitions)
	}
	if err := b.client.ProduceSync(b.t.Context(), records...).FirstErr(); err != nil {
		b.t.Fatal(err)
	}
}

// inputs are n records with the keys of few hosts and the values 0 to n-1.
func inputs(topic string, from, n int) []*kgo.Record {
	records := make([]*kgo.Record, n)
	for i := range records {
		records[i] = &kgo.Record{
			Topic: topic,
			Key:   fmt.Appendf(nil, "host-%d", (from+i)%10),
			Value: strconv.AppendInt(nil, int64(from+i), 10),
		}
	}
	return records
}

// committed is the group's offset in a partition, -1 if there is none.
func (b *broker) committed(group, topic string, partition int32) int64 {
	b.t.Helper()
	req := kmsg.NewPtrOffsetFetchRequest()
	req.Group = group
	t := kmsg.NewOffsetFetchRequestTopic()
	t.Topic, t.Partitions = topic, []int32{partition}
	req.Topics = append(req.Topics, t)
	g := kmsg.NewOffsetFetchRequestGroup()
	g.Group = group
	gt := kmsg.NewOffsetFetchRequestGroupTopic()
	gt.Topic, gt.Partitions = topic, []int32{partition}
	g.Topics = append(g.Topics, gt)
	req.Groups = append(req.Groups, g)
	offset := int64(-1)
	eventually(b.t, "the group's coordinator answers", func() bool {
		resp, err := req.RequestWith(b.t.Context(), b.client)
		if err != nil {
			b.t.Fatal(err)
		}
		if len(resp.Topics) > 0 { // an older broker
			p := resp.Topics[0].Partitions[0]
			offset = p.Offset
			return p.ErrorCode == 0
		}
		if len(resp.Groups) == 0 || resp.Groups[0].ErrorCode != 0 || len(resp.Groups[0].Topics) == 0 {
			return false // it has only just become the coordinator
		}
		p := resp.Groups[0].Topics[0].Partitions[0]
		offset = p.Offset
		return p.ErrorCode == 0
	})
	return offset
}

// deleteBefore deletes the records below an offset, as retention does.
func (b *broker) deleteBefore(topic string, partition int32, offset int64) {
	b.t.Helper()
	req := kmsg.NewPtrDeleteRecordsRequest()
	t := kmsg.NewDeleteRecordsRequestTopic()
	t.Topic = topic
	p := kmsg.NewDeleteRecordsRequestTopicPartition()
	p.Partition, p.Offset = partition, offset
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	if _, err := req.RequestWith(b.t.Context(), b.client); err != nil {
		b.t.Fatal(err)
	}
}

// remake deletes a topic and makes it anew.
func (b *broker) remake(topic string, partitions int32) {
	b.t.Helper()
	del := kmsg.NewPtrDeleteTopicsRequest()
	del.TopicNames = []string{topic}
	dt := kmsg.NewDeleteTopicsRequestTopic()
	dt.Topic = kmsg.StringPtr(topic)
	del.Topics = append(del.Topics, dt)
	if _, err := del.RequestWith(b.t.Context(), b.client); err != nil {
		b.t.Fatal(err)
	}
	create := kmsg.NewPtrCreateTopicsRequest()
	ct := kmsg.NewCreateTopicsRequestTopic()
	ct.Topic, ct.NumPartitions, ct.ReplicationFactor = topic, partitions, int16(b.replication())
	policy := kmsg.NewCreateTopicsRequestTopicConfig()
	policy.Name, policy.Value = "cleanup.policy", kmsg.StringPtr("compact")
	ct.Configs = append(ct.Configs, policy)
	create.Topics = append(create.Topics, ct)
	eventually(b.t, "the topic is made anew", func() bool { // a real broker takes a while to forget the old one
		resp, err := create.RequestWith(b.t.Context(), b.client)
		if err != nil {
			b.t.Fatal(err)
		}
		err = kerr.ErrorForCode(resp.Topics[0].ErrorCode)
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			b.t.Fatal(err)
		}
		return err == nil
	})
}

// replication that topics can have.
func (b *broker) replication() int {
	if b.real != nil {
		return b.real.Len()
	}
	return 1
}

// refuse answers produce requests that name a topic with an error until the
// returned function is called. Topics that share a broker share the error.
func (b *broker) refuse(topic string, code *kerr.Error) (stop func()) {
	var mu sync.Mutex
	on := true
	info := b.cluster.TopicInfo(topic)
	b.cluster.ControlKey(int16(kmsg.Produce), func(kreq kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		mu.Lock()
		defer mu.Unlock()
		req := kreq.(*kmsg.ProduceRequest)
		if !on || !names(req, info) {
			return nil, nil, false
		}
		resp := req.ResponseKind().(*kmsg.ProduceResponse)
		for _, t := range req.Topics {
			rt := kmsg.NewProduceResponseTopic()
			rt.Topic, rt.TopicID = t.Topic, t.TopicID
			for _, p := range t.Partitions {
				rp := kmsg.NewProduceResponseTopicPartition()
				rp.Partition, rp.ErrorCode, rp.BaseOffset = p.Partition, code.Code, -1
				rt.Partitions = append(rt.Partitions, rp)
			}
			resp.Topics = append(resp.Topics, rt)
		}
		return resp, nil, true
	})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		on = false
	}
}

func names(req *kmsg.ProduceRequest, info *kfake.TopicInfo) bool {
	for _, t := range req.Topics {
		if t.Topic == info.Topic || t.TopicID == info.TopicID {
			return true
		}
	}
	return false
}

// config is a processor's configuration for the broker.
func (b *broker) config(stateDir string) processors.Config {
	cfg := processors.DefaultConfig()
	cfg.Kafka.Brokers = b.addrs
	cfg.StateDir = stateDir
	cfg.SessionTimeout = 2 * time.Second
	return cfg
}

// run starts a processor; the returned function stops it and waits for its end. The
// test does so too.
func run(tb testing.TB, cfg processors.Config, spec processors.Spec, deps processors.Deps) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- processors.Run(ctx, cfg, spec, deps) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				tb.Errorf("Run: %v", err)
			}
		})
	}
	tb.Cleanup(stop)
	return stop
}

// eventually waits for a condition that nothing announces.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	await.True(tb, patience, what, ok)
}

func stateDir(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "state")
}
