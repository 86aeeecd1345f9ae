package indexer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/problems"
	"github.com/millrace/millrace/schemas/topic"
)

// AutoGzip compresses bulk bodies unless every address of the store is loopback.
const AutoGzip = -1

// Config says how the indexer works. Start from Default.
type Config struct {
	Kafka   kafka.Config   `koanf:"kafka" yaml:"kafka"`
	Elastic elastic.Config `koanf:"elasticsearch" yaml:"elasticsearch"`
	// Etcd is where the indexers choose one for what one shall do for all. Without
	// endpoints each does it.
	Etcd etcd.Config `koanf:"etcd" yaml:"etcd"`
	// Group is the consumer group: one for each destination cluster.
	Group string `koanf:"group" yaml:"group"`
	// Retention is how long after the end of its period an index is kept that does
	// not say it itself. Those that the indexer makes do.
	Retention time.Duration `koanf:"retention" yaml:"retention"`
	// FlushBytes and FlushEvery close a bulk body: at its size or its age.
	FlushBytes int           `koanf:"flush_bytes" yaml:"flush_bytes"`
	FlushEvery time.Duration `koanf:"flush_every" yaml:"flush_every"`
	// InFlight is how many bulk requests run at once at most; fewer do while the
	// store is overloaded.
	InFlight int `koanf:"in_flight" yaml:"in_flight"`
	// BudgetBytes bounds what records that were read and are not settled take: their
	// bytes, and 640 each for remembering them.
	// Above it reading stops. One app may hold half of it.
	BudgetBytes int64 `koanf:"budget_bytes" yaml:"budget_bytes"`
	// Gzip is the compression of bulk bodies: 0 none, 1 fastest to 9 smallest, or
	// AutoGzip.
	Gzip int `koanf:"gzip" yaml:"gzip"`
	// RequestTimeout bounds one bulk request.
	RequestTimeout time.Duration `koanf:"request_timeout" yaml:"request_timeout"`
	// PollTopics is how often new app topics are looked for.
	PollTopics time.Duration `koanf:"poll_topics" yaml:"poll_topics"`
	// SessionTimeout is how long the group waits for a killed instance.
	SessionTimeout time.Duration `koanf:"session_timeout" yaml:"session_timeout"`
}

// Bounds of Config.
const (
	minFlushBytes     = 1 << 10
	maxFlushBytes     = 64 << 20 // Elasticsearch takes 100 MiB by default
	minSessionTimeout = 6 * time.Second
)

// Default is the Config to start from; the addresses are empty.
func Default() Config {
	return Config{
		Group:          topic.GroupIndexer,
		Retention:      7 * 24 * time.Hour,
		FlushBytes:     4 << 20,
		FlushEvery:     200 * time.Millisecond,
		InFlight:       4,
		BudgetBytes:    64 << 20,
		Gzip:           AutoGzip,
		RequestTimeout: time.Minute,
		PollTopics:     500 * time.Millisecond,
		SessionTimeout: 10 * time.Second,
	}
}

// Validate reports every problem, each beginning with the path of its key.
func (c Config) Validate() error {
	errs := []error{problems.Under("kafka", c.Kafka.Validate()), problems.Under("elasticsearch", c.Elastic.Validate())}
	if len(c.Etcd.Endpoints) > 0 {
		errs = append(errs, problems.Under("etcd", c.Etcd.Validate()))
	}
	need := func(ok bool, key, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
		}
	}
	need(c.Group != "", "group", "must not be empty")
	need(c.Retention >= time.Hour, "retention", "must be at least 1h, is %v", c.Retention)
	need(c.FlushBytes >= minFlushBytes && c.FlushBytes <= maxFlushBytes, "flush_bytes",
		"must be %d to %d, is %d", minFlushBytes, maxFlushBytes, c.FlushBytes)
	need(c.FlushEvery > 0, "flush_every", "must be above 0, is %v", c.FlushEvery)
	need(c.InFlight >= 1 && c.InFlight <= 64, "in_flight", "must be 1 to 64, is %d", c.InFlight)
	need(c.BudgetBytes >= 2*int64(c.FlushBytes), "budget_bytes",
		"must be at least twice flush_bytes (%d), is %d", 2*int64(c.FlushBytes), c.BudgetBytes)
	need(c.Gzip >= AutoGzip && c.Gzip <= 9, "gzip", "must be -1 (automatic) to 9, is %d", c.Gzip)
	need(c.RequestTimeout >= time.Second, "request_timeout", "must be at least 1s, is %v", c.RequestTimeout)
	need(c.PollTopics >= 50*time.Millisecond, "poll_topics", "must be at least 50ms, is %v", c.PollTopics)
	need(c.SessionTimeout >= minSessionTimeout, "session_timeout",
		"must be at least %v, is %v", minSessionTimeout, c.SessionTimeout)
	return errors.Join(errs...)
}

// gzipLevel is the level that is meant.
func (c Config) gzipLevel() int {
	switch {
	case c.Gzip != AutoGzip:
		return c.Gzip
	case c.Elastic.Loopback():
		return 0
	default:
		return 1
	}
}

// Deps are the indexer's collaborators. Zero fields get harmless defaults.
type Deps struct {
	Log      *slog.Logger
	Registry prometheus.Registerer
	// Now is the clock that retention goes by.
	Now func() time.Time
	// Lead runs work while this member leads the members' upkeep, until ctx ends; one
	// of them shall at a time. nil: this is the only one.
	Lead func(ctx context.Context, work func(context.Context))
}

func (d Deps) withDefaults() Deps {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Lead == nil {
		d.Lead = func(ctx context.Context, work func(context.Context)) { work(ctx) }
	}
	d.Log = d.Log.With("component", "indexer")
	return d
}
