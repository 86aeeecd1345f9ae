package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/internal/sleep"
)

const (
	// followFirst and followMost bound the pause before following begins anew.
	followFirst = 200 * time.Millisecond
	followMost  = 5 * time.Second
)

// Follow calls take with what is written to the topics from now on, until ctx ends;
// then it returns nil. following is called whenever it has begun: what is written after
// that comes, unless the brokers fail meanwhile. What is written while they do is left
// out, so it is for news that nobody needs later. No two calls are made at once.
func Follow(ctx context.Context, cfg Config, topics []string, log *slog.Logger, following func(), take func(*sarama.ConsumerMessage)) error {
	f := follower{cfg: cfg, topics: topics, following: following, take: take}
	for pause := followFirst; ; pause = min(2*pause, followMost) {
		began := time.Now()
		err := f.life(ctx)
		if ctx.Err() != nil { // err is only that we were cut off
			return nil //nolint:nilerr // the end of ctx is the orderly end
		}
		if time.Since(began) > followMost {
			pause = followFirst
		}
		log.Log(ctx, Loudness(err), "topics cannot be followed; trying again", "topics", topics, "error", cfg.Explain(ctx, err), "after", pause)
		if !sleep.For(ctx, pause/2+rand.N(pause)) {
			return nil
		}
	}
}

var errEnded = errors.New("kafka: a partition can no longer be followed")

type follower struct {
	cfg       Config
	topics    []string
	following func()

	mu   sync.Mutex
	take func(*sarama.ConsumerMessage)
}

// life follows with one client until that fails or ctx ends.
func (f *follower) life(ctx context.Context) error {
	sc, err := f.cfg.Sarama()
	if err != nil {
		return err
	}
	sc.Metadata.Full = false
	dialer := NewDialer()
	dialer.Use(sc)
	ctx, cancel := context.WithCancel(ctx)
	defer context.AfterFunc(ctx, dialer.Kill)() // nothing here is worth waiting for
	client, err := sarama.NewClient(f.cfg.Brokers, sc)
	if err != nil {
		cancel()
		return fmt.Errorf("kafka: %w", err)
	}
	defer func() { _ = client.Close() }() // it is broken or no longer needed
	consumer, err := sarama.NewConsumerFromClient(client)
	if err != nil {
		cancel()
		return fmt.Errorf("kafka: %w", err)
	}
	defer func() { _ = consumer.Close() }() // as the client
	var moving sync.WaitGroup
	defer moving.Wait()
	defer cancel()
	ended := make(chan error, 1)
	if err := f.start(ctx, client, consumer, &moving, ended); err != nil {
		return err
	}
	f.following()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case err := <-ended:
		return err
	}
}

// start follows every partition from its end.
func (f *follower) start(ctx context.Context, client sarama.Client, consumer sarama.Consumer, moving *sync.WaitGroup, ended chan<- error) error {
	for _, topic := range f.topics {
		partitions, err := client.Partitions(topic)
		if err != nil {
			return fmt.Errorf("kafka: topic %s: %w", topic, err)
		}
		for _, n := range partitions {
			p, err := consumer.ConsumePartition(topic, n, sarama.OffsetNewest)
			if err != nil {
				return fmt.Errorf("kafka: topic %s partition %d: %w", topic, n, err)
			}
			moving.Go(func() { f.move(ctx, p, ended) }) // ended by ctx or the partition's end
		}
	}
	return nil
}

// move takes the records of one partition.
func (f *follower) move(ctx context.Context, p sarama.PartitionConsumer, ended chan<- error) {
	defer context.AfterFunc(ctx, p.AsyncClose)()
	var last error
	records, errs := p.Messages(), p.Errors()
	for records != nil || errs != nil {
		select {
		case m, ok := <-records:
			if !ok {
				records = nil
				continue
			}
			f.mu.Lock()
			f.take(m)
			f.mu.Unlock()
		case e, ok := <-errs:
			if !ok {
				errs = nil
				continue
			}
			last = e
		}
	}
	select {
	case ended <- errors.Join(errEnded, last):
	default: // another one was first
	}
}
