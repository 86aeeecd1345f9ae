package enrich

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka/codec"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/sleep"
	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/processors/enrich/internal/revisions"
	"github.com/millrace/millrace/processors/lookup"
	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/schemas/topic"
)

// Run enriches until ctx ends and returns nil then. Before that it returns only
// for what waiting cannot cure: a bad config, or topics that are not as they must
// be. Kafka and etcd may be away at any time, at the start too.
func Run(ctx context.Context, cfg Config, deps processors.Deps) (err error) {
	if err := cfg.Validate(); err != nil {
		return fmt.Errorf("enrich: %w", err)
	}
	log := obs.Component(deps.Log, "enrich")
	partitions, err := awaitPartitions(ctx, cfg.Kafka, topic.Raw, log)
	if err != nil || partitions == 0 {
		return err
	}
	source := &etcdSource{cfg: cfg.Etcd, log: log}
	defer func() { err = errors.Join(err, source.close()) }()
	m := newMetrics(deps.Registry)
	store := revisions.New(revisions.Config{
		Source:  source.fetch,
		Dir:     filepath.Join(cfg.StateDir, "revisions"),
		Wait:    cfg.RevisionWait,
		Log:     log,
		Waiting: func(delta int) { m.waiting.Add(float64(delta)) },
	})
	if len(cfg.Lookup.Geo) == 0 && cfg.Lookup.GeoDir == "" {
		cfg.Lookup.GeoDir = filepath.Join(cfg.StateDir, "geo")
	}
	data := lookup.New(cfg.Lookup, cfg.Kafka, log)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return data.Run(ctx) }) // ends with ctx
	group.Go(func() error {
		return processors.Run(ctx, cfg.Config, spec(partitions, store.Get, data, m, cfg.Health, log), deps)
	})
	return group.Wait()
}

// spec is enrich as a processor.
func spec(partitions int32, get func(context.Context, revision.ID) (refine.Found, error), data pipeline.Data, m *metrics, health *Health, log *slog.Logger) processors.Spec {
	s := &stage{partitions: partitions, revision: get, data: data, metrics: m, health: health, log: log, workers: map[int32]*worker{}}
	return processors.Spec{
		Group:      topic.GroupEnrich,
		Inputs:     []string{topic.Raw},
		Table:      new(codec.Bytes),
		Step:       s.step,
		DeadLetter: topic.DeadRaw,
	}
}

const (
	firstPause = 200 * time.Millisecond
	mostPause  = 10 * time.Second
)

// awaitPartitions is the partition count of a topic. It asks until the topic is
// there, and returns 0 when ctx ends before; an error is one of the configuration.
func awaitPartitions(ctx context.Context, cfg kafka.Config, name string, log *slog.Logger) (int32, error) {
	for pause := firstPause; ; pause = min(2*pause, mostPause) {
		sc, err := cfg.Sarama()
		if err != nil {
			return 0, fmt.Errorf("enrich: %w", err)
		}
		n, err := partitionsOf(ctx, cfg.Brokers, sc, name)
		if err == nil {
			return n, nil
		}
		log.Warn("the topic is not to be had yet; tried again after a pause", "topic", name, "pause", pause, "error", err)
		if !sleep.For(ctx, pause) {
			return 0, nil
		}
	}
}

func partitionsOf(ctx context.Context, brokers []string, sc *sarama.Config, name string) (int32, error) {
	dialer := kafka.NewDialer()
	dialer.Use(sc)
	defer context.AfterFunc(ctx, dialer.Kill)()
	sc.Metadata.Full = false
	client, err := sarama.NewClient(brokers, sc)
	if err != nil {
		return 0, err
	}
	list, err := client.Partitions(name)
	return int32(len(list)), errors.Join(err, client.Close())
}
