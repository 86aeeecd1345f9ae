// Package beat tells the agents topic how an agent is, and the topic agents.sources what
// somebody asks: how all of its files are, or why one is not collected.
//
// A beat or an answer that cannot be written is dropped: the next one says more. So beats have
// a producer of their own, and nothing that goes wrong with them touches the
// records. [Beater.Run] owns all goroutines.
package beat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/agent/internal/follow"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/schemas/status"
	"github.com/millrace/millrace/schemas/topic"
)

const (
	// first is when the first beat is made, so that a new agent shows at once.
	first = 500 * time.Millisecond
	// lastTime bounds the beat that says goodbye.
	lastTime = time.Second
	// answerTime bounds an answer: whoever asked waits two seconds.
	answerTime = 2 * time.Second
	// asksMost is how many requests may wait; more are left out, and asked again.
	asksMost = 8
)

// Beater writes beats. Make it with New.
type Beater struct {
	cfg  kafka.Config
	log  *slog.Logger
	make func(ctx context.Context, sources bool) (*status.Agent, error)
	tell func(ctx context.Context, asked follow.Asked) ([][]byte, error)
	id   string
	asks chan follow.Asked

	dialer   *kafka.Dialer
	client   sarama.Client
	producer sarama.SyncProducer
	failing  bool
}

// New makes a beater of the agent id and the beats that build makes; sources says whether they
// shall hold the worst sources. tell makes the parts of an answer to a request (see
// status.Listing).
func New(cfg kafka.Config, id string, log *slog.Logger, build func(ctx context.Context, sources bool) (*status.Agent, error),
	tell func(ctx context.Context, asked follow.Asked) ([][]byte, error),
) *Beater {
	return &Beater{cfg: cfg, id: id, log: log, make: build, tell: tell, asks: make(chan follow.Asked, asksMost)}
}

// Ask makes Run answer a request, unless too many wait already. It
// returns at once and may be called from anywhere.
func (b *Beater) Ask(request follow.Asked) {
	select {
	case b.asks <- request:
	default:
	}
}

// Run beats until ctx ends.
func (b *Beater) Run(ctx context.Context) error {
	defer b.close()
	next := time.NewTimer(first)
	defer next.Stop()
	var sources time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case request := <-b.asks:
			b.answer(ctx, request)
			continue
		case <-next.C:
		}
		next.Reset(status.Every)
		with := time.Since(sources) >= status.SourcesEvery
		beat, err := b.make(ctx, with)
		if err != nil {
			continue // ctx has ended
		}
		if b.try(ctx, beat, status.Every) && with {
			sources = time.Now()
		}
	}
}

// Last writes one beat more, after Run has ended.
func (b *Beater) Last(ctx context.Context, beat *status.Agent) {
	defer b.close()
	b.try(ctx, beat, lastTime)
}

// try writes one beat, within a time, and reports whether it was taken.
func (b *Beater) try(ctx context.Context, beat *status.Agent, most time.Duration) bool {
	value, err := status.Encode(beat)
	if err != nil {
		b.log.Error("a beat cannot be encoded", "error", err)
		return false
	}
	return b.tryAll(ctx, []*sarama.ProducerMessage{{
		Topic: topic.Agents, Key: sarama.StringEncoder(beat.ID), Value: sarama.ByteEncoder(value),
	}}, most)
}

// answer writes all parts of an answer.
func (b *Beater) answer(ctx context.Context, asked follow.Asked) {
	parts, err := b.tell(ctx, asked)
	if err != nil {
		if ctx.Err() == nil {
			b.log.Warn("a request is not answered", "name", asked.Name, "error", err)
		}
		return
	}
	messages := make([]*sarama.ProducerMessage, len(parts))
	for i, part := range parts {
		messages[i] = &sarama.ProducerMessage{Topic: topic.AgentSources, Key: sarama.StringEncoder(b.id), Value: sarama.ByteEncoder(part)}
	}
	b.tryAll(ctx, messages, answerTime)
}

func (b *Beater) tryAll(ctx context.Context, messages []*sarama.ProducerMessage, most time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	err := b.write(ctx, messages)
	if err != nil {
		b.close()
		if !b.failing && ctx.Err() == nil {
			b.log.Warn("beats cannot be written", "error", b.cfg.Explain(ctx, err))
		}
	}
	if err == nil && b.failing {
		b.log.Info("beats are written again")
	}
	b.failing = err != nil
	return err == nil
}

func (b *Beater) write(ctx context.Context, messages []*sarama.ProducerMessage) error {
	if b.dialer == nil {
		b.dialer = kafka.NewDialer()
	}
	defer context.AfterFunc(ctx, b.dialer.Kill)()
	if b.producer == nil {
		if err := b.open(); err != nil {
			return err
		}
	}
	if err := b.producer.SendMessages(messages); err != nil {
		return fmt.Errorf("beat: %w", err)
	}
	return nil
}

func (b *Beater) open() error {
	conf, err := b.cfg.Sarama()
	if err != nil {
		return fmt.Errorf("beat: %w", err)
	}
	b.dialer.Use(conf)
	if b.client, err = sarama.NewClient(b.cfg.Brokers, conf); err != nil {
		return fmt.Errorf("beat: %w", err)
	}
	if b.producer, err = sarama.NewSyncProducerFromClient(b.client); err != nil {
		return fmt.Errorf("beat: %w", err)
	}
	return nil
}

// close gives up the producer with all its sockets; the next beat makes another.
func (b *Beater) close() {
	if b.dialer != nil {
		b.dialer.Kill()
	}
	var err error
	if b.producer != nil {
		err = b.producer.Close()
	}
	if b.client != nil {
		err = errors.Join(err, b.client.Close())
	}
	if err != nil {
		b.log.Debug("beats: close", "error", err)
	}
	b.dialer, b.client, b.producer = nil, nil, nil
}
