// Package ship writes raw records to Kafka, in order, until they are safe there.
//
// A record handed to [Shipper.Send] is produced until all replicas have it.
// Acknowledgements move one position: [Shipper.Acked] never passes a record that
// is not safe. After any error everything under way is drained and all that is
// not acknowledged is sent again, in order, through a new producer, so a record
// may be written twice but never out of order behind its successors' last copy.
// A record that Kafka refuses for good is replaced by a gap that says so.
//
// [Shipper.Run] owns all goroutines, sarama's included.
package ship

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/agent/internal/pack"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/sleep"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/topic"
)

// InFlight is how many records may be under way: Send must not be called for
// more than Acked lags behind.
const InFlight = 64

// slack is what Send takes beyond InFlight: a truncation may close two records in
// the turn that found it.
const slack = 16

const (
	pauseFirst = 100 * time.Millisecond
	pauseMost  = 5 * time.Second
	// drainMost is how long a producer that failed may take to say what became of
	// the rest; then its sockets are cut.
	drainMost = 5 * time.Second
)

// Shipper produces records. Make it with New.
type Shipper struct {
	cfg     kafka.Config
	log     *slog.Logger
	in      chan *pack.Record
	changed chan struct{}
	acked   atomic.Uint64
	stats   Stats

	// owned by Run
	queue    []*entry // sent and to be sent, oldest first
	careful  bool     // one record a request, to learn which of them is refused
	suspects int      // how many of the queue's oldest that takes

	mu      sync.Mutex
	trouble error // why nothing moves now, nil while it does
	at      time.Time
}

// Stats are counters of a shipper's life.
type Stats struct {
	Errors   atomic.Uint64 // failed attempts, of records and of connections
	Resent   atomic.Uint64 // records sent again
	Gaps     atomic.Uint64 // segments that Kafka refused for good
	GapBytes atomic.Uint64
}

type entry struct {
	rec     *pack.Record
	sent    bool // in this session
	done    bool
	refused error
}

// New makes a shipper.
func New(cfg kafka.Config, log *slog.Logger) *Shipper {
	return &Shipper{cfg: cfg, log: log, in: make(chan *pack.Record, InFlight+slack), changed: make(chan struct{}, 1)}
}

// Send hands a record over. It does not wait as long as at most InFlight records
// are not yet acknowledged.
func (s *Shipper) Send(r *pack.Record) { s.in <- r }

// Acked is the number of the newest record that is safe with all before it.
func (s *Shipper) Acked() uint64 { return s.acked.Load() }

// Changed is told after Acked has moved.
func (s *Shipper) Changed() <-chan struct{} { return s.changed }

// Stats are the counters; read them at any time.
func (s *Shipper) Stats() *Stats { return &s.stats }

// Trouble is since when nothing can be shipped, and why; nil when it can.
func (s *Shipper) Trouble() (since time.Time, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at, s.trouble
}

func (s *Shipper) troubled(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if (s.trouble == nil) != (err == nil) {
		s.at = time.Now()
		if err == nil {
			s.log.Info("Kafka takes records again")
		}
	}
	s.trouble = err
}

// Run produces until ctx ends; then the sockets are cut and what is not yet
// acknowledged is left alone.
func (s *Shipper) Run(ctx context.Context) error {
	pause := pauseFirst
	for {
		before := s.Acked()
		err := s.session(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it is the stop that ended the session
		}
		if errors.Is(err, errCleared) {
			continue
		}
		s.stats.Errors.Add(1)
		err = s.cfg.Explain(ctx, err)
		s.troubled(err)
		if s.Acked() != before {
			pause = pauseFirst
		}
		s.log.Warn("Kafka does not take records; trying again", "error", err, "waiting", len(s.queue), "within", pause)
		if !sleep.For(ctx, pause/2+rand.N(pause)) {
			return nil
		}
		pause = min(2*pause, pauseMost)
	}
}

// session is the life of one producer. It returns why that ended.
func (s *Shipper) session(ctx context.Context) error {
	conf, err := s.cfg.Sarama()
	if err != nil {
		return err
	}
	conf.ChannelBufferSize = InFlight
	if s.careful {
		conf.Producer.Flush.MaxMessages = 1
	}
	dialer := kafka.NewDialer()
	dialer.Use(conf)
	defer context.AfterFunc(ctx, dialer.Kill)()

	client, err := sarama.NewClient(s.cfg.Brokers, conf)
	if err != nil {
		return fmt.Errorf("ship: %w", err)
	}
	producer, err := sarama.NewAsyncProducerFromClient(client)
	if err != nil {
		return errors.Join(fmt.Errorf("ship: %w", err), client.Close())
	}
	err = s.produce(ctx, producer)
	// Nothing is inside Input now, so it may be closed, and only once.
	defer time.AfterFunc(drainMost, dialer.Kill).Stop()
	err = s.drain(producer, err)
	if cerr := client.Close(); cerr != nil && !errors.Is(cerr, sarama.ErrClosedClient) {
		err = errors.Join(err, cerr)
	}
	s.judge(err)
	return err
}

