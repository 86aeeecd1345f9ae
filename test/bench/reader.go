package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/topic"
)

// reader reads the raw records of one host from where the topic ended when it was made.
type reader struct {
	client *kgo.Client
	host   string
	cancel context.CancelFunc
	ended  chan struct{}

	mu  sync.Mutex
	err error
}

// read calls each with every record, its manifest and its value, from one goroutine,
// until close.
func (h *host) read(ctx context.Context, each func(m *record.Manifest, value []byte) error) (*reader, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(h.kafka.Brokers...), kgo.ConsumeTopics(topic.Raw),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchMaxWait(20*time.Millisecond))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &reader{client: client, host: h.name, cancel: cancel, ended: make(chan struct{})}
	go func() { // ends with close
		defer close(r.ended)
		for ctx.Err() == nil {
			r.client.PollFetches(ctx).EachRecord(func(k *kgo.Record) { r.take(k, each) })
		}
	}()
	return r, nil
}

func (r *reader) take(k *kgo.Record, each func(*record.Manifest, []byte) error) {
	if string(k.Key) != r.host {
		return
	}
	for _, header := range k.Headers {
		if header.Key != record.Header {
			continue
		}
		m, _, err := record.Decode(header.Value)
		if err == nil {
			err = m.Check(len(k.Value))
		}
		r.mu.Lock()
		if err == nil {
			err = each(m, k.Value)
		}
		r.err = errors.Join(r.err, err)
		r.mu.Unlock()
	}
}

// await waits until done, which is not called beside each.
func (r *reader) await(ctx context.Context, most time.Duration, done func() bool) error {
	err := poll(ctx, looks, most, func() (bool, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		return done(), r.err
	})
	if err != nil {
		return fmt.Errorf("reading the raw topic: %w", err)
	}
	return nil
}

func (r *reader) close() {
	r.cancel()
	<-r.ended
	r.client.Close()
}
