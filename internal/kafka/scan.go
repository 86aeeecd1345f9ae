package kafka

import (
	"context"
	"fmt"

	"github.com/IBM/sarama"
)

// Scan calls visit for every record of a topic, partition by partition, from the
// oldest to what is the newest when the partition is opened. An error of visit ends it.
// Errors wrap sarama.ErrUnknownTopicOrPartition where there is no such topic.
func Scan(ctx context.Context, client sarama.Client, topic string, visit func(*sarama.ConsumerMessage) error) error {
	partitions, err := client.Partitions(topic)
	if err != nil {
		return fmt.Errorf("topic %s: %w", topic, err)
	}
	consumer, err := sarama.NewConsumerFromClient(client)
	if err != nil {
		return err
	}
	defer consumer.Close() // it was only read from
	for _, p := range partitions {
		if err := scanPartition(ctx, client, consumer, topic, p, visit); err != nil {
			return fmt.Errorf("topic %s, partition %d: %w", topic, p, err)
		}
	}
	return nil
}

func scanPartition(ctx context.Context, client sarama.Client, consumer sarama.Consumer, topic string, partition int32,
	visit func(*sarama.ConsumerMessage) error,
) error {
	begin, err := client.GetOffset(topic, partition, sarama.OffsetOldest)
	if err != nil {
		return err
	}
	end, err := client.GetOffset(topic, partition, sarama.OffsetNewest)
	if err != nil || begin >= end {
		return err
	}
	pc, err := consumer.ConsumePartition(topic, partition, begin)
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
			if err := visit(m); err != nil {
				return err
			}
			// Offsets have gaps where a transaction or compaction left them.
			if m.Offset >= end-1 || pc.HighWaterMarkOffset() <= m.Offset+1 {
				return nil
			}
		}
	}
}
