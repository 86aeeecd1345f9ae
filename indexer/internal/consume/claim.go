package consume

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/indexer/internal/letters"
	"github.com/millrace/millrace/indexer/internal/load"
	"github.com/millrace/millrace/internal/inorder"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/deadletter"
)

// mostOpen bounds how many records of a partition are taken while one of them does not settle:
// one document may wait for its index for days. They cost 24 bytes each, and all of them come
// again after a crash.
const mostOpen = 1 << 16

// claim is one partition during one session. It implements load.Owner.
type claim struct {
	*Consumer
	session sarama.ConsumerGroupSession
	sarama.ConsumerGroupClaim

	mu      sync.Mutex
	tracker inorder.Tracker
	read    map[int64]time.Time // when the lines of each open record were read
	next    int64               // the offset to take next
	untaken int                 // 1 once a record was not handed over: the partition was taken away
	gone    bool
	idle    chan struct{} // closed when nothing is open and somebody waits for it
	below   chan struct{} // closed when fewer than mostOpen are, if that is waited for
}

// run takes records until the partition is taken away, then waits for what is in
// flight.
func (c *claim) run() {
	ctx := c.session.Context()
	messages := c.Messages()
	for {
		select {
		case m, ok := <-messages:
			if !ok || c.take(ctx, m) != nil {
				c.leave()
				return
			}
		case <-ctx.Done(): // Messages may stay open while a broker is away
			c.leave()
			return
		}
	}
}

// take hands one record to the sink.
func (c *claim) take(ctx context.Context, m *sarama.ConsumerMessage) error {
	if err := c.awaitBelow(ctx); err != nil {
		return err
	}
	if c.sink.Paused(m.Topic) { // it may be held for long, and would hold all that was fetched with it
		m = clone(m)
	}
	w := load.Work{Owner: c, Topic: m.Topic, Offset: m.Offset, Bytes: size(m)}
	origin := deadletter.Origin{Topic: m.Topic, Partition: m.Partition, Offset: m.Offset}
	b, err := c.decoder.Decode(header(m, batch.Header), m.Key, m.Value, origin)
	at := m.Timestamp
	if err != nil {
		letter := letters.Whole(m, reason(err), err.Error())
		w.Letter = &letter
	} else {
		w.Batch, at = b, b.Manifest.At
	}
	c.mu.Lock()
	c.tracker.Deliver(m.Offset, int(w.Bytes))
	c.read[m.Offset] = at
	c.next = m.Offset + 1
	c.mu.Unlock()
	err = c.sink.Take(ctx, w)
	if err != nil { // it settles never
		c.mu.Lock()
		c.untaken = 1
		delete(c.read, m.Offset)
		c.mu.Unlock()
	}
	return err
}

// awaitBelow waits while mostOpen records are open. It fails only when ctx ends.
func (c *claim) awaitBelow(ctx context.Context) error {
	c.mu.Lock()
	if c.tracker.Open() < mostOpen {
		c.mu.Unlock()
		return nil
	}
	below := make(chan struct{})
	c.below = below
	c.mu.Unlock()
	select {
	case <-below:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// openLocked is how many records were handed over and are not settled.
func (c *claim) openLocked() int { return c.tracker.Open() - c.untaken }

func reason(err error) string {
	var p *bulk.PoisonError
	if errors.As(err, &p) {
		return p.Reason
	}
	return bulk.ReasonRefused
}

// Settled implements load.Owner.
func (c *claim) Settled(offset int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return
	}
	c.meter.Delay.Observe(time.Since(c.read[offset]).Seconds())
	delete(c.read, offset)
	if next, grown := c.tracker.Done(offset); grown {
		c.session.MarkOffset(c.Topic(), c.Partition(), next, "")
	}
	if c.below != nil && c.tracker.Open() < mostOpen {
		close(c.below)
		c.below = nil
	}
	if c.idle != nil && c.openLocked() == 0 {
		close(c.idle)
		c.idle = nil
	}
}

// Gone implements load.Owner.
func (c *claim) Gone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}

// leave gives what is in flight some time, unless the store or an index of the topic takes
// nothing now, and lets go of the rest. Sarama commits what was marked.
func (c *claim) leave() {
	c.mu.Lock()
	idle := make(chan struct{})
	if c.openLocked() == 0 {
		close(idle)
	} else {
		c.idle = idle
	}
	c.mu.Unlock()
	if !c.sink.Paused(c.Topic()) {
		c.sink.Kick()
		timer := time.NewTimer(drainTime)
		defer timer.Stop()
		select {
		case <-idle:
		case <-timer.C:
			c.log.Warn("a partition is left before all of its records have settled; whoever has it next takes them again", "topic", c.Topic(), "partition", c.Partition())
		}
	}
	c.mu.Lock()
	c.gone = true
	c.mu.Unlock()
}

// lag is how many records are not taken, and how old the oldest open one is.
func (c *claim) lag(now time.Time) (records int64, age time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, at := range c.read {
		age = max(age, now.Sub(at))
	}
	return max(0, c.HighWaterMarkOffset()-c.next), age
}

// clone is a copy of a record in memory of its own.
func clone(m *sarama.ConsumerMessage) *sarama.ConsumerMessage {
	own := *m
	own.Key, own.Value, own.Headers = bytes.Clone(m.Key), bytes.Clone(m.Value), make([]*sarama.RecordHeader, len(m.Headers))
	for i, h := range m.Headers {
		own.Headers[i] = &sarama.RecordHeader{Key: bytes.Clone(h.Key), Value: bytes.Clone(h.Value)}
	}
	return &own
}

// header is the value of a record's header, nil if it has none.
func header(m *sarama.ConsumerMessage, key string) []byte {
	for _, h := range m.Headers {
		if string(h.Key) == key {
			return h.Value
		}
	}
	return nil
}

// size is how many bytes a record has.
func size(m *sarama.ConsumerMessage) int64 {
	n := len(m.Key) + len(m.Value)
	for _, h := range m.Headers {
		n += len(h.Key) + len(h.Value)
	}
	return int64(n)
}
