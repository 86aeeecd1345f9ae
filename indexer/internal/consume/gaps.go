package consume

import (
	"fmt"
	"sync"

	"github.com/IBM/sarama"
)

// gaps remembers partitions whose committed offset Kafka does not have any more:
// the records were deleted before we read them, or the topic was made anew. The zero
// gaps is ready.
type gaps struct {
	mu       sync.Mutex
	suspects map[string]map[int32]struct{}
}

func (g *gaps) suspect(topic string, partition int32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.suspects == nil {
		g.suspects = map[string]map[int32]struct{}{}
	}
	if g.suspects[topic] == nil {
		g.suspects[topic] = map[int32]struct{}{}
	}
	g.suspects[topic][partition] = struct{}{}
}

// take removes and returns the suspects among the given partitions of a topic.
func (g *gaps) take(topic string, partitions []int32) []int32 {
	g.mu.Lock()
	defer g.mu.Unlock()
	var found []int32
	for _, p := range partitions {
		if _, ok := g.suspects[topic][p]; ok {
			delete(g.suspects[topic], p)
			found = append(found, p)
		}
	}
	return found
}

// heal moves the offsets of suspect partitions to the oldest record that there is,
// and says how many are missing. It runs before the session reads.
func (c *Consumer) heal(s sarama.ConsumerGroupSession, client sarama.Client) error {
	for topic, partitions := range s.Claims() {
		for _, p := range c.gaps.take(topic, partitions) {
			oldest, err := client.GetOffset(topic, p, sarama.OffsetOldest)
			if err != nil {
				c.gaps.suspect(topic, p)
				return fmt.Errorf("oldest offset of %s/%d: %w", topic, p, err)
			}
			c.record(client, topic, p, oldest)
			s.MarkOffset(topic, p, oldest, "")  // forward, over what was deleted
			s.ResetOffset(topic, p, oldest, "") // or back, into a topic made anew
		}
	}
	return nil
}

// record logs and counts a gap. Not knowing its size is no reason to stop.
func (c *Consumer) record(client sarama.Client, topic string, partition int32, oldest int64) {
	committed := int64(-1)
	if admin, err := sarama.NewClusterAdminFromClient(client); err == nil {
		res, err := admin.ListConsumerGroupOffsets(c.cfg.Group, map[string][]int32{topic: {partition}})
		if err == nil {
			if b := res.GetBlock(topic, partition); b != nil {
				committed = b.Offset
			}
		}
	}
	if committed >= 0 && committed < oldest {
		c.meter.Gap.Add(float64(oldest - committed))
	}
	c.log.Error("records are gone from Kafka that were never read", "topic", topic, "partition", partition,
		"committed", committed, "oldest", oldest)
}
