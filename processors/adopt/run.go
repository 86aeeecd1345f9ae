package adopt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/IBM/sarama"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/sleep"
	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/schemas/collect"
)

const (
	firstPause = 200 * time.Millisecond
	mostPause  = 5 * time.Second
)

// Run adopts until ctx ends and returns nil then. Before that it returns only for
// what waiting cannot cure; Kafka, etcd and the topics may be away at any time.
func Run(ctx context.Context, cfg Config, deps processors.Deps) error {
	if err := cfg.Validate(); err != nil {
		return fmt.Errorf("adopt: %w", err)
	}
	log := obs.Component(deps.Log, "adopt")
	client, ok := retry(ctx, log, "etcd is not to be had yet", func() (*clientv3.Client, error) {
		return etcd.Dial(ctx, cfg.Etcd, log)
	})
	if !ok {
		return nil
	}
	m := &manager{log: log, running: map[string]*adoption{}, ended: make(chan ended)}
	m.adopt = func(ctx context.Context, name string, current *atomic.Pointer[claim]) error {
		return adoptTopic(ctx, cfg, deps, name, current, log)
	}
	err := m.run(ctx, func(ctx context.Context, tell func(map[string]*claim)) {
		_ = etcd.Follow(ctx, cfg.Etcd, client, collect.KeyHeads, log, func(s etcd.State) { // its error is ctx's
			claims, err := claimsOf(s.Values)
			if err != nil {
				log.Error("collections that cannot be read adopt nothing", "error", err)
			}
			tell(claims)
		})
	})
	return errors.Join(err, client.Close())
}

// adoptTopic runs the processor of one topic, once the topic is there.
func adoptTopic(ctx context.Context, cfg Config, deps processors.Deps, name string, current *atomic.Pointer[claim], log *slog.Logger) error {
	id, ok := retry(ctx, log.With("topic", name), "the topic is not to be had yet", func() (TopicID, error) {
		return topicID(ctx, cfg.Kafka, name)
	})
	if !ok {
		return nil
	}
	return processors.Run(ctx, cfg.Config, spec(name, id, current), deps)
}

// retry calls f until it succeeds, with a growing pause between, and reports false
// when ctx ended before.
func retry[T any](ctx context.Context, log *slog.Logger, what string, f func() (T, error)) (T, bool) {
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		v, err := f()
		if err == nil {
			return v, true
		}
		log.Warn(what, "pause", pause, "error", err)
		if !sleep.For(ctx, pause) {
			return v, false
		}
	}
}

func topicID(ctx context.Context, cfg kafka.Config, name string) (id TopicID, err error) {
	sc, err := cfg.Sarama()
	if err != nil {
		return id, err
	}
	dialer := kafka.NewDialer()
	dialer.Use(sc)
	defer context.AfterFunc(ctx, dialer.Kill)()
	admin, err := sarama.NewClusterAdmin(cfg.Brokers, sc)
	if err != nil {
		return id, fmt.Errorf("adopt: %w", cfg.Explain(ctx, err))
	}
	defer func() { err = errors.Join(err, admin.Close()) }()
	topics, err := admin.DescribeTopics([]string{name})
	if err != nil {
		return id, fmt.Errorf("adopt: topic %s: %w", name, err)
	}
	for _, t := range topics {
		if t.Name == name && t.Err == sarama.ErrNoError {
			return TopicID(t.Uuid), nil
		}
		if t.Name == name {
			return id, fmt.Errorf("adopt: topic %s: %w", name, t.Err)
		}
	}
	return id, fmt.Errorf("adopt: topic %s: %w", name, sarama.ErrUnknownTopicOrPartition)
}
