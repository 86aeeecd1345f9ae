package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/IBM/sarama"
)

// Herald writes messages that the next ones make obsolete, such as beats: within a time,
// or not at all. After a failure it begins with new connections. It belongs to one
// goroutine; make it with NewHerald, and Close it.
type Herald struct {
	cfg  Config
	what string
	log  *slog.Logger

	dialer   *Dialer
	client   sarama.Client
	producer sarama.SyncProducer
	failing  bool
}

// NewHerald makes a Herald of what, such as "beats", which its log speaks of. It starts
// nothing.
func NewHerald(cfg Config, what string, log *slog.Logger) *Herald {
	return &Herald{cfg: cfg, what: what, log: log}
}

// Tell writes messages and reports whether they were taken. It takes no longer than most,
// and drops what is not written then. The log is told when that begins, and when it is over.
func (h *Herald) Tell(ctx context.Context, most time.Duration, messages ...*sarama.ProducerMessage) bool {
	err := h.within(ctx, most, messages)
	switch {
	case err == nil && h.failing:
		h.log.Info(h.what + " are written again")
	case err != nil && !h.failing && ctx.Err() == nil:
		h.log.Log(ctx, Loudness(err), h.what+" cannot be written", "error", h.cfg.Explain(ctx, err))
	}
	h.failing = err != nil
	return err == nil
}

// Last writes messages as Tell does, without a word if it cannot, and closes.
func (h *Herald) Last(ctx context.Context, most time.Duration, messages ...*sarama.ProducerMessage) {
	_ = h.within(ctx, most, messages) // whoever says goodbye waits for nobody
	h.Close()
}

func (h *Herald) within(ctx context.Context, most time.Duration, messages []*sarama.ProducerMessage) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	if h.dialer == nil {
		h.dialer = NewDialer()
	}
	defer context.AfterFunc(ctx, h.dialer.Kill)()
	err := h.write(messages)
	if err != nil {
		h.Close()
	}
	return err
}

func (h *Herald) write(messages []*sarama.ProducerMessage) error {
	if h.producer == nil {
		if err := h.open(); err != nil {
			return err
		}
	}
	err := h.producer.SendMessages(messages)
	if each, ok := errors.AsType[sarama.ProducerErrors](err); ok && len(each) > 0 {
		err = each[0].Err // as a whole they say only how many
	}
	if err != nil {
		return fmt.Errorf("%s: %w", h.what, err)
	}
	return nil
}

func (h *Herald) open() error {
	conf, err := h.cfg.Sarama()
	if err != nil {
		return err
	}
	h.dialer.Use(conf)
	// What comes twice harms nobody, and without idempotence no producer id has to be asked
	// for, which sarama does with pauses that nothing interrupts.
	conf.Producer.Idempotent = false
	if h.client, err = sarama.NewClient(h.cfg.Brokers, conf); err != nil {
		return fmt.Errorf("%s: %w", h.what, err)
	}
	if h.producer, err = sarama.NewSyncProducerFromClient(h.client); err != nil {
		return fmt.Errorf("%s: %w", h.what, err)
	}
	return nil
}

// Close gives up all sockets; whoever tells something after that opens others.
func (h *Herald) Close() {
	if h.dialer != nil {
		h.dialer.Kill()
	}
	if h.producer != nil {
		_ = h.producer.Close() // it was given up
	}
	if h.client != nil {
		_ = h.client.Close() // as the producer
	}
	h.dialer, h.client, h.producer = nil, nil, nil
}
