package consume

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/schemas/topic"
)

const (
	// calm is the shortest time between two changes of the list, because each costs
	// the group a rebalance. Topics that appear within it are taken up together.
	calm = time.Second
	// pollShare bounds what asking costs in a cluster of very many topics: it may
	// take one part in so many of the time.
	pollShare = 20
)

// topics knows which app topics there are, and of how many partitions. The group's own
// client would notice a partition that is added a minute later.
type topics struct {
	cfg Config
	log *slog.Logger

	mu      sync.Mutex
	sizes   []sized
	changed context.Context // ends when they change
	change  context.CancelFunc
}

// sized is a topic and how many partitions it has.
type sized struct {
	name       string
	partitions int
}

func newTopics(cfg Config, log *slog.Logger) *topics {
	t := &topics{cfg: cfg, log: log}
	t.changed, t.change = context.WithCancel(context.Background())
	return t
}

// wait returns the names, and a context that ends when they or their partitions change. It
// waits until there are any and fails only when ctx ends.
func (t *topics) wait(ctx context.Context) ([]string, context.Context, error) {
	for {
		t.mu.Lock()
		sizes, changed := t.sizes, t.changed
		t.mu.Unlock()
		if len(sizes) > 0 {
			names := make([]string, len(sizes))
			for i := range sizes {
				names[i] = sizes[i].name
			}
			return names, changed, ctx.Err()
		}
		select {
		case <-changed.Done():
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

func (t *topics) set(sizes []sized) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sizes = sizes
	t.change()
	t.changed, t.change = context.WithCancel(context.Background())
}

// follow asks for the topics until ctx ends.
func (t *topics) follow(ctx context.Context, answered func()) {
	for try := 0; ctx.Err() == nil; try++ {
		err := t.poll(ctx, func() { try = 0; answered() })
		if err != nil && ctx.Err() == nil {
			t.log.Warn("list of topics, asking again", "error", t.cfg.Kafka.Explain(ctx, err))
			pause(ctx, try)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.change() // frees the context; nobody waits any more
}

// poll asks through one client until it fails or ctx ends.
func (t *topics) poll(ctx context.Context, answered func()) error {
	sc, err := t.cfg.Kafka.Sarama()
	if err != nil {
		return err
	}
	sc.Metadata.RefreshFrequency = 0 // we ask by ourselves
	dialer := kafka.NewDialer()
	dialer.Use(sc)
	defer context.AfterFunc(ctx, dialer.Kill)() // nothing here is worth waiting for
	client, err := sarama.NewClient(t.cfg.Kafka.Brokers, sc)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }() // it is broken or no longer needed
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		start := time.Now()
		next := t.cfg.PollTopics
		sizes, err := list(client)
		if err != nil {
			return err
		}
		answered()
		if !slices.Equal(sizes, t.sizes) { // only this goroutine sets them
			t.set(sizes)
			t.log.Info("app topics", "count", len(sizes))
			next = max(next, calm)
		}
		timer.Reset(max(next, pollShare*time.Since(start)))
	}
}

func list(client sarama.Client) ([]sized, error) {
	if err := client.RefreshMetadata(); err != nil {
		return nil, err
	}
	all, err := client.Topics()
	if err != nil {
		return nil, err
	}
	slices.Sort(all)
	sizes := make([]sized, 0, len(all))
	for _, name := range all {
		if _, ok := topic.AppOf(name); !ok {
			continue
		}
		partitions, err := client.Partitions(name) // as just asked for
		if errors.Is(err, sarama.ErrUnknownTopicOrPartition) {
			continue // it was deleted since
		}
		if err != nil {
			return nil, err
		}
		sizes = append(sizes, sized{name, len(partitions)})
	}
	return sizes, nil
}
