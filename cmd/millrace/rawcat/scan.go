package rawcat

import (
	"context"
	"fmt"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/internal/kafka"
)

// scan calls take for every record of a topic, see kafka.Scan.
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
	return kafka.Scan(ctx, client, name, func(m *sarama.ConsumerMessage) error { return take(m.Value, headerOf(m)) })
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
