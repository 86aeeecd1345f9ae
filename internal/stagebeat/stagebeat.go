package stagebeat

import (
	"context"
	"crypto/rand"
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
	// Pipelines and Failed, unless nil, tell of the pipelines that fail. Set them before Run.
	Pipelines func(now time.Time) []stage.Pipeline
	Failed    func(now time.Time) []stage.Failed
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
	herald   *kafka.Herald
	metrics  prometheus.Gatherer
	log      *slog.Logger
	stages   []*Stage
	instance string
	started  time.Time
}

// New makes a beater of stages whose metrics are in g. It starts nothing.
func New(cfg kafka.Config, g prometheus.Gatherer, log *slog.Logger, stages ...*Stage) *Beater {
	log = obs.Component(log, "stagebeat")
	return &Beater{
		herald: kafka.NewHerald(cfg, "beats of stages", log), metrics: g, log: log, stages: stages,
		instance: rand.Text()[:12], started: time.Now().UTC(),
	}
}

// Run beats until ctx ends, says goodbye and returns nil.
func (b *Beater) Run(ctx context.Context) error {
	defer b.herald.Close()
	tick := time.NewTicker(stage.Every)
	defer tick.Stop()
	for {
		b.herald.Tell(ctx, writeTimeout, b.messages(false)...)
		select {
		case <-tick.C:
		case <-ctx.Done():
			b.herald.Last(context.WithoutCancel(ctx), lastTimeout, b.messages(true)...)
			return nil
		}
	}
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
		if s.Failed != nil {
			beat.Failed = s.Failed(now)
		}
		beats[i] = beat
	}
	return beats
}

// messages are the beats of all stages as they are now.
func (b *Beater) messages(stopping bool) []*sarama.ProducerMessage {
	var messages []*sarama.ProducerMessage
	for _, beat := range b.beats(time.Now().UTC(), stopping) {
		value, err := stage.Encode(beat)
		if err != nil {
			b.log.Error("a beat cannot be encoded", "stage", beat.Name, "error", err)
			continue
		}
		messages = append(messages, &sarama.ProducerMessage{Topic: topic.Stages, Key: sarama.StringEncoder(beat.Key()), Value: sarama.ByteEncoder(value)})
	}
	return messages
}
