package kafka

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"
)

func TestScan(t *testing.T) {
	cfg := startKafka(t, kfake.SeedTopics(2, "full"), kfake.SeedTopics(3, "empty"))
	conf, err := cfg.Sarama()
	if err != nil {
		t.Fatal(err)
	}
	conf.Producer.Partitioner = sarama.NewManualPartitioner
	client, err := sarama.NewClient(cfg.Brokers, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	producer, err := sarama.NewSyncProducerFromClient(client)
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	for n := range 6 {
		_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: "full", Partition: int32(n % 2), Value: sarama.StringEncoder(fmt.Sprint(n))})
		if err != nil {
			t.Fatal(err)
		}
	}
	scan := func(topic string, until string) (got []string, err error) {
		err = Scan(t.Context(), client, topic, func(m *sarama.ConsumerMessage) error {
			got = append(got, string(m.Value))
			if string(m.Value) == until {
				return errEnough
			}
			return nil
		})
		return got, err
	}
	t.Run("reads every record, partition by partition", func(t *testing.T) {
		if got, err := scan("full", ""); err != nil || !slices.Equal(got, []string{"0", "2", "4", "1", "3", "5"}) {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("ends with the first error", func(t *testing.T) {
		if got, err := scan("full", "2"); !errors.Is(err, errEnough) || !slices.Equal(got, []string{"0", "2"}) {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("does not wait for what is empty", func(t *testing.T) {
		if got, err := scan("empty", ""); err != nil || len(got) != 0 {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("tells of a topic that is not there", func(t *testing.T) {
		if _, err := scan("none", ""); !errors.Is(err, sarama.ErrUnknownTopicOrPartition) {
			t.Errorf("got %v", err)
		}
	})
}

var errEnough = errors.New("enough")