// produce sends what waits and then what comes, until something fails.
func (s *Shipper) produce(ctx context.Context, p sarama.AsyncProducer) error {
	for _, e := range s.queue {
		if e.sent {
			s.stats.Resent.Add(1)
		}
		e.sent, e.done = false, false
	}
	next := 0 // first of the queue that is not sent
	var msg *sarama.ProducerMessage
	for {
		var input chan<- *sarama.ProducerMessage
		if next < len(s.queue) {
			input = p.Input()
			if msg == nil {
				msg = message(s.queue[next])
			}
		}
		select {
		case r := <-s.in:
			s.queue = append(s.queue, &entry{rec: r})
		case input <- msg:
			s.queue[next].sent = true
			next++
			msg = nil
		case m := <-p.Successes():
			next -= s.settle(m)
			if s.careful && s.suspects <= 0 {
				return errCleared
			}
		case e := <-p.Errors():
			return s.failed(e)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func message(e *entry) *sarama.ProducerMessage {
	r := e.rec
	return &sarama.ProducerMessage{
		Topic:    topic.Raw,
		Key:      sarama.StringEncoder(r.Manifest.Host),
		Value:    sarama.ByteEncoder(r.Value),
		Headers:  []sarama.RecordHeader{{Key: []byte(record.Header), Value: r.Encoded}},
		Metadata: e,
	}
}

// settle notes that a record is safe and returns by how many records the queue
// got shorter.
func (s *Shipper) settle(m *sarama.ProducerMessage) int {
	m.Metadata.(*entry).done = true
	n := 0
	for n < len(s.queue) && s.queue[n].done {
		n++
	}
	if n == 0 {
		return 0
	}
	s.acked.Store(s.queue[n-1].rec.N)
	clear(s.queue[:n])
	s.queue = s.queue[n:]
	s.suspects -= n
	s.troubled(nil)
	select {
	case s.changed <- struct{}{}:
	default: // it was told already and has not looked yet
	}
	return n
}

func (s *Shipper) failed(e *sarama.ProducerError) error {
	if kafka.Classify(e.Err) == kafka.RecordPermanent {
		e.Msg.Metadata.(*entry).refused = e.Err
	}
	return fmt.Errorf("ship: %s: %w", e.Msg.Topic, e.Err)
}

// drain closes a producer and learns what became of everything it had.
func (s *Shipper) drain(p sarama.AsyncProducer, cause error) error {
	p.AsyncClose()
	successes, failures := p.Successes(), p.Errors()
	for successes != nil || failures != nil {
		select {
		case m, ok := <-successes:
			if !ok {
				successes = nil
				continue
			}
			s.settle(m)
		case e, ok := <-failures:
			if !ok {
				failures = nil
				continue
			}
			_ = s.failed(e) // the first error is the cause; this is its wake
		}
	}
	return cause
}

// errCleared ends a session that was careful: it is known of all suspects what they are.
var errCleared = errors.New("ship: no record is suspected any more")

// judge decides about records that Kafka refuses for good. A refusal is of a
// whole request, so at first all are sent again one by one.
func (s *Shipper) judge(err error) {
	if refusal := kafka.Classify(err) == kafka.RecordPermanent; !refusal || !s.careful {
		s.careful, s.suspects = refusal, len(s.queue)
		for _, e := range s.queue {
			e.refused = nil
		}
		return
	}
	s.replaceRefused()
}

// replaceRefused puts gaps in the places of records that Kafka will never take.
// They keep writer and number: if the record did arrive in spite of all, the gap
// is taken for its repetition and ignored.
func (s *Shipper) replaceRefused() {
	for _, e := range s.queue {
		if e.refused == nil {
			continue
		}
		gaps, bytes := 0, uint64(0)
		for _, seg := range e.rec.Manifest.Segments {
			gaps++
			bytes += seg.ValueLen()
		}
		s.stats.Gaps.Add(uint64(gaps))
		s.stats.GapBytes.Add(bytes)
		s.log.Error("Kafka refuses a record for good; a gap takes its place", "error", e.refused, "bytes", bytes, "seq", e.rec.Manifest.Seq)
		e.rec = pack.Gap(e.rec, "refused by Kafka: "+e.refused.Error())
		e.refused = nil
	}
}
