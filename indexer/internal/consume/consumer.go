package consume

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/indexer/internal/load"
	"github.com/millrace/millrace/indexer/internal/meter"
	"github.com/millrace/millrace/internal/kafka"
)

const (
	// drainTime is how long a partition that is taken away waits for what is in
	// flight. It is well below the rebalance timeout and the stop's own limit.
	drainTime = 4 * time.Second
	// stopTime is when a stop cuts the connections to Kafka: after drainTime, and
	// time to commit and to leave the group.
	stopTime = 7 * time.Second
	// rebalanceTimeout is how long the group waits for members to join again.
	rebalanceTimeout = 15 * time.Second
	// readTimeout must be above rebalanceTimeout: joining is one request that is
	// answered when the last member has joined.
	readTimeout = rebalanceTimeout + 10*time.Second
	// heartbeat is how soon members learn that they must join again.
	heartbeat = 500 * time.Millisecond
	// fetchBytes and the channel's length bound what the client holds beside the
	// budget: one fetch for each partition that waits.
	fetchBytes    = 256 << 10
	channelLength = 1
	// firstWait and longestWait bound the pause before joining again after an error.
	firstWait   = 100 * time.Millisecond
	longestWait = 3 * time.Second
	// shortLife is when a session or a client counts as broken from the start.
	shortLife = 2 * time.Second
)

// Sink is where records go; see load.Loader.
type Sink interface {
	Take(ctx context.Context, w load.Work) error
	Kick()
	Paused(topic string) bool
}

// Config is the part of the indexer's configuration that a Consumer needs.
type Config struct {
	Kafka          kafka.Config
	Group          string
	PollTopics     time.Duration
	SessionTimeout time.Duration
}

// Consumer is one member of the group.
type Consumer struct {
	cfg     Config
	sink    Sink
	meter   *meter.Meter
	log     *slog.Logger
	decoder *bulk.Decoder
	topics  *topics
	gaps    gaps

	mu     sync.Mutex
	claims map[*claim]struct{} // of the present session
}

// New makes a Consumer and starts nothing.
func New(cfg Config, sink Sink, m *meter.Meter, log *slog.Logger) *Consumer {
	return &Consumer{
		cfg: cfg, sink: sink, meter: m, log: log,
		decoder: bulk.NewDecoder(), topics: newTopics(cfg, log), claims: map[*claim]struct{}{},
	}
}

// Lag is how many records of our partitions are not read, and the age of the oldest
// that is read and not settled.
func (c *Consumer) Lag() (records int64, age time.Duration) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for cl := range c.claims {
		n, a := cl.lag(now)
		records += n
		age = max(age, a)
	}
	return records, age
}

// Run consumes until ctx ends. Answered is called when Kafka has first answered.
func (c *Consumer) Run(ctx context.Context, answered func()) error {
	var g errgroup.Group
	g.Go(func() error { c.topics.follow(ctx, answered); return nil })
	g.Go(func() error { c.consume(ctx); return nil })
	return g.Wait()
}

// consume keeps a group client and begins again with a new one when it breaks.
func (c *Consumer) consume(ctx context.Context) {
	for try := 0; ctx.Err() == nil; try++ {
		start := time.Now()
		err := c.member(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if time.Since(start) > shortLife {
			try = 0
		}
		c.log.Warn("consumer group, joining again", "error", c.cfg.Kafka.Explain(ctx, err))
		pause(ctx, try)
	}
}

// member is the life of one group client.
func (c *Consumer) member(ctx context.Context) (err error) {
	sc, err := c.config()
	if err != nil {
		return err
	}
	dialer := kafka.NewDialer()
	dialer.Use(sc)
	// The timer of a stop; nothing else interrupts a request to a silent broker.
	defer context.AfterFunc(ctx, func() { time.AfterFunc(stopTime, dialer.Kill) })()
	client, err := sarama.NewClient(c.cfg.Kafka.Brokers, sc)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, ignoreClosed(client.Close())) }()
	group, err := sarama.NewConsumerGroupFromClient(c.cfg.Group, client)
	if err != nil {
		return fmt.Errorf("consumer group: %w", err)
	}
	noted := make(chan struct{})
	go func() { // ends when the group is closed
		defer close(noted)
		for err := range group.Errors() {
			c.note(err)
		}
	}()
	defer func() {
		err = errors.Join(err, ignoreClosed(group.Close()))
		<-noted
	}()
	for short := 0; ctx.Err() == nil; short++ {
		start := time.Now()
		if err := c.session(ctx, group, client); err != nil {
			return err
		}
		if time.Since(start) > shortLife {
			short = 0
		} else if short > 0 { // one is a rebalance, more are trouble
			pause(ctx, short)
		}
	}
	return nil
}

