package processors

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/processors/internal/heal"
	"github.com/millrace/millrace/schemas/topic"
)

// cluster answers what a processor and goka ask about topics, through one client.
// It is goka's topic manager and the source of its table consumers; goka's own
// manager leaks a client whenever the broker is away.
type cluster struct {
	client sarama.Client
	admin  sarama.ClusterAdmin
}

var _ goka.TopicManager = (*cluster)(nil)

func openCluster(brokers []string, cfg *sarama.Config) (*cluster, error) {
	client, err := sarama.NewClient(brokers, cfg)
	if err != nil {
		return nil, fmt.Errorf("processors: %w", err)
	}
	admin, err := sarama.NewClusterAdminFromClient(client)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("processors: %w", err), client.Close())
	}
	return &cluster{client: client, admin: admin}, nil
}

func (c *cluster) close() error { return c.client.Close() }

// manager is goka's builder of topic managers.
func (c *cluster) manager([]string) (goka.TopicManager, error) { return c, nil }

// consumer is goka's builder of table consumers.
func (c *cluster) consumer([]string, string) (sarama.Consumer, error) {
	return sarama.NewConsumerFromClient(c.client)
}

// prepare checks that the inputs and the dead-letter topic are there and makes the
// outputs and the table where they are missing.
func (c *cluster) prepare(ctx context.Context, cfg Config, spec Spec) error {
	want := slices.Clone(spec.Inputs)
	if spec.DeadLetter != "" {
		want = append(want, spec.DeadLetter)
	}
	n := 0
	for i, name := range want {
		partitions, err := c.Partitions(name)
		switch {
		case err != nil:
			return err
		case i == 0:
			n = len(partitions)
		case i < len(spec.Inputs) && len(partitions) != n:
			return fmt.Errorf("processors: %s: %w", spec.Group, odd(cfg.Kafka, name, len(partitions), n))
		}
	}
	replication, err := c.replication(cfg, spec)
	if err != nil {
		return err
	}
	var own []kafka.TopicSpec
	for _, name := range spec.Outputs {
		own = append(own, topicSpec(name, "delete", n, replication))
	}
	if spec.Table != nil {
		own = append(own, topicSpec(spec.TableTopic(), "compact", n, replication))
	}
	if len(own) == 0 {
		return nil
	}
	return kafka.EnsureTopics(ctx, cfg.Kafka, own)
}

// replication is that of the topics that a processor makes: what is read with care on
// three brokers is worth as much when it was counted, and one broker cannot do more.
func (c *cluster) replication(cfg Config, spec Spec) (int, error) {
	if cfg.Replication > 0 {
		return cfg.Replication, nil
	}
	replicas, err := c.client.Replicas(spec.Inputs[0], 0)
	if err != nil {
		return 0, fmt.Errorf("processors: topic %s: %w", spec.Inputs[0], err)
	}
	return len(replicas), nil
}

func topicSpec(name, cleanup string, partitions, replication int) kafka.TopicSpec {
	return kafka.TopicSpec{
		Name:        name,
		Partitions:  int32(partitions),
		Replication: int16(replication),
		Config: map[string]string{
			"cleanup.policy":    cleanup,
			"max.message.bytes": strconv.Itoa(topic.RecordLimit),
			// else the brokers' default, which one replica may not meet
			"min.insync.replicas": strconv.Itoa(max(1, replication-1)),
		},
	}
}

// lookup tells heal about a table's partition.
func (c *cluster) lookup(name string, partition int32) (heal.Topic, error) {
	topics, err := c.admin.DescribeTopics([]string{name})
	if err != nil {
		return heal.Topic{}, err
	}
	var t heal.Topic
	for _, m := range topics {
		if m.Name == name && m.Uuid != (sarama.Uuid{}) {
			t.ID = hex.EncodeToString(m.Uuid[:])
		}
	}
	t.Next, err = c.client.GetOffset(name, partition, sarama.OffsetNewest)
	return t, err
}

// Partitions implements goka.TopicManager.
func (c *cluster) Partitions(name string) ([]int32, error) {
	if err := c.client.RefreshMetadata(name); err != nil {
		return nil, fmt.Errorf("processors: topic %s: %w", name, err)
	}
	return c.client.Partitions(name)
}

// GetOffset implements goka.TopicManager.
func (c *cluster) GetOffset(name string, partition int32, time int64) (int64, error) {
	return c.client.GetOffset(name, partition, time)
}

// EnsureTableExists implements goka.TopicManager; prepare has done it.
func (c *cluster) EnsureTableExists(string, int) error { return nil }

// EnsureStreamExists implements goka.TopicManager; our graphs have no loops.
func (c *cluster) EnsureStreamExists(string, int) error { return nil }

// EnsureTopicExists implements goka.TopicManager; goka does not call it.
func (c *cluster) EnsureTopicExists(string, int, int, map[string]string) error { return nil }

// Close implements goka.TopicManager. Goka closes its manager more than once, and
// the cluster outlives it.
func (c *cluster) Close() error { return nil }
