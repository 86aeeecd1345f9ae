package enrich_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/enrich"
	"github.com/millrace/millrace/processors/internal/testbed"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/hosts"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/schemas/topic"
)

const (
	shop  = `{"name":"shop-access","app":"shop","paths":["/var/log/shop/*"],"pipeline":[{"format":"nginx.access"}]}`
	plain = `{"name":"plain","app":"shop","paths":["/var/log/plain"],"pipeline":[]}`
)

var readAt = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// rawRecord is a record as an agent on the host writes it, of whole lines.
func rawRecord(host string, seq uint64, rev revision.ID, value string, change ...func(*record.Manifest)) *kgo.Record {
	m := &record.Manifest{
		Writer: record.Writer{ID: "agent-of-" + host, Nonce: 1}, Seq: seq, Host: host, At: readAt,
		Segments: []record.Segment{{
			Kind: record.Bytes, Src: record.SourceID{1}, Gen: 1, Off: seq << 20, Len: uint64(len(value)),
			Collection: "c", Rev: rev, Path: "/var/log/shop/a.log",
		}},
	}
	for _, f := range change {
		f(m)
	}
	header := new(record.Encoder).Append(nil, m)
	return &kgo.Record{
		Topic: topic.Raw, Key: []byte(host), Value: []byte(value),
		Headers: []kgo.RecordHeader{{Key: record.Header, Value: header}},
	}
}

// bed is Kafka with enrich's topics, and etcd.
func bed(tb testing.TB) (*testbed.Bed, enrich.Config) {
	tb.Helper()
	b := testbed.Start(tb, topic.Raw, topic.DeadRaw, topic.Logs("shop"))
	cfg := enrich.Default()
	cfg.Config = b.Config(filepath.Join(tb.TempDir(), "state"))
	cfg.Etcd = b.Etcd(filepath.Join(tb.TempDir(), "etcd"), 0).Etcd()
	return b, cfg
}

func run(b *testbed.Bed, cfg enrich.Config) (stop func()) {
	return b.Run(func(ctx context.Context) error { return enrich.Run(ctx, cfg, processors.Deps{Log: b.Log()}) })
}

// events counts the events in batches by id.
func events(tb testing.TB, batches []*kgo.Record) map[record.EventID]int {
	tb.Helper()
	ids := map[record.EventID]int{}
	for _, r := range batches {
		var m batch.Manifest
		if err := batch.Decode([]byte(testbed.Header(r, batch.Header)), &m); err != nil {
			tb.Fatal(err)
		}
		if err := new(batch.Documents).Open(&m, r.Value); err != nil {
			tb.Fatal(err)
		}
		for _, id := range m.IDs {
			ids[id]++
		}
	}
	return ids
}

// untilEvents waits until the app's topic has n different events.
func untilEvents(tb testing.TB, b *testbed.Bed, n int) []*kgo.Record {
	tb.Helper()
	return b.Until(topic.Logs("shop"), func(rs []*kgo.Record) bool { return len(events(tb, rs)) >= n })
}

// counted is the sum of an app's counts in the newest values of the host table.
func counted(tb testing.TB, b *testbed.Bed) (sum hosts.Counts) {
	tb.Helper()
	newest := map[string]*hosts.State{}
	for _, r := range b.Seen(topic.TableOf(topic.GroupEnrich)) {
		s, err := hosts.Decode(r.Value)
		if err != nil {
			tb.Fatal(err)
		}
		newest[string(r.Key)] = s
	}
	for _, s := range newest {
		for _, a := range s.Apps {
			sum.Lines += a.Lines
			sum.Bytes += a.Bytes
			sum.Errors += a.Errors
			sum.Failures += a.Failures
		}
	}
	return sum
}

// accessLines are n lines of about 200 bytes, no two alike.
func accessLines(from, n int) string {
	var b strings.Builder
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&b, "198.51.%d.%d - - [22/Nov/2026:09:59:%02d +0000] \"GET /shop/cart?item=%d&page=%d HTTP/1.1\" %d %d "+
			"\"https://shop.example.com/list/%d\" \"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\"\n",
			i%256, i%250, i%60, i, i%17, 200+i%5, 1000+i, i)
	}
	return b.String()
}
