package live

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/schemas/topic"
)

const (
	// listEvery is how often new apps are looked for; listShare bounds what that
	// costs in a cluster of very many topics: one part in so many of the time.
	listEvery = time.Second
	listShare = 20
	// fetchBytes bounds what the client holds of each partition.
	fetchBytes = 256 << 10
	// queued is how many records may wait for the dispatcher; then fetching waits.
	queued = 8
	// maxBehind is how many records a partition may be behind before its lines are
	// passed over: a live tail shows what happens now, or it is none.
	maxBehind = 64
)

// reader is one life of the consumer of all tails.
//
// run is one goroutine that decides what is read; each partition has one that moves
// records into the queue, and one dispatcher empties it, so filtering never takes more
// than one processor.
type reader struct {
	hub      *Hub
	client   sarama.Client
	consumer sarama.Consumer
	queue    chan incoming
	places   map[place]*partition
	known    map[string]bool // topics that there were at the last look
	listed   bool            // there was one
}

type place struct {
	topic     string
	partition int32
}

type incoming struct {
	record *sarama.ConsumerMessage
	behind int64
}

func newReader(h *Hub) *reader {
	return &reader{hub: h, queue: make(chan incoming, queued), places: map[place]*partition{}, known: map[string]bool{}}
}

// run reads until nobody has watched for a while, and then returns nil. An error ends
// it early.
func (r *reader) run(ctx context.Context) error {
	sc, err := r.hub.cfg.Sarama()
	if err != nil {
		return err
	}
	sc.Metadata.RefreshFrequency = 0 // look asks by itself
	sc.ChannelBufferSize = 1
	sc.Consumer.Fetch.Default = fetchBytes
	dialer := kafka.NewDialer()
	dialer.Use(sc)
	defer context.AfterFunc(ctx, dialer.Kill)() // nothing here is worth waiting for
	if r.client, err = sarama.NewClient(r.hub.cfg.Brokers, sc); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = r.client.Close() }() // it is broken or no longer needed
	if r.consumer, err = sarama.NewConsumerFromClient(r.client); err != nil {
		return fmt.Errorf("consumer: %w", err)
	}
	var dispatcher sync.WaitGroup
	dispatcher.Go(r.dispatch) // ended by the queue's end
	defer func() {
		dialer.Kill()
		r.stop()
		close(r.queue)
		dispatcher.Wait()
		_ = r.consumer.Close()
	}()
	return r.follow(ctx)
}

// follow keeps what is read in step with the topics and the tails.
func (r *reader) follow(ctx context.Context) error {
	watched := time.Now()
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.hub.changed:
		case <-next.C:
		}
		tails, began := r.hub.open(), time.Now()
		if len(tails) > 0 {
			watched = began
		} else if began.Sub(watched) >= linger {
			return nil
		}
		if err := r.look(tails); err != nil {
			return err
		}
		for _, t := range tails {
			t.tell(func(u *Update) { u.Reading, u.Trouble = true, nil })
		}
		next.Reset(max(listEvery, listShare*time.Since(began)))
	}
}

// look starts reading the topics that a tail wants and stops the others. A topic is
// read from its end; one that is new since the last look from its start.
func (r *reader) look(tails []*Tail) error {
	if err := r.client.RefreshMetadata(); err != nil {
		return fmt.Errorf("topics: %w", err)
	}
	names, err := r.client.Topics()
	if err != nil {
		return fmt.Errorf("topics: %w", err)
	}
	known, wanted := map[string]bool{}, map[place]bool{}
	for _, name := range names {
		app, ok := topic.AppOf(name)
		if !ok {
			continue
		}
		known[name] = true
		if !wantedBy(tails, app) {
			continue
		}
		from := sarama.OffsetNewest
		if r.listed && !r.known[name] {
			from = sarama.OffsetOldest
		}
		if err := r.start(name, app, from, wanted); err != nil {
			return err
		}
	}
	for at, p := range r.places {
		if !wanted[at] && len(tails) > 0 { // without tails all is kept for the next
			p.close()
			delete(r.places, at)
		}
	}
	r.known, r.listed = known, true
	return nil
}

func wantedBy(tails []*Tail, app string) bool {
	for _, t := range tails {
		if t.filter.wants(app) {
			return true
		}
	}
	return false
}

// start reads all partitions of a topic that are not yet read.
func (r *reader) start(name, app string, from int64, wanted map[place]bool) error {
	numbers, err := r.client.Partitions(name)
	if err != nil {
		return fmt.Errorf("topic %s: %w", name, err)
	}
	for _, n := range numbers {
		at := place{name, n}
		wanted[at] = true
		if p := r.places[at]; p != nil && !p.ended() {
			continue
		} else if p != nil { // its place in the topic is gone
			p.close()
			delete(r.places, at)
		}
		pc, err := r.consumer.ConsumePartition(name, n, from)
		if errors.Is(err, sarama.ErrUnknownTopicOrPartition) || errors.Is(err, sarama.ErrLeaderNotAvailable) {
			continue // it is being made or deleted; the next look sees
		}
		if err != nil {
			return fmt.Errorf("topic %s partition %d: %w", name, n, err)
		}
		r.places[at] = newPartition(pc, r.queue)
	}
	return nil
}

// stop ends reading of all partitions.
func (r *reader) stop() {
	for _, p := range r.places {
		p.consumer.AsyncClose()
	}
	for at, p := range r.places {
		p.close()
		delete(r.places, at)
	}
}

// dispatch empties the queue.
func (r *reader) dispatch() {
	var b batch
	for in := range r.queue {
		app, _ := topic.AppOf(in.record.Topic)
		b.reset(app, in.record)
		r.hub.dispatch(&b, in.behind)
	}
}

// partition moves the records of one partition into the queue.
type partition struct {
	consumer sarama.PartitionConsumer
	stop     chan struct{}
	over     chan struct{} // closed when nothing comes any more
	closing  sync.Once
}

func newPartition(pc sarama.PartitionConsumer, queue chan<- incoming) *partition {
	p := &partition{consumer: pc, stop: make(chan struct{}), over: make(chan struct{})}
	go p.move(queue) // ends with the consumer, which close closes
	return p
}

func (p *partition) move(queue chan<- incoming) {
	defer close(p.over)
	records, errs := p.consumer.Messages(), p.consumer.Errors()
	for records != nil || errs != nil {
		select {
		case m, ok := <-records:
			if !ok {
				records = nil
				continue
			}
			select {
			case queue <- incoming{m, p.consumer.HighWaterMarkOffset() - 1 - m.Offset}:
			case <-p.stop:
			}
		case _, ok := <-errs: // it tries again, or ends and is started anew
			if !ok {
				errs = nil
			}
		}
	}
}

func (p *partition) ended() bool {
	select {
	case <-p.over:
		return true
	default:
		return false
	}
}

// close ends the partition and waits for it.
func (p *partition) close() {
	p.closing.Do(func() { close(p.stop) })
	p.consumer.AsyncClose()
	<-p.over
}
