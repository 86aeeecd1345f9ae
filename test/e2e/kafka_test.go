package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/settings"
	"github.com/millrace/millrace/schemas/deadletter"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/topic"
)

// kafkaConfig is how to reach the site's Kafka, from the file that Millrace wrote.
func kafkaConfig(t *testing.T, data string) kafka.Config {
	t.Helper()
	var c struct {
		Kafka kafka.Config `koanf:"kafka"`
	}
	src := settings.Source{File: filepath.Join(data, "servers.yaml")}
	if err := src.Load("agent", &c); err != nil {
		t.Fatal(err)
	}
	return c.Kafka
}

func client(t *testing.T, data string) sarama.Client {
	t.Helper()
	c := kafkaConfig(t, data)
	conf, err := c.Sarama()
	if err != nil {
		t.Fatal(err)
	}
	conf.Producer.Return.Successes = true
	cl, err := sarama.NewClient(c.Brokers, conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cl.Close() })
	return cl
}

// foreign writes records to the raw topic that no agent would write, and waits
// until each is among the dead letters with its cause.
func foreign(t *testing.T, s *site) {
	t.Helper()
	cl := client(t, s.data)
	producer, err := sarama.NewSyncProducerFromClient(cl)
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	header := func(value string) []sarama.RecordHeader {
		return []sarama.RecordHeader{{Key: []byte(record.Header), Value: []byte(value)}}
	}
	wild := []*sarama.ProducerMessage{
		{Topic: topic.Raw, Key: sarama.StringEncoder("\x00\xff wild\nkey"), Value: sarama.StringEncoder("a line")},
		{Topic: topic.Raw, Value: sarama.StringEncoder("no key")},
		{Topic: topic.Raw, Key: sarama.StringEncoder("e2e"), Value: sarama.StringEncoder("x"), Headers: header("garbage")},
		{Topic: topic.Raw, Key: sarama.StringEncoder("e2e")},
	}
	for _, m := range wild {
		if _, _, err := producer.SendMessage(m); err != nil {
			t.Fatal(err)
		}
	}
	causes := map[string]string{}
	eventually(t, 30*time.Second, func() error {
		for _, m := range readAll(t, cl, topic.DeadRaw) {
			headers := map[string]string{}
			for _, h := range m.Headers {
				headers[string(h.Key)] = string(h.Value)
			}
			causes[headers[deadletter.HeaderOrigin]] = headers[deadletter.HeaderCause]
		}
		if len(causes) != len(wild) {
			return fmt.Errorf("%d dead letters, want %d: %v", len(causes), len(wild), causes)
		}
		return nil
	})
	for origin, cause := range causes {
		if !strings.HasPrefix(origin, "raw/") || cause == "" {
			t.Errorf("dead letter of %q with cause %q", origin, cause)
		}
	}
}

// readAll reads a topic from its oldest record to what is its end now.
func readAll(t *testing.T, cl sarama.Client, name string) []*sarama.ConsumerMessage {
	t.Helper()
	partitions, err := cl.Partitions(name)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := sarama.NewConsumerFromClient(cl)
	if err != nil {
		t.Fatal(err)
	}
	defer consumer.Close()
	var all []*sarama.ConsumerMessage
	for _, p := range partitions {
		end, err := cl.GetOffset(name, p, sarama.OffsetNewest)
		if err != nil {
			t.Fatal(err)
		}
		begin, err := cl.GetOffset(name, p, sarama.OffsetOldest)
		if err != nil {
			t.Fatal(err)
		}
		if begin >= end {
			continue
		}
		pc, err := consumer.ConsumePartition(name, p, begin)
		if err != nil {
			t.Fatal(err)
		}
		for m := range pc.Messages() {
			all = append(all, m)
			if m.Offset >= end-1 {
				break
			}
		}
		if err := pc.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
