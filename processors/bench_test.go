package processors_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"sync/atomic"
	"testing"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/codec"
	"github.com/lovoo/goka/storage"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/processors"
)

// nginxLine is a line of 200 bytes.
var nginxLine = []byte(`203.0.113.42 - alice [22/Nov/2026:12:34:56 +0000] "GET /shop/cart/items?page=2&sort=price HTTP/1.1" 200 5316 "https://shop.example/cart" "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0"` + "\n")

// BenchmarkRun measures what the harness costs for each record of 100 lines that is
// copied to another topic, with Kafka embedded in the same process. Plain goka, with
// the same acknowledgements, is there to compare.
func BenchmarkRun(b *testing.B) {
	value := bytes.Repeat(nginxLine, 100)
	copyTo := func(table bool, done func()) func(*processors.Context) {
		return func(c *processors.Context) {
			r := c.Record()
			c.Emit("out", r.Key, r.Value)
			if table {
				c.SetValue("some counters")
			}
			done()
		}
	}
	for _, table := range []bool{false, true} {
		name := "stateless"
		if table {
			name = "table"
		}
		b.Run(name+"/Run", func(b *testing.B) {
			bench(b, value, func(ctx context.Context, k *broker, done func()) error {
				spec := processors.Spec{Group: "bench", Inputs: []string{"in"}, DeadLetter: "dead", Step: copyTo(table, done)}
				if table {
					spec.Table = text{}
				}
				return processors.Run(ctx, k.config(stateDir(b)), spec, processors.Deps{})
			})
		})
		b.Run(name+"/plain goka", func(b *testing.B) {
			bench(b, value, func(ctx context.Context, k *broker, done func()) error {
				return benchGoka(ctx, k, stateDir(b), table, done)
			})
		})
	}
}

// bench measures from the start of a processor to the end of its last record.
func bench(b *testing.B, value []byte, run func(context.Context, *broker, func()) error) {
	b.Helper()
	k := startBrokers(b, 1, 4, nil)
	k.remake("in", 4)
	k.remake("out", 4)
	k.remake("dead", 4)
	for i := range b.N {
		key := fmt.Appendf(nil, "host-%d", i%50)
		k.client.Produce(b.Context(), &kgo.Record{Topic: "in", Key: key, Value: value, Partition: kafka.Partition(key, 4)}, nil)
	}
	if err := k.client.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(value)))
	b.ReportAllocs()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var seen atomic.Int64
	all, ended := make(chan struct{}), make(chan error, 1)
	b.ResetTimer()
	go func() {
		ended <- run(ctx, k, func() {
			if seen.Add(1) == int64(b.N) {
				close(all)
			}
		})
	}()
	<-all
	cancel()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
}

func benchGoka(ctx context.Context, k *broker, dir string, table bool, done func()) error {
	cfg := goka.DefaultConfig()
	cfg.Version = sarama.V2_8_0_0
	cfg.Consumer.Offsets.Initial = sarama.OffsetOldest
	cfg.Producer.RequiredAcks = sarama.WaitForAll
	cfg.Producer.Compression = sarama.CompressionLZ4
	goka.ReplaceGlobalConfig(cfg)
	edges := []goka.Edge{
		goka.Input("in", new(codec.Bytes), func(c goka.Context, msg any) {
			c.Emit("out", c.Key(), msg)
			if table {
				c.SetValue("some counters")
			}
			done()
		}),
		goka.Output("out", new(codec.Bytes)),
	}
	if table {
		edges = append(edges, goka.Persist(new(codec.String)))
	}
	tm := goka.NewTopicManagerConfig()
	tm.Table.Replication = 1
	p, err := goka.NewProcessor(k.addrs, goka.DefineGroup("bench", edges...),
		goka.WithLogger(log.New(io.Discard, "", 0)),
		goka.WithTopicManagerBuilder(goka.TopicManagerBuilderWithTopicManagerConfig(tm)),
		goka.WithStorageBuilder(storage.DefaultBuilder(dir)))
	if err != nil {
		return err
	}
	return p.Run(ctx)
}
