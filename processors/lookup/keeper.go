package lookup

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/processors/pipeline/geo"
	"github.com/millrace/millrace/processors/pipeline/step"
	"github.com/millrace/millrace/processors/pipeline/table"
)

// Keeper keeps tables and databases fresh. It is the pipeline's Data, and safe for concurrent use.
type Keeper struct {
	cfg    Config
	kafka  kafka.Config
	log    *slog.Logger
	places atomic.Pointer[geo.Set]
	tables map[string]*slot // does not change
}

// slot holds the newest copy of one table, nil before the first.
type slot struct {
	held  atomic.Pointer[table.Table]
	topic *topicTable // in place of it: a topic
}

// New makes a keeper. Nothing is read before Run.
func New(cfg Config, kafkaCfg kafka.Config, log *slog.Logger) *Keeper {
	if cfg.CheckEvery == 0 {
		cfg.CheckEvery = DefaultCheck
	}
	k := &Keeper{cfg: cfg, kafka: kafkaCfg, log: obs.Component(log, "lookup"), tables: map[string]*slot{}}
	for name, t := range cfg.Tables {
		s := &slot{}
		if t.Topic != "" {
			s.topic = newTopicTable(kafkaCfg, t.Topic, k.log)
		}
		k.tables[name] = s
	}
	return k
}

// Geo returns the databases of places, nil before they were read.
func (k *Keeper) Geo() *geo.Set { return k.places.Load() }

// Table returns the newest copy of a table, nil if there is none, or none yet.
func (k *Keeper) Table(name string) step.Table {
	s := k.tables[name]
	switch {
	case s == nil:
		return nil
	case s.topic != nil:
		if !s.topic.ready() {
			return nil
		}
		return s.topic
	}
	if t := s.held.Load(); t != nil {
		return t
	}
	return nil
}

// Run keeps everything fresh until ctx ends; then it returns nil.
func (k *Keeper) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	if len(k.cfg.Geo) > 0 || k.cfg.GeoDir != "" {
		group.Go(func() error { return k.every(ctx, k.cfg.CheckEvery, k.readGeo()) })
	}
	for name, t := range k.cfg.Tables {
		s, log := k.tables[name], k.log.With("table", name)
		switch {
		case s.topic != nil:
			group.Go(func() error { return s.topic.view.Run(ctx) })
		case t.File != "":
			group.Go(func() error { return k.every(ctx, k.cfg.CheckEvery, s.readFile(t, log)) })
		default:
			query := newQuery(t, log)
			group.Go(func() error {
				defer query.close()
				return k.every(ctx, query.every, s.readSQL(query, log))
			})
		}
	}
	return group.Wait()
}

// every calls f at once and then on a timer until ctx ends.
func (k *Keeper) every(ctx context.Context, pause time.Duration, f func(context.Context)) error {
	timer := time.NewTicker(pause)
	defer timer.Stop()
	for {
		f(ctx)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil
		}
	}
}
