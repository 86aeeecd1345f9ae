package indexer

import (
	"context"
	"fmt"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/schemas/topic"
)

const topicGroup = topic.GroupIndexer

// Indexer is one member of the indexers' consumer group.
type Indexer struct {
	cfg   Config
	deps  Deps
	store *elastictransport.Client
	ready chan struct{}
}

// New checks the configuration and starts nothing.
func New(cfg Config, deps Deps) (*Indexer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("indexer: %w", err)
	}
	store, err := elastic.New(cfg.Elastic)
	if err != nil {
		return nil, fmt.Errorf("indexer: %w", err)
	}
	return &Indexer{cfg: cfg, deps: deps.withDefaults(), store: store, ready: make(chan struct{})}, nil
}

// Ready is closed when the store has taken the index template and Kafka has
// answered: from then on events flow.
func (x *Indexer) Ready() <-chan struct{} { return x.ready }

// Run indexes until ctx ends and returns nil then. It is called once.
func (x *Indexer) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
