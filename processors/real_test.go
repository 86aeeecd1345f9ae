package processors_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/test/servers"
)

// shared is the real Kafka of three brokers that all tests of this package use, one
// after the other. TestMain closes it.
var shared struct {
	once  sync.Once
	kafka *servers.Kafka
	err   error
}

func closeShared() {
	if shared.kafka != nil {
		_ = shared.kafka.Close() // its processes end with ours whatever it says
	}
}

// realBroker is the shared Kafka as a broker of a test, without topics.
func realBroker(tb testing.TB) *broker {
	tb.Helper()
	shared.once.Do(func() {
		shared.kafka, shared.err = servers.StartKafka(context.Background(), servers.KafkaOptions{Nodes: 3})
	})
	if shared.err != nil {
		tb.Fatal(shared.err)
	}
	heal(tb, shared.kafka) // what a test that failed left broken
	return &broker{t: tb, real: shared.kafka, addrs: shared.kafka.Config().Brokers}
}

// makeReal makes topics on the shared Kafka in place of all that are there, and
// groups begin anew. replicas are the brokers of each partition; nil leaves it to
// Kafka.
func (b *broker) makeReal(partitions int32, topics []string, replicas map[string][]int32) {
	b.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.addrs...), kgo.MetadataMinAge(50*time.Millisecond))
	if err != nil {
		b.t.Fatal(err)
	}
	defer client.Close()
	eventually(b.t, "the groups of earlier tests are gone", func() bool { return deleteGroups(b.t.Context(), client) == nil })
	eventually(b.t, "the topics of earlier tests are gone", func() bool { return deleteTopics(b.t.Context(), client) == nil })
	req := kmsg.NewPtrCreateTopicsRequest()
	for _, name := range topics {
		ct := kmsg.NewCreateTopicsRequestTopic()
		ct.Topic, ct.NumPartitions, ct.ReplicationFactor = name, partitions, 3
		if on := replicas[name]; on != nil {
			ct.NumPartitions, ct.ReplicationFactor = -1, -1
			for p := range partitions {
				ra := kmsg.NewCreateTopicsRequestTopicReplicaAssignment()
				ra.Partition, ra.Replicas = p, on
				ct.ReplicaAssignment = append(ct.ReplicaAssignment, ra)
			}
			insync := kmsg.NewCreateTopicsRequestTopicConfig()
			insync.Name, insync.Value = "min.insync.replicas", kmsg.StringPtr("1")
			ct.Configs = append(ct.Configs, insync)
		}
		req.Topics = append(req.Topics, ct)
	}
	resp, err := req.RequestWith(b.t.Context(), client)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, made := range resp.Topics {
		if err := kerr.ErrorForCode(made.ErrorCode); err != nil {
			b.t.Fatalf("topic %s: %v", made.Topic, err)
		}
	}
	eventually(b.t, "every broker knows the topics", func() bool { return knownToAll(b.t.Context(), client, topics) })
}

func knownToAll(ctx context.Context, client *kgo.Client, topics []string) bool {
	req := kmsg.NewPtrMetadataRequest()
	for _, name := range topics {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = kmsg.StringPtr(name)
		req.Topics = append(req.Topics, t)
	}
	for _, broker := range client.DiscoveredBrokers() {
		resp, err := req.RequestWith(ctx, broker)
		if err != nil || len(resp.Topics) < len(topics) {
			return false
		}
		for _, t := range resp.Topics {
			if t.ErrorCode != 0 {
				return false
			}
		}
	}
	return true
}

// aside is the id of a real broker that does not hold a group's offsets: without it
// the group can still commit.
func (b *broker) aside(group string) (id int32) {
	b.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.addrs...))
	if err != nil {
		b.t.Fatal(err)
	}
	defer client.Close()
	req := kmsg.NewPtrFindCoordinatorRequest()
	req.CoordinatorKey, req.CoordinatorKeys = group, []string{group}
	eventually(b.t, "the group has a coordinator", func() bool {
		resp, err := req.RequestWith(b.t.Context(), client)
		if err != nil {
			b.t.Fatal(err)
		}
		if len(resp.Coordinators) == 0 { // an older broker
			id = resp.NodeID%3 + 1
			return resp.ErrorCode == 0
		}
		id = resp.Coordinators[0].NodeID%3 + 1
		return resp.Coordinators[0].ErrorCode == 0
	})
	return id
}

func deleteGroups(ctx context.Context, client *kgo.Client) error {
	for _, s := range client.RequestSharded(ctx, kmsg.NewPtrListGroupsRequest()) {
		if s.Err != nil {
			return s.Err
		}
		req := kmsg.NewPtrDeleteGroupsRequest()
		for _, g := range s.Resp.(*kmsg.ListGroupsResponse).Groups {
			req.Groups = append(req.Groups, g.Group)
		}
		if len(req.Groups) == 0 {
			continue
		}
		resp, err := req.RequestWith(ctx, client)
		if err != nil {
			return err
		}
		for _, g := range resp.Groups {
			if err := kerr.ErrorForCode(g.ErrorCode); err != nil {
				return err
			}
		}
	}
	return nil
}

