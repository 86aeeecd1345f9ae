package processors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/lovoo/goka"
	"github.com/lovoo/goka/codec"

	"github.com/millrace/millrace/internal/kafka"
)

// ErrNotReady is returned by a View that has not read its table yet.
var ErrNotReady = errors.New("processors: the view has not read its table yet")

// View is a read-only copy of a table, kept up to date in memory. Safe for
// concurrent use.
type View struct {
	kafka Kafka
	topic string
	codec goka.Codec
	log   *slog.Logger

	ready chan struct{}

	mu    sync.RWMutex
	shown *tableCopy // what readers see; nil until the first is complete
}

// NewView makes a view of the table topic of a group (see Spec.TableTopic). It
// connects when Run is called.
func NewView(cfg Kafka, table string, codec goka.Codec, deps Deps) (*View, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("processors: view of %s: %w", table, err)
	}
	log := deps.withDefaults().Log.With("component", "view", "table", table)
	return &View{kafka: cfg, topic: table, codec: codec, log: log, ready: make(chan struct{})}, nil
}

// Ready is closed when the view has read its table for the first time.
func (v *View) Ready() <-chan struct{} { return v.ready }

// Get is the value of a key, nil if there is none. It fails with ErrNotReady
// before the table is read, and with the codec's error.
func (v *View) Get(key string) (any, error) {
	v.mu.RLock()
	shown := v.shown
	v.mu.RUnlock()
	if shown == nil {
		return nil, ErrNotReady
	}
	b, err := shown.get(key)
	if err != nil || b == nil {
		return nil, err
	}
	value, err := v.codec.Decode(b)
	if err != nil {
		return nil, fmt.Errorf("processors: view of %s: key %s: %w", v.topic, key, err)
	}
	return value, nil
}

// Each calls f for every key until f returns false. Values that cannot be decoded
// are left out and named in the error, which does not stop the walk. It fails with
// ErrNotReady before the table is read. Changes during the walk may be seen or not.
func (v *View) Each(f func(key string, value any) bool) error {
	v.mu.RLock()
	shown := v.shown
	v.mu.RUnlock()
	if shown == nil {
		return ErrNotReady
	}
	var bad []error
	err := shown.each(func(key string, b []byte) bool {
		value, err := v.codec.Decode(b)
		if err != nil {
			bad = append(bad, fmt.Errorf("processors: view of %s: key %s: %w", v.topic, key, err))
			return true
		}
		return f(key, value)
	})
	return errors.Join(append(bad, err)...)
}

// Run keeps the view up to date until ctx ends, and returns nil then. When reading
// fails it begins anew, after a pause that grows to 10 s; meanwhile readers see
// what was read before.
func (v *View) Run(ctx context.Context) error {
	return repeat(ctx, v.log, func(dialer *kafka.Dialer) error { return v.follow(ctx, dialer) })
}

// follow reads the table into a new copy and keeps that up to date.
func (v *View) follow(ctx context.Context, dialer *kafka.Dialer) (err error) {
	cfg, err := v.kafka.Sarama()
	if err != nil {
		return err
	}
	dialer.Use(cfg)
	topics, err := openCluster(v.kafka.Brokers, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, topics.close()) }()
	partitions, err := topics.Partitions(v.topic)
	if err != nil {
		return err
	}
	next := newTableCopy(len(partitions), v.show)
	view, err := goka.NewView(v.kafka.Brokers, goka.Table(v.topic), new(codec.Bytes),
		goka.WithViewLogger(kafka.NewLogger(v.log.With("library", "goka"), slog.LevelDebug)),
		goka.WithViewHasher(kafka.Hasher),
		goka.WithViewStorageBuilder(next.build),
		goka.WithViewTopicManagerBuilder(topics.manager),
		goka.WithViewConsumerSaramaBuilder(topics.consumer),
	)
	if err != nil {
		return fmt.Errorf("processors: view of %s: %w", v.topic, err)
	}
	return view.Run(ctx)
}

// show lets readers see a complete copy.
func (v *View) show(c *tableCopy) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.shown == nil {
		close(v.ready)
	}
	v.shown = c
}
