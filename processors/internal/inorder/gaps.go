package inorder

import (
	"fmt"
	"sync"

	"github.com/IBM/sarama"
)

// gaps deals with partitions whose next offset Kafka does not have (any more):
// retention overtook us, or the topic was made anew. Sarama would stop there for
// ever or jump silently. Here the loss is counted and told, and reading goes on at
// the oldest record there is.
type gaps struct {
	cfg    Config
	client sarama.Client

	mu    sync.Mutex
	noted map[place]struct{}
}

// note remembers a partition that the next session has to repair.
func (g *gaps) note(at place) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.noted == nil {
		g.noted = make(map[place]struct{})
	}
	g.noted[at] = struct{}{}
}

// repair moves the noted partitions of a session. It comes before the claims start.
func (g *gaps) repair(s sarama.ConsumerGroupSession) error {
	for topic, partitions := range s.Claims() {
		for _, p := range partitions {
			at := place{topic, p}
			g.mu.Lock()
			_, noted := g.noted[at]
			g.mu.Unlock()
			if !noted {
				continue
			}
			if err := g.move(s, at); err != nil {
				return err
			}
			g.mu.Lock()
			delete(g.noted, at)
			g.mu.Unlock()
		}
	}
	return nil
}

func (g *gaps) move(s sarama.ConsumerGroupSession, at place) error {
	oldest, err := g.client.GetOffset(at.topic, at.partition, sarama.OffsetOldest)
	if err != nil {
		return fmt.Errorf("oldest offset of %s/%d: %w", at.topic, at.partition, err)
	}
	committed, err := g.committed(at)
	if err != nil {
		return err
	}
	lost := oldest - committed
	g.cfg.Log.Error("records were gone before they were read", "topic", at.topic, "partition", at.partition,
		"committed", committed, "oldest", oldest, "lost", max(0, lost), "topic_made_anew", lost < 0)
	g.cfg.Gap(at.topic, at.partition, max(0, lost))
	s.ResetOffset(at.topic, at.partition, oldest, "") // only moves back
	s.MarkOffset(at.topic, at.partition, oldest, "")  // only moves on
	return nil
}

// committed is the group's offset, 0 if it has none.
func (g *gaps) committed(at place) (int64, error) {
	coordinator, err := g.client.Coordinator(g.cfg.Group)
	if err != nil {
		return 0, fmt.Errorf("coordinator of group %s: %w", g.cfg.Group, err)
	}
	req := sarama.NewOffsetFetchRequest(g.cfg.Sarama.Version, g.cfg.Group, map[string][]int32{at.topic: {at.partition}})
	offsets, err := coordinator.FetchOffset(req)
	if err != nil {
		return 0, fmt.Errorf("offsets of group %s: %w", g.cfg.Group, err)
	}
	block := offsets.GetBlock(at.topic, at.partition)
	if block == nil {
		return 0, nil
	}
	return max(0, block.Offset), nil
}
