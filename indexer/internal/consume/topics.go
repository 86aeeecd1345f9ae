package consume

import (
	"context"
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

// topics knows which app topics there are.
type topics struct {
	cfg Config
	log *slog.Logger

	mu      sync.Mutex
	names   []string
	changed context.Context // ends when names change
	change  context.CancelFunc
}

func newTopics(cfg Config, log *slog.Logger) *topics {
	t := &topics{cfg: cfg, log: log}
	t.changed, t.change = context.WithCancel(context.Background())
	return t
}

// wait returns the names, and a context that ends when they change. It waits until
// there are any and fails only when ctx ends.
func (t *topics) wait(ctx context.Context) ([]string, context.Context, error) {
	for {
		t.mu.Lock()
		names, changed := t.names, t.changed
		t.mu.Unlock()
		if len(names) > 0 {
			return names, changed, ctx.Err()
		}
		select {
		case <-changed.Done():
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

func (t *topics) set(names []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.names = names
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
		names, err := list(client)
		if err != nil {
			return err
		}
		answered()
		if !slices.Equal(names, t.names) { // only this goroutine sets them
			t.set(names)
			t.log.Info("app topics", "count", len(names))
			next = max(next, calm)
		}
		timer.Reset(max(next, pollShare*time.Since(start)))
	}
}

func list(client sarama.Client) ([]string, error) {
	if err := client.RefreshMetadata(); err != nil {
		return nil, err
	}
	all, err := client.Topics()
	if err != nil {
		return nil, err
	}
	names := all[:0]
	for _, name := range all {
		if _, ok := topic.AppOf(name); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}
