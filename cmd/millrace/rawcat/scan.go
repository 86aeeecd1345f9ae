package rawcat

import (
	"context"
	"fmt"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/internal/kafka"
)

// scan calls take for every record of a topic, partition by partition, from the
// oldest to what is the newest when the partition is opened.
func scan(ctx context.Context, cfg kafka.Config, name string, take func(value []byte, header func(string) []byte) error) error {
	if err := cfg.Validate(); err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	conf, err := cfg.Sarama()
	if err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	client, err := sarama.NewClient(cfg.Brokers, conf)
	if err != nil {
		return fmt.Errorf("kafka %v: %w", cfg.Brokers, err)
	}
	defer client.Close()
	consumer, err := sarama.NewConsumerFromClient(client)
	if err != nil {
		return err
	}
	defer consumer.Close()
	partitions, err := client.Partitions(name)
	if err != nil {
		return fmt.Errorf("topic %s: %w", name, err)
	}
	for _, p := range partitions {
		if err := scanPartition(ctx, client, consumer, name, p, take); err != nil {
			return fmt.Errorf("topic %s, partition %d: %w", name, p, err)
		}
	}
	return nil
}

func scanPartition(ctx context.Context, client sarama.Client, consumer sarama.Consumer, name string, partition int32,
	take func(value []byte, header func(string) []byte) error,
) error {
	begin, err := client.GetOffset(name, partition, sarama.OffsetOldest)
	if err != nil {
		return err
	}
	end, err := client.GetOffset(name, partition, sarama.OffsetNewest)
	if err != nil || begin >= end {
		return err
	}
	pc, err := consumer.ConsumePartition(name, partition, begin)
	if err != nil {
		return err
	}
	defer pc.Close()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-pc.Errors():
			return err
		case m := <-pc.Messages():
			if err := take(m.Value, headerOf(m)); err != nil {
				return err
			}
			// Offsets have gaps where a transaction or compaction left them.
			if m.Offset >= end-1 || pc.HighWaterMarkOffset() <= m.Offset+1 {
				return nil
			}
		}
	}
}

func headerOf(m *sarama.ConsumerMessage) func(string) []byte {
	return func(name string) []byte {
		for _, h := range m.Headers {
			if string(h.Key) == name {
				return h.Value
			}
		}
		return nil
	}
}
