package processors_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/kafka/franz"
	"github.com/millrace/millrace/internal/packed"
	"github.com/millrace/millrace/internal/packed/packedtest"
	"github.com/millrace/millrace/processors"
)

// Records with packed values are records like any other for brokers, which look into
// them and compress them anew where a topic says so, and for consumers.
func TestPackedValuesAreWhatTheyWouldBePlain(t *testing.T) {
	kinds := []string{"producer", "gzip", "zstd", "snappy", "uncompressed"}
	text := func(n string) []byte {
		return bytes.Repeat(fmt.Appendf(nil, "{\"message\":\"number %s\"}\n", n), 20_000)
	}
	spec := processors.Spec{Group: "packing", Inputs: []string{"in"}, DeadLetter: "dead", Step: func(c *processors.Context) {
		n := string(c.Record().Value)
		for _, kind := range kinds {
			c.EmitPacked(kind, n, packedtest.Pack(t, text(n)), processors.Header{Key: "b", Value: []byte("of " + n)})
			c.Emit(kind, n, []byte("beside "+n))
		}
	}}
	b := startBroker(t, "in", "dead")
	cfg := b.config(stateDir(t))
	for _, kind := range kinds {
		compressed := kafka.TopicSpec{Name: kind, Partitions: 1, Replication: 1, Config: map[string]string{"compression.type": kind}}
		if err := kafka.EnsureTopics(t.Context(), cfg.Kafka, []kafka.TopicSpec{compressed}); err != nil {
			t.Fatal(err)
		}
	}
	b.client.AddConsumeTopics(kinds...)
	run(t, cfg, spec, processors.Deps{Log: testLog(t)})
	const n = 40
	b.put(4, inputs("in", 0, n)...)
	for _, kind := range kinds {
		check := func(by string, key, value []byte) {
			t.Helper()
			if want := "beside " + string(key); string(value) != want && !bytes.Equal(value, text(string(key))) {
				t.Errorf("%s: %s reads %d other bytes of number %s", kind, by, len(value), key)
			}
		}
		// Some may be there twice: what is not acknowledged in time is sent again.
		records := b.until(kind, func(rs []*kgo.Record) bool { return len(rs) >= 2*n && len(keysOf(rs)) == n })
		for _, r := range records {
			check("franz-go", r.Key, r.Value)
		}
		for _, m := range readBySarama(t, cfg.Kafka, kind, 2*n) {
			check("sarama", m.Key, m.Value)
			if len(m.Value) > 100 && (len(m.Headers) != 1 || string(m.Headers[0].Value) != "of "+string(m.Key)) {
				t.Errorf("%s: number %s has other headers", kind, m.Key)
			}
		}
	}
	if letters := b.records("dead"); len(letters) > 0 {
		t.Errorf("%d records became dead letters: %q", len(letters), letters[0].Headers)
	}
}

// emptyFrame compresses everything to nothing, as the producer does with records that it
// cannot read.
type emptyFrame struct{}

func (emptyFrame) Compress(*bytes.Buffer, []byte, ...kgo.CompressFlag) ([]byte, kgo.CompressionCodecType) {
	return packed.EmptyFrame(), kgo.CodecLz4
}

func TestBrokersRefuseAnEmptyFrame(t *testing.T) {
	realOnly(t)
	b := startBroker(t, "out")
	opts, err := franz.Options(b.config("").Kafka, kafka.NewDialer())
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(append(opts, kgo.WithCompressor(emptyFrame{}))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	err = franz.Error(client.ProduceSync(t.Context(), &kgo.Record{Topic: "out", Value: make([]byte, 100)}).FirstErr())
	if kafka.Classify(err) != kafka.RecordPermanent {
		t.Errorf("error %v, want the broker to refuse the record", err)
	}
}

// readBySarama reads the first n records of a topic of one partition.
func readBySarama(t *testing.T, cfg kafka.Config, topic string, n int) (all []*sarama.ConsumerMessage) {
	t.Helper()
	sc, err := cfg.Sarama()
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := sarama.NewConsumer(cfg.Brokers, sc)
	if err != nil {
		t.Fatal(err)
	}
	defer consumer.Close()
	partition, err := consumer.ConsumePartition(topic, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer partition.Close()
	deadline := time.After(patience)
	for len(all) < n {
		select {
		case m := <-partition.Messages():
			all = append(all, m)
		case <-deadline:
			t.Fatalf("%s: sarama reads %d records of %d", topic, len(all), n)
		}
	}
	return all
}
