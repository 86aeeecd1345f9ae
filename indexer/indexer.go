package indexer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/indexer/internal/consume"
	"github.com/millrace/millrace/indexer/internal/letters"
	"github.com/millrace/millrace/indexer/internal/load"
	"github.com/millrace/millrace/indexer/internal/meter"
	"github.com/millrace/millrace/indexer/internal/store"
	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/kafka"
)

// flushTime is how long a stop waits for Kafka to take the last dead letters.
const flushTime = 2 * time.Second

// Indexer is one member of the indexers' consumer group.
type Indexer struct {
	cfg    Config
	deps   Deps
	client *elastic.Client
	store  *store.Store
	meter  *meter.Meter
	ready  chan struct{}
	// installed is told after the template was looked after here.
	installed chan struct{}
}

// New checks the configuration, registers the metrics and starts nothing.
func New(cfg Config, deps Deps) (*Indexer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("indexer: %w", err)
	}
	client, err := elastic.New(cfg.Elastic)
	if err != nil {
		return nil, fmt.Errorf("indexer: %w", err)
	}
	return &Indexer{
		cfg: cfg, deps: deps.withDefaults(), client: client,
		store: store.New(client, cfg.gzipLevel(), cfg.RequestTimeout),
		meter: meter.New(deps.Registry),
		ready: make(chan struct{}), installed: make(chan struct{}, 1),
	}, nil
}

// Ready is closed when the store has taken the index template and Kafka has
// answered: from then on events flow.
func (x *Indexer) Ready() <-chan struct{} { return x.ready }

// Run indexes until ctx ends and returns nil then. It is called once.
//
//	Kafka ──► consume ──Take──► load ──► store
//	             ▲                │  └──► letters ──► Kafka
//	             └───── Settled ──┘
//
// What is downstream ends last: partitions that are given back settle through a
// loader that still runs.
func (x *Indexer) Run(ctx context.Context) (err error) {
	var keeping sync.WaitGroup
	defer func() { err = errors.Join(err, x.client.Close(context.WithoutCancel(ctx))) }()
	defer keeping.Wait()
	keeping.Go(func() { x.deps.Lead(ctx, x.upkeep) }) // ended by ctx
	if x.awaitTemplate(ctx) != nil {
		return nil // ctx has ended
	}
	dialer := kafka.NewDialer()
	writer := letters.NewWriter(x.cfg.Kafka, dialer)
	loader := load.New(load.Config{
		FlushBytes: x.cfg.FlushBytes, FlushEvery: x.cfg.FlushEvery, InFlight: x.cfg.InFlight,
		Budget: x.cfg.BudgetBytes,
	}, x.store, writer, x.meter, x.deps.Log, x.deps.Now)
	consumer := consume.New(consume.Config{
		Kafka: x.cfg.Kafka, Group: x.cfg.Group, PollTopics: x.cfg.PollTopics, SessionTimeout: x.cfg.SessionTimeout,
	}, loader, x.meter, x.deps.Log)
	x.registerLag(consumer)

	downstream, end := context.WithCancel(context.WithoutCancel(ctx))
	var g errgroup.Group
	g.Go(func() error { return loader.Run(downstream) })
	g.Go(func() error {
		err := consumer.Run(ctx, sync.OnceFunc(func() { close(x.ready) }))
		end()
		time.AfterFunc(flushTime, dialer.Kill) // a letter must not hold up the stop
		return err
	})
	err = g.Wait()
	if e := writer.Close(); e != nil && kafka.Classify(e) != kafka.ShuttingDown {
		err = errors.Join(err, e)
	}
	return err
}

func (x *Indexer) registerLag(c *consume.Consumer) {
	x.meter.Lag(x.deps.Registry,
		func() float64 { n, _ := c.Lag(); return float64(n) },
		func() float64 { _, age := c.Lag(); return age.Seconds() })
}
