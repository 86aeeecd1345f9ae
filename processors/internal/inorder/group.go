package inorder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

const (
	// Grace is what the emits of an ending session get to be written. With the sockets
	// killed half a second later a stop takes less than five seconds.
	Grace = 4 * time.Second

	minPause = 100 * time.Millisecond
	maxPause = 2 * time.Second
)

// Emits is the producer, as far as sessions are concerned with it.
type Emits interface {
	Open(ctx context.Context) error // before each session
	Abort()                         // gives up what is under way
}

// Config is what a Group needs.
type Config struct {
	Brokers []string
	Group   string
	Sarama  *sarama.Config // its own copy; reads errors, joins slowly (see the caller)
	Emits   Emits
	Log     *slog.Logger
	Depth   func(delta int)                         // records within windows; nil for nobody
	Session func(generation int32)                  // called at each session's start; nil for nobody
	Ready   func() error                            // called when goka has read the session's tables to their end; nil for nobody
	Lost    func()                                  // called at the end of one that has lost its partitions; nil for nobody
	Gap     func(topic string, p int32, lost int64) // records that retention took before we read them; nil for nobody
}

// Group is the consumer group that goka gets. Unlike sarama's its Consume goes on
// from session to session by itself, because goka sleeps 5 s after each; and it
// returns only for good.
type Group struct {
	cfg    Config
	client sarama.Client
	inner  sarama.ConsumerGroup
	gaps   gaps
	closed chan struct{}
	drain  chan struct{} // closed when the reader of errors has ended

	mu      sync.Mutex
	current *handler
	cancel  context.CancelFunc // ends the current session
}

// Open joins no group yet, but connects.
func Open(cfg Config) (*Group, error) {
	if cfg.Depth == nil {
		cfg.Depth = func(int) {}
	}
	if cfg.Session == nil {
		cfg.Session = func(int32) {}
	}
	if cfg.Ready == nil {
		cfg.Ready = func() error { return nil }
	}
	if cfg.Lost == nil {
		cfg.Lost = func() {}
	}
	if cfg.Gap == nil {
		cfg.Gap = func(string, int32, int64) {}
	}
	client, err := sarama.NewClient(cfg.Brokers, cfg.Sarama)
	if err != nil {
		return nil, fmt.Errorf("group %s: %w", cfg.Group, err)
	}
	inner, err := sarama.NewConsumerGroupFromClient(cfg.Group, client)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("group %s: %w", cfg.Group, err), client.Close())
	}
	g := &Group{cfg: cfg, client: client, inner: inner, closed: make(chan struct{}), drain: make(chan struct{})}
	g.gaps.cfg, g.gaps.client = cfg, client
	go g.readErrors()
	return g, nil
}

// Consume runs sessions until ctx ends or Close is called, and returns nil then. It
// returns an error when goka cannot go on: its Setup or Cleanup failed.
func (g *Group) Consume(ctx context.Context, topics []string, goka sarama.ConsumerGroupHandler) error {
	pause := minPause
	for {
		began := time.Now()
		failed, err := g.session(ctx, topics, goka)
		switch {
		case g.over(ctx):
			return nil
		case failed != nil:
			return failed
		case err == nil && time.Since(began) > maxPause:
			pause = minPause
			continue
		case err != nil && pause == maxPause:
			g.cfg.Log.Warn("no session with the group, trying on", "error", err)
		}
		select {
		case <-time.After(pause/2 + rand.N(pause/2)):
		case <-ctx.Done():
		case <-g.closed:
		}
		pause = min(2*pause, maxPause)
	}
}

// session joins the group and consumes until the session ends. The first error is
// goka's, the second is Kafka's.
func (g *Group) session(ctx context.Context, topics []string, goka sarama.ConsumerGroupHandler) (failed, err error) {
	if err := g.cfg.Emits.Open(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h := &handler{
		goka: goka, emits: g.cfg.Emits, grace: Grace,
		began: g.cfg.Session, ready: g.cfg.Ready, lost: g.cfg.Lost, depth: g.cfg.Depth, repair: g.gaps.repair,
	}
	g.mu.Lock()
	g.current, g.cancel = h, cancel
	g.mu.Unlock()
	err = g.inner.Consume(ctx, topics, h)
	return h.failure(), err
}

// Abandon gives a delivered record back: its partition commits nothing more in this
// session, and the session ends soon, so that the record is delivered again.
func (g *Group) Abandon(topic string, partition int32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.current != nil {
		g.current.freeze(place{topic, partition})
		g.cancel()
	}
}

// Headers are those of a record that was delivered, as they came: goka makes a map of them
// for each record. It gives them once; nil means that there are none, or that only goka has
// them.
func (g *Group) Headers(topic string, partition int32, offset int64) []*sarama.RecordHeader {
	g.mu.Lock()
	h := g.current
	g.mu.Unlock()
	if h == nil {
		return nil
	}
	if w := h.window(place{topic, partition}); w != nil {
		return w.take(offset)
	}
	return nil
}

func (g *Group) over(ctx context.Context) bool {
	select {
	case <-g.closed:
		return true
	default:
		return ctx.Err() != nil
	}
}

// readErrors ends when the inner group is closed.
func (g *Group) readErrors() {
	defer close(g.drain)
	for err := range g.inner.Errors() {
		g.cfg.Log.Debug("consumer group", "error", err)
		if ce := (*sarama.ConsumerError)(nil); errors.As(err, &ce) && errors.Is(err, sarama.ErrOffsetOutOfRange) {
			g.gaps.note(place{ce.Topic, ce.Partition})
		}
	}
}

// Errors is nil: goka would only log them, and does nothing else with them.
func (g *Group) Errors() <-chan error { return nil }

// Close leaves the group. Consume must have returned or return soon.
func (g *Group) Close() error {
	close(g.closed)
	err := g.inner.Close()
	<-g.drain
	return errors.Join(err, g.client.Close())
}

// Pause implements sarama.ConsumerGroup.
func (g *Group) Pause(partitions map[string][]int32) { g.inner.Pause(partitions) }

// Resume implements sarama.ConsumerGroup.
func (g *Group) Resume(partitions map[string][]int32) { g.inner.Resume(partitions) }

// PauseAll implements sarama.ConsumerGroup.
func (g *Group) PauseAll() { g.inner.PauseAll() }

// ResumeAll implements sarama.ConsumerGroup.
func (g *Group) ResumeAll() { g.inner.ResumeAll() }
