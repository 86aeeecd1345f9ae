package stagebeat

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/IBM/sarama"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/schemas/stage"
	"github.com/millrace/millrace/schemas/topic"
)

const (
	// writeTimeout bounds one beat: later the next one is due.
	writeTimeout = stage.Every
	// lastTimeout bounds the beat that says goodbye.
	lastTimeout = time.Second
)

// Stage is one stage of this process.
type Stage struct {
	name    string
	counts  source
	trouble obs.Keeper
	// Pipelines, unless nil, tells of the pipelines that fail. Set it before Run.
	Pipelines func(now time.Time) []stage.Pipeline
}

// NewStage makes a stage; name is one of the names of schemas/stage but Agent.
func NewStage(name string) *Stage {
	counts, ok := sources[name]
	if !ok {
		panic("stagebeat: there is no stage " + name)
	}
	return &Stage{name: name, counts: counts}
}

// NewExtra makes the stage of an extra processor. One that keeps a table puts out what
// it took in, as that is in the table then; others put out what they emitted.
func NewExtra(group string, keepsTable bool) *Stage {
	return &Stage{name: group, counts: extra(group, keepsTable)}
}

// Logger is log for the stage's component: its newest trouble is told in the beats.
func (s *Stage) Logger(log *slog.Logger) *slog.Logger { return s.trouble.Logger(log) }

// Beater tells of stages. Make it with New.
type Beater struct {
	cfg      kafka.Config
	metrics  prometheus.Gatherer
	log      *slog.Logger
	stages   []*Stage
	instance string
	started  time.Time

	dialer   *kafka.Dialer
	client   sarama.Client
	producer sarama.SyncProducer
	failing  bool
}

// New makes a beater of stages whose metrics are in g. It starts nothing.
func New(cfg kafka.Config, g prometheus.Gatherer, log *slog.Logger, stages ...*Stage) *Beater {
	return &Beater{
		cfg: cfg, metrics: g, log: obs.Component(log, "stagebeat"), stages: stages,
		instance: rand.Text()[:12], started: time.Now().UTC(),
	}
}

// Run beats until ctx ends, says goodbye and returns nil.
func (b *Beater) Run(ctx context.Context) error {
	defer b.close()
	tick := time.NewTicker(stage.Every)
	defer tick.Stop()
	for {
		b.beat(ctx, writeTimeout, false)
		select {
		case <-tick.C:
		case <-ctx.Done():
			b.beat(context.WithoutCancel(ctx), lastTimeout, true)
			return nil
		}
	}
}

// beat writes one beat of each stage.
func (b *Beater) beat(ctx context.Context, most time.Duration, stopping bool) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	err := b.write(ctx, b.beats(time.Now().UTC(), stopping))
	if err != nil {
		b.close()
		if !b.failing && !stopping && !errors.Is(ctx.Err(), context.Canceled) {
			b.log.Log(ctx, kafka.Loudness(err), "beats of stages cannot be written", "error", b.cfg.Explain(context.WithoutCancel(ctx), err))
		}
	}
	b.failing = err != nil
}

// beats are those of all stages now.
func (b *Beater) beats(now time.Time, stopping bool) []*stage.Beat {
	metrics := gather(b.metrics)
	beats := make([]*stage.Beat, len(b.stages))
	for i, s := range b.stages {
		beat := &stage.Beat{Name: s.name, Instance: b.instance, Started: b.started, At: now, Stopping: stopping}
		metrics.fill(beat, s.counts)
		if t := s.trouble.Newest(); t != nil {
			beat.LastError, beat.LastErrorAt = t.Text, &t.At
		}
		if s.Pipelines != nil {
			beat.Pipelines = s.Pipelines(now)
		}
		beats[i] = beat
	}
	return beats
}

func (b *Beater) write(ctx context.Context, beats []*stage.Beat) error {
	if b.dialer == nil {
		b.dialer = kafka.NewDialer()
	}
	defer context.AfterFunc(ctx, b.dialer.Kill)()
	if b.producer == nil {
		if err := b.open(); err != nil {
			return err
		}
	}
	messages := make([]*sarama.ProducerMessage, len(beats))
	for i, beat := range beats {
		value, err := stage.Encode(beat)
		if err != nil {
			return fmt.Errorf("beat of %s: %w", beat.Name, err)
		}
		messages[i] = &sarama.ProducerMessage{Topic: topic.Stages, Key: sarama.StringEncoder(beat.Key()), Value: sarama.ByteEncoder(value)}
	}
	if err := b.producer.SendMessages(messages); err != nil {
		var each sarama.ProducerErrors
		if errors.As(err, &each) && len(each) > 0 { // as a whole they say only how many
			err = each[0].Err
		}
		return fmt.Errorf("beats: %w", err)
	}
	return nil
}

func (b *Beater) open() error {
	conf, err := b.cfg.Sarama()
	if err != nil {
		return err
	}
	b.dialer.Use(conf)
	// A beat that comes twice harms nobody, and without idempotence no producer id has
	// to be asked for, which sarama does with pauses that nothing interrupts.
	conf.Producer.Idempotent = false
	if b.client, err = sarama.NewClient(b.cfg.Brokers, conf); err != nil {
		return fmt.Errorf("beats: %w", err)
	}
	if b.producer, err = sarama.NewSyncProducerFromClient(b.client); err != nil {
		return fmt.Errorf("beats: %w", err)
	}
	return nil
}

// close gives up the producer with all its sockets; the next beat makes another.
func (b *Beater) close() {
	if b.dialer != nil {
		b.dialer.Kill()
	}
	if b.producer != nil {
		_ = b.producer.Close() // it was given up
	}
	if b.client != nil {
		_ = b.client.Close() // as the producer
	}
	b.dialer, b.client, b.producer = nil, nil, nil
}