// deleteTopics returns nil once no broker names a topic of ours.
func deleteTopics(ctx context.Context, client *kgo.Client) error {
	all := kmsg.NewPtrMetadataRequest()
	all.Topics = nil // all
	resp, err := all.RequestWith(ctx, client)
	if err != nil {
		return err
	}
	req := kmsg.NewPtrDeleteTopicsRequest()
	for _, t := range resp.Topics {
		if t.Topic != nil && !strings.HasPrefix(*t.Topic, "__") {
			dt := kmsg.NewDeleteTopicsRequestTopic()
			dt.Topic = t.Topic
			req.Topics, req.TopicNames = append(req.Topics, dt), append(req.TopicNames, *t.Topic)
		}
	}
	if len(req.Topics) == 0 {
		return nil
	}
	if _, err := req.RequestWith(ctx, client); err != nil {
		return err
	}
	return fmt.Errorf("%d topics are being deleted", len(req.Topics))
}

// embeddedOnly skips a test that scripts what the embedded broker alone can play.
func embeddedOnly(t *testing.T) {
	t.Helper()
	if servers.Wanted() {
		t.Skip("skipped: its faults are played by the embedded broker")
	}
}

// realOnly skips a test of what only real brokers do.
func realOnly(t *testing.T) {
	t.Helper()
	if !servers.Wanted() {
		t.Skip("skipped: for make test-real")
	}
}

// outage is how long the tests below keep a server away: MILLRACE_REAL_OUTAGE=60s is
// what the documents promise.
func outage(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("MILLRACE_REAL_OUTAGE")
	if text == "" {
		return 8 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Each fault pauses what it touches; afterwards everything goes on by itself, in the
// same Run, and no record is missing.
func TestFaultsOfRealBrokersOnlyPause(t *testing.T) {
	realOnly(t)
	for name, fault := range map[string]func(t *testing.T, k *servers.Kafka){
		"the topic has no leader": func(t *testing.T, k *servers.Kafka) {
			t.Helper()
			k.Kill(2) // the only one that has it
		},
		"a broker is silent": func(t *testing.T, k *servers.Kafka) {
			t.Helper()
			if err := k.Pause(2); err != nil {
				t.Fatal(err)
			}
		},
		"all brokers are gone": func(t *testing.T, k *servers.Kafka) {
			t.Helper()
			for i := range k.Len() {
				k.Kill(i)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := realBroker(t)
			b.makeReal(4, []string{"in", "out", "dead"}, map[string][]int32{"out": {3}})
			b.follows("in", "out", "dead")
			run(t, b.config(stateDir(t)), copySpec, processors.Deps{Log: testLog(t)})
			b.put(4, inputs("in", 0, 100)...)
			b.untilKeys("out", 100)
			fault(t, b.real)
			if b.real.Alive(0) {
				b.put(4, inputs("in", 100, 100)...)
			}
			<-time.After(outage(t))
			heal(t, b.real)
			b.put(4, inputs("in", 200, 100)...)
			want := 300
			if name == "all brokers are gone" {
				want = 200
			}
			b.untilKeys("out", want)
		})
	}
}

// heal brings back every broker of a cluster.
func heal(tb testing.TB, k *servers.Kafka) {
	tb.Helper()
	for i := range k.Len() {
		_ = k.Resume(i) // it may not be paused
		if !k.Alive(i) {
			if err := k.Launch(i); err != nil {
				tb.Fatal(err)
			}
		}
	}
	for i := range k.Len() {
		if err := k.Ready(tb.Context(), i); err != nil {
			tb.Fatal(err)
		}
	}
}

// A broker whose disk is full ends; once there is room and it runs again, everything
// that was taken comes out.
func TestAFullBrokerOnlyPauses(t *testing.T) {
	realOnly(t)
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64m"); err != nil {
		t.Skipf("skipped: a small disk needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	k := servers.KafkaFor(t, servers.KafkaOptions{Dir: filepath.Join(disk, "kafka"), Settings: map[string]string{
		"log.segment.bytes": strconv.Itoa(4 << 20), "log.index.size.max.bytes": "65536", "log.dir.failure.timeout.ms": "1000",
	}})
	b := &broker{t: t, real: k, addrs: k.Config().Brokers}
	b.makeReal(4, []string{"in", "out", "dead"}, map[string][]int32{"in": {1}, "out": {1}, "dead": {1}})
	b.follows("in", "out", "dead")
	run(t, b.config(stateDir(t)), copySpec, processors.Deps{Log: testLog(t)})
	b.put(4, inputs("in", 0, 100)...)
	b.untilKeys("out", 100)

	filler := filepath.Join(disk, "filler")
	fill(t, filler)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for i := 100; k.Alive(0) && ctx.Err() == nil; i++ { // until the broker finds that its disk is full
		short, done := context.WithTimeout(ctx, time.Second)
		r := inputs("in", i, 1)[0]
		r.Headers = []kgo.RecordHeader{{Key: "filler", Value: make([]byte, 64<<10)}}
		_ = b.client.ProduceSync(short, r) // in vain at the end
		done()
	}
	if k.Alive(0) {
		t.Fatal("the broker lives on a full disk")
	}
	<-time.After(time.Second) // the length of the outage
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := k.Restart(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	b.put(4, inputs("in", 1_000_000, 100)...)
	b.until("out", func(out []*kgo.Record) bool { return covers(out, b.records("in")) })
}

// fill takes all the room of a disk.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 64<<10)
	for {
		if _, err := f.Write(block); err != nil {
			return // full
		}
	}
}

// covers reports whether each input's value is a key of the output, the newest ones
// included.
func covers(out, in []*kgo.Record) bool {
	keys := keysOf(out)
	last := false
	for _, r := range in {
		if keys[string(r.Value)] == 0 {
			return false
		}
		last = last || string(r.Value) == "1000099"
	}
	return last
}

func (b *broker) records(topic string) []*kgo.Record { return b.seen.Of(topic) }
