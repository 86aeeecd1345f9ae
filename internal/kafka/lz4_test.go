package kafka

import (
	"strings"
	"testing"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// contentChecksum is the bit of an lz4 frame's flags that announces a checksum of
// the content; the flags follow four bytes of magic.
const contentChecksum = 1 << 2

func TestRecordsAreCompressedWithoutASecondChecksum(t *testing.T) {
	var produced []byte
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		produced = r.(*kmsg.ProduceRequest).Topics[0].Partitions[0].Records
		return nil, nil, false
	})
	cfg, err := Config{Brokers: c.ListenAddrs()}.Sarama()
	if err != nil {
		t.Fatal(err)
	}
	producer, err := sarama.NewSyncProducer(c.ListenAddrs(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	value := strings.Repeat("line\n", 1000)
	if _, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: "t", Value: sarama.StringEncoder(value)}); err != nil {
		t.Fatal(err)
	}
	if err := producer.Close(); err != nil {
		t.Fatal(err)
	}
	const batchHeader = 61
	if len(produced) <= batchHeader+5 {
		t.Fatalf("the request held %d bytes", len(produced))
	}
	frame := produced[batchHeader:]
	if string(frame[:4]) != "\x04\x22\x4d\x18" {
		t.Fatalf("not an lz4 frame: %x", frame[:4])
	}
	if frame[4]&contentChecksum != 0 {
		t.Error("the frame has a checksum of its content")
	}
}
