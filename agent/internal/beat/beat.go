// Package beat tells the agents topic how an agent is, and the topic agents.sources what
// somebody asks: how all of its files are, or why one is not collected.
//
// A beat or an answer that cannot be written is dropped: the next one says more. So beats have
// a producer of their own, and nothing that goes wrong with them touches the
// records. [Beater.Run] owns all goroutines.
package beat

import (
	"context"
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
	herald *kafka.Herald
	log    *slog.Logger
	make   func(ctx context.Context, sources bool) (*status.Agent, error)
	tell   func(ctx context.Context, asked follow.Asked) ([][]byte, error)
	id     string
	asks   chan follow.Asked
}

// New makes a beater of the agent id and the beats that build makes; sources says whether they
// shall hold the worst sources. tell makes the parts of an answer to a request (see
// status.Listing).
func New(cfg kafka.Config, id string, log *slog.Logger, build func(ctx context.Context, sources bool) (*status.Agent, error),
	tell func(ctx context.Context, asked follow.Asked) ([][]byte, error),
) *Beater {
	return &Beater{herald: kafka.NewHerald(cfg, "beats", log), id: id, log: log, make: build, tell: tell, asks: make(chan follow.Asked, asksMost)}
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
	defer b.herald.Close()
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
		if b.herald.Tell(ctx, status.Every, b.message(beat)...) && with {
			sources = time.Now()
		}
	}
}

// Last writes one beat more, after Run has ended.
func (b *Beater) Last(ctx context.Context, beat *status.Agent) {
	b.herald.Last(ctx, lastTime, b.message(beat)...)
}

// message holds a beat; there is none of one that cannot be encoded.
func (b *Beater) message(beat *status.Agent) []*sarama.ProducerMessage {
	value, err := status.Encode(beat)
	if err != nil {
		b.log.Error("a beat cannot be encoded", "error", err)
		return nil
	}
	return []*sarama.ProducerMessage{{Topic: topic.Agents, Key: sarama.StringEncoder(beat.ID), Value: sarama.ByteEncoder(value)}}
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
	b.herald.Tell(ctx, answerTime, messages...)
}