// session joins the group with the topics that there are and consumes until the
// topics change, the group is rebalanced or ctx ends.
func (c *Consumer) session(ctx context.Context, group sarama.ConsumerGroup, client sarama.Client) error {
	names, changed, err := c.topics.wait(ctx)
	if err != nil {
		return nil // ctx has ended
	}
	sctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(changed, cancel)()
	err = group.Consume(sctx, names, &handler{c, client})
	if err != nil && sctx.Err() == nil {
		return fmt.Errorf("consume: %w", err)
	}
	return nil
}

func (c *Consumer) config() (*sarama.Config, error) {
	sc, err := c.cfg.Kafka.Sarama()
	if err != nil {
		return nil, err
	}
	sc.Net.ReadTimeout = readTimeout
	sc.ChannelBufferSize = channelLength
	sc.Consumer.Fetch.Default = fetchBytes
	sc.Consumer.Group.Session.Timeout = c.cfg.SessionTimeout
	sc.Consumer.Group.Heartbeat.Interval = heartbeat
	sc.Consumer.Group.Rebalance.Timeout = rebalanceTimeout
	sc.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{sarama.NewBalanceStrategyRoundRobin()}
	return sc, nil
}

// note keeps what the client reports: a lag beyond Kafka's retention is healed by
// the next session, the rest the client cures by itself.
func (c *Consumer) note(err error) {
	var ce *sarama.ConsumerError
	if errors.As(err, &ce) && errors.Is(err, sarama.ErrOffsetOutOfRange) {
		c.gaps.suspect(ce.Topic, ce.Partition)
		return
	}
	c.log.Debug("consumer group", "error", err)
}

func (c *Consumer) enter(cl *claim) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.claims[cl] = struct{}{}
}

func (c *Consumer) exit(cl *claim) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.claims, cl)
}

// handler is what sarama calls during one session.
type handler struct {
	*Consumer
	client sarama.Client
}

// Setup implements sarama.ConsumerGroupHandler.
func (h *handler) Setup(s sarama.ConsumerGroupSession) error { return h.heal(s, h.client) }

// Cleanup implements sarama.ConsumerGroupHandler.
func (*handler) Cleanup(sarama.ConsumerGroupSession) error { return nil }

// ConsumeClaim implements sarama.ConsumerGroupHandler.
func (h *handler) ConsumeClaim(s sarama.ConsumerGroupSession, sc sarama.ConsumerGroupClaim) error {
	cl := &claim{
		Consumer: h.Consumer, session: s, ConsumerGroupClaim: sc,
		read: map[int64]time.Time{}, next: sc.InitialOffset(),
	}
	h.enter(cl)
	defer h.exit(cl)
	cl.run()
	return nil
}

// pause waits before try number try; it ends early with ctx.
func pause(ctx context.Context, try int) {
	p := min(firstWait<<min(try, 10), longestWait)
	timer := time.NewTimer(p/2 + rand.N(p/2))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// ignoreClosed drops the errors of closing what broke already.
func ignoreClosed(err error) error {
	if kafka.Classify(err) == kafka.ShuttingDown {
		return nil
	}
	return err
}
