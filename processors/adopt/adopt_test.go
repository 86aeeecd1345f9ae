package adopt_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/adopt"
	"github.com/millrace/millrace/processors/internal/testbed"
	"github.com/millrace/millrace/schemas/deadletter"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/topic"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, testbed.Leaks()...) }

func start(t *testing.T, topics ...string) (*testbed.Bed, func() (stop func())) {
	t.Helper()
	b := testbed.Start(t, append(topics, topic.Raw, topic.DeadAdopt)...)
	cfg := adopt.Default()
	cfg.Config = b.Config(filepath.Join(t.TempDir(), "state"))
	cfg.Etcd = b.Etcd(filepath.Join(t.TempDir(), "etcd"), 0).Etcd()
	return b, func() func() {
		return b.Run(func(ctx context.Context) error { return adopt.Run(ctx, cfg, processors.Deps{Log: b.Log()}) })
	}
}

// ids are the events of raw records, in order; records written twice count once.
func ids(t *testing.T, records []*kgo.Record) (ids []string) {
	t.Helper()
	for _, r := range records {
		m, _, err := record.Decode([]byte(testbed.Header(r, record.Header)))
		if err != nil {
			t.Fatal(err)
		}
		if string(r.Key) != m.Host || r.Partition != topic.Partition(r.Key, testbed.Partitions) {
			t.Errorf("key %q, host %q, partition %d", r.Key, m.Host, r.Partition)
		}
		if m.Writer.Nonce == 0 {
			t.Error("the topic's id is not in the writer")
		}
		var w record.Walker
		var e record.Raw
		for w.Reset(m, r.Value); w.Next(&e); {
			s := &m.Segments[e.Segment]
			ids = append(ids, fmt.Sprint(s.Path, " ", e.Off, " ", string(e.Bytes), " ", record.NewEventID(s.Src, s.Gen, e.Off, e.Bytes)))
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func TestTopicsAreAdoptedAndLetGoWhileItRuns(t *testing.T) {
	b, run := start(t, "syslog", "fluent")
	run()
	b.Put(&kgo.Record{Topic: "syslog", Key: []byte("web-1"), Value: []byte("before")})
	b.Publish(`{"name":"one","app":"x","topics":["syslog"]}`)
	b.Await(topic.Raw, 1) // from its oldest record
	b.Publish(`{"name":"two","app":"x","topics":["fluent"],"select":{"hosts":["db-*"]}}`)
	b.Put(
		&kgo.Record{Topic: "fluent", Key: []byte("db-1"), Value: []byte("by key")},
		&kgo.Record{Topic: "fluent", Value: []byte("by header"), Headers: []kgo.RecordHeader{{Key: "host", Value: []byte("db-2")}}},
		&kgo.Record{Topic: "fluent", Key: []byte("web-1"), Value: []byte("not covered")},
		&kgo.Record{Topic: "fluent", Key: []byte("db-1")},
		&kgo.Record{Topic: "fluent", Key: []byte("db-1"), Value: []byte(strings.Repeat("x", 600_000))},
	)
	b.Await(topic.Raw, 3+3)
	var reasons []string
	for _, r := range b.Await(topic.DeadAdopt, 2) {
		reasons = append(reasons, testbed.Header(r, deadletter.HeaderReason))
	}
	slices.Sort(reasons)
	if diff := cmp.Diff([]string{adopt.ReasonEmpty, adopt.ReasonHost}, reasons); diff != "" {
		t.Error(diff)
	}

	b.Withdraw("one")
	b.Publish(`{"name":"two","app":"x","topics":["fluent","late"]}`)
	b.Eventually("the topic's group is empty", func() bool { return b.Members("adopt-syslog") == 0 })
	b.Put(&kgo.Record{Topic: "syslog", Key: []byte("web-1"), Value: []byte("nobody reads this")})
	b.Topic("late")
	b.Put(&kgo.Record{Topic: "late", Key: []byte("web-9"), Value: []byte("made later")})
	b.Await(topic.Raw, 7)
	if n := b.Committed("adopt-syslog", "syslog"); n != 1 {
		t.Errorf("%d records of a topic without a collection are committed, want 1", n)
	}
	b.Publish(`{"name":"one","app":"x","topics":["syslog"]}`)
	b.Await(topic.Raw, 8) // where it was let go
}

// A crash before the commit is the same as a group that starts over.
func TestAdoptingAgainGivesTheSameEvents(t *testing.T) {
	b, run := start(t, "syslog")
	b.Publish(`{"name":"one","app":"x","topics":["syslog"]}`)
	stop := run()
	for i := range 50 {
		b.Put(&kgo.Record{Topic: "syslog", Key: fmt.Appendf(nil, "web-%d", i%7), Value: fmt.Appendf(nil, "line %d\n", i)})
	}
	first := ids(t, b.Await(topic.Raw, 50))
	b.Eventually("everything is committed", func() bool { return b.Committed("adopt-syslog", "syslog") == 50 })
	stop()
	b.Forget("adopt-syslog")
	run()
	again := ids(t, b.Await(topic.Raw, 100))
	if len(first) != 50 {
		t.Fatalf("%d events of 50 records", len(first))
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
}
