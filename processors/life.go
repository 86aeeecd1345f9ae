package processors

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/storage"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/kafka/franz"
	"github.com/millrace/millrace/processors/internal/fenced"
	"github.com/millrace/millrace/processors/internal/heal"
	"github.com/millrace/millrace/processors/internal/inorder"
	"github.com/millrace/millrace/processors/internal/produce"
	"github.com/millrace/millrace/processors/internal/writeback"
)

// life is one life of a goka processor: what it is built of.
type life struct {
	cfg      Config
	spec     Spec
	metrics  *metrics
	log      *slog.Logger
	settings settings
	topics   *cluster
	emits    *produce.Producer
	tables   *fenced.Tables
	lost     atomic.Bool // the session that ends has lost its partitions before
	runner   *runner
}

// live builds a goka processor and runs it until ctx ends or it fails.
// change ends ctx, for another life with other inputs.
func live(ctx context.Context, cfg Config, spec Spec, change func(), dialer *kafka.Dialer, log *slog.Logger, m *metrics) (err error) {
	s, err := newSettings(cfg, dialer)
	if err != nil {
		return err
	}
	topics, err := openCluster(cfg.Kafka.Brokers, s.cluster)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, topics.close()) }()
	asked, told := spec, &teller{cfg: cfg.Kafka, log: log, leftOut: m.leftOut}
	chosen, err := topics.await(ctx, asked, told.tell)
	if err != nil {
		return err
	}
	spec.Inputs = chosen.inputs
	if err := topics.prepare(ctx, cfg, spec); err != nil {
		return err
	}
	emits := produce.New(produce.Config{
		Client: append(s.producer, franz.LogTo(log)), Table: spec.TableTopic(), Log: log, Resent: m.resent.Inc,
	})
	l := &life{
		cfg: cfg, spec: spec, metrics: m, log: log, settings: s, topics: topics, emits: emits,
		runner: &runner{spec: spec, emits: emits, metrics: m, log: log},
	}
	l.tables = fenced.New(func(key string, value []byte, headers goka.Headers) *goka.Promise { //nolint:contextcheck // ended by Abort, as all emits
		return emits.EmitWithHeaders(spec.TableTopic(), key, value, headers)
	})
	partitions, err := topics.Partitions(spec.Inputs[0])
	if err != nil {
		return err
	}
	l.runner.values = tableEmits{Producer: emits, tables: l.tables, table: spec.TableTopic(), partitions: int32(len(partitions))}
	p, err := l.processor()
	if err != nil {
		return fmt.Errorf("processors: %s: %w", spec.Group, err)
	}
	if !asked.hasPattern() {
		return p.Run(ctx)
	}
	ctx, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { topics.watch(ctx, asked, chosen, told.tell, change) }) // ends with ctx
	err = p.Run(ctx)
	stop()
	watching.Wait()
	return err
}

// processor puts our parts into goka. It connects.
func (l *life) processor() (*goka.Processor, error) {
	return goka.NewProcessor(l.cfg.Kafka.Brokers, l.runner.graph(),
		goka.WithLogger(kafka.NewLogger(l.log.With("library", "goka"), slog.LevelDebug)),
		goka.WithNilHandling(goka.NilProcess),
		goka.WithHasher(kafka.Hasher),
		goka.WithPartitionChannelSize(inorder.MaxRecords), // the window holds no more: see there
		goka.WithConsumerGroupBuilder(l.group),
		goka.WithProducerBuilder(l.producer),
		goka.WithTopicManagerBuilder(l.topics.manager),
		goka.WithConsumerSaramaBuilder(l.topics.consumer),
		goka.WithStorageBuilder(l.storage()),
		goka.WithUpdateCallback(l.tables.Update))
}

// group is goka's builder of consumer groups.
func (l *life) group([]string, string, string) (sarama.ConsumerGroup, error) {
	g, err := inorder.Open(inorder.Config{
		Brokers: l.cfg.Kafka.Brokers, Group: l.spec.Group, Sarama: l.settings.group, Emits: l.emits, Log: l.log,
		Depth:   func(delta int) { l.metrics.window.Add(float64(delta)) },
		Session: l.began,
		Ready:   l.tables.Repair,
		Lost:    func() { l.lost.Store(true) },
		Gap:     func(topic string, _ int32, lost int64) { l.metrics.gap.WithLabelValues(topic).Add(float64(lost)) },
	})
	if err != nil {
		return nil, err
	}
	l.runner.group = g
	return g, nil
}

// began is called at the start of each session.
func (l *life) began(generation int32) {
	l.metrics.sessions.Inc()
	l.lost.Store(false)
	l.tables.Begin(generation)
}

// producer is goka's builder of producers.
func (l *life) producer([]string, string, func() hash.Hash32) (goka.Producer, error) {
	return &l.runner.values, nil
}

// storage is goka's builder of local tables.
func (l *life) storage() storage.Builder {
	return l.tables.Builder(writeback.Builder(heal.Builder(heal.Config{
		Dir:     filepath.Join(l.cfg.StateDir, l.cfg.Instance, l.spec.Group),
		Lookup:  l.topics.lookup,
		Log:     l.log,
		Healed:  func(reason string) { l.metrics.healed.WithLabelValues(reason).Inc() },
		Trusted: func(partition int32) bool { return !l.lost.Load() && l.tables.Complete(partition) },
	})))
}
