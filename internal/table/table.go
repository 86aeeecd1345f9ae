// Package table holds a read-only copy of a goka table in memory.
//
// A View shows the newest value of every key, some milliseconds behind the table's
// writer. When reading fails it begins anew from the start; meanwhile readers see
// what was read before, so that a broker's outage makes a view old, never empty.
// Run owns all goroutines.
package table

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/codec"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/sleep"
)

// ErrNotReady is returned by a View that has not read its table yet.
var ErrNotReady = errors.New("the table is still being read")

// The pause before reading begins anew, doubled each time. An attempt that lasted
// healthyAfter starts it over.
const (
	pauseFirst   = 200 * time.Millisecond
	pauseMost    = 5 * time.Second
	healthyAfter = time.Minute
)

// View is a copy of one table. Safe for concurrent use.
type View struct {
	cfg   kafka.Config
	topic string
	log   *slog.Logger
	ready chan struct{}

	mu    sync.RWMutex
	shown *rows // nil until a first copy is complete
}

// New makes a view of a table's topic. It connects when Run is called.
func New(cfg kafka.Config, topic string, log *slog.Logger) *View {
	return &View{cfg: cfg, topic: topic, log: obs.Component(log, "table").With("topic", topic), ready: make(chan struct{})}
}

// Ready is closed once the table was read to its end for the first time.
func (v *View) Ready() <-chan struct{} { return v.ready }

// Get is the value of a key, nil when there is none. Nobody may change it. The
// error is ErrNotReady or nil.
func (v *View) Get(key string) ([]byte, error) {
	r, err := v.rows()
	if err != nil {
		return nil, err
	}
	return r.get(key), nil
}

// All are the values by key, a map of the caller's own; nobody may change the
// values. The error is ErrNotReady or nil.
func (v *View) All() (map[string][]byte, error) {
	r, err := v.rows()
	if err != nil {
		return nil, err
	}
	return r.all(), nil
}

func (v *View) rows() (*rows, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.shown == nil {
		return nil, ErrNotReady
	}
	return v.shown, nil
}

func (v *View) show(r *rows) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.shown == nil {
		close(v.ready)
	}
	v.shown = r
}

// Run keeps the view up to date until ctx ends; then it returns nil.
func (v *View) Run(ctx context.Context) error {
	pause := pauseFirst
	for {
		began := time.Now()
		err := v.cfg.Explain(ctx, v.follow(ctx))
		if ctx.Err() != nil { // err is only that we were cut off
			return nil //nolint:nilerr // the end of ctx is the orderly end
		}
		if time.Since(began) > healthyAfter {
			pause = pauseFirst
		}
		wait := pause/2 + rand.N(pause/2)
		v.log.Log(ctx, kafka.Loudness(err), "reading a table ended; it begins anew", "error", err, "after", wait)
		if !sleep.For(ctx, wait) {
			return nil
		}
		pause = min(2*pause, pauseMost)
	}
}

// follow reads the table from its start into a new copy and keeps that up to date.
// Nothing is lost by cutting its connections, so ctx does that.
func (v *View) follow(ctx context.Context) (err error) {
	cfg, err := v.cfg.Sarama()
	if err != nil {
		return err
	}
	dialer := kafka.NewDialer()
	dialer.Use(cfg)
	cfg.Metadata.Full = false
	defer context.AfterFunc(ctx, dialer.Kill)()
	client, err := sarama.NewClient(v.cfg.Brokers, cfg)
	if err != nil {
		return fmt.Errorf("table %s: %w", v.topic, err)
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	m := &manager{client: client}
	partitions, err := m.Partitions(v.topic)
	if err != nil {
		return err
	}
	next := newRows(len(partitions), v.show)
	m.reaches = next.reaches
	view, err := goka.NewView(v.cfg.Brokers, goka.Table(v.topic), new(codec.Bytes),
		goka.WithViewLogger(kafka.NewLogger(v.log.With("library", "goka"), slog.LevelDebug)),
		goka.WithViewHasher(kafka.Hasher),
		goka.WithViewStorageBuilder(next.storage),
		goka.WithViewCallback(next.update),
		goka.WithViewTopicManagerBuilder(func([]string) (goka.TopicManager, error) { return m, nil }),
		goka.WithViewConsumerSaramaBuilder(func([]string, string) (sarama.Consumer, error) {
			return sarama.NewConsumerFromClient(client)
		}),
	)
	if err != nil {
		return fmt.Errorf("table %s: %w", v.topic, err)
	}
	return view.Run(ctx)
}

// manager is goka's view of the topics, through one client that belongs to follow.
type manager struct {
	client  sarama.Client
	reaches func(partition int32, which, offset int64) // told of what goka has asked for
}

var _ goka.TopicManager = (*manager)(nil)

// Partitions implements goka.TopicManager.
func (m *manager) Partitions(topic string) ([]int32, error) {
	if err := m.client.RefreshMetadata(topic); err != nil {
		return nil, fmt.Errorf("table %s: %w", topic, err)
	}
	return m.client.Partitions(topic)
}

// GetOffset implements goka.TopicManager.
func (m *manager) GetOffset(topic string, partition int32, time int64) (int64, error) {
	offset, err := m.client.GetOffset(topic, partition, time)
	if err == nil {
		m.reaches(partition, time, offset)
	}
	return offset, err
}

// EnsureTableExists implements goka.TopicManager: a view makes nothing.
func (m *manager) EnsureTableExists(string, int) error { return nil }

// EnsureStreamExists implements goka.TopicManager: a view makes nothing.
func (m *manager) EnsureStreamExists(string, int) error { return nil }

// EnsureTopicExists implements goka.TopicManager: a view makes nothing.
func (m *manager) EnsureTopicExists(string, int, int, map[string]string) error { return nil }

// Close implements goka.TopicManager: goka closes it more than once.
func (m *manager) Close() error { return nil }
