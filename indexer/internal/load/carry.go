package load

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/indexer/internal/letters"
	"github.com/millrace/millrace/indexer/internal/meter"
	"github.com/millrace/millrace/internal/elastic"
)

// Causes of retries.
const (
	causeOverload    = "overload"     // the store has too much to do
	causeUnavailable = "unavailable"  // it is away or refuses us
	causeItems       = "items"        // some documents of a request, again
	causeMisfit      = "misfit"       // documents that were repaired
	causeSplit       = "split"        // a body that was refused as a whole, in halves
	causeLetters     = "dead_letters" // Kafka does not take dead letters
)

const (
	// firstWait and longestWait bound the pause before a request is repeated. The
	// longest is also how late the end of an outage may be seen.
	firstWait   = 100 * time.Millisecond
	longestWait = 3 * time.Second
)

// errReturned says that nobody waits any more for what is being carried.
var errReturned = errors.New("given back")

// shipment is one bulk request: a load's body, or some of its documents.
type shipment struct {
	body    bulk.Content
	packed  bulk.Content // body as sent, once known
	docs    int
	indices []bulk.Index
	items   func() []bulk.Item
	tries   int // how often its documents were sent in vain
}

func shipmentOf(items []bulk.Item, tries int) *shipment {
	return &shipment{
		body: bulk.TextOf(items), docs: len(items), indices: bulk.IndicesOf(items),
		items: func() []bulk.Item { return items }, tries: tries,
	}
}

// carryAll carries one load after the other until ctx ends.
func (l *Loader) carryAll(ctx context.Context) {
	for {
		select {
		case d := <-l.loads:
			l.carry(ctx, d)
		case <-ctx.Done():
			return
		}
	}
}

// carry settles a load, or gives it back.
func (l *Loader) carry(ctx context.Context, d *load) {
	c := carrier{Loader: l, load: d}
	err := c.settle(ctx)
	for i := range d.works {
		w := &d.works[i]
		l.release(w)
		if err == nil {
			w.Owner.Settled(w.Offset)
		}
	}
}

// carrier is the state of one load on its way. It belongs to one goroutine.
type carrier struct {
	*Loader
	load *load
	// queue are the requests to make, aside the letters to write after them.
	queue []*shipment
	aside []letters.Letter
}

// settle makes requests until every document has its verdict, then writes the
// letters. It fails only with errReturned.
func (c *carrier) settle(ctx context.Context) error {
	for i := range c.load.works {
		if letter := c.load.works[i].Letter; letter != nil {
			c.aside = append(c.aside, *letter)
		}
	}
	if b := &c.load.body; b.Docs() > 0 {
		c.queue = append(c.queue, &shipment{body: b, docs: b.Docs(), indices: b.Indices(), items: b.Items})
	}
	err := c.ship(ctx)
	if err == nil {
		err = c.writeAside(ctx)
	}
	if err != nil {
		for _, s := range c.queue {
			c.meter.Returned.Add(float64(s.docs))
		}
		for i := range c.aside {
			c.meter.Returned.Add(float64(c.aside[i].Events))
		}
	}
	return err
}

// ship makes the requests of the queue, which may become more on the way. A
// shipment leaves the queue when it has its answer.
func (c *carrier) ship(ctx context.Context) error {
	for len(c.queue) > 0 {
		s := c.queue[0]
		results, err := c.send(ctx, s)
		if errors.Is(err, errReturned) {
			return err
		}
		c.queue = c.queue[1:]
		switch {
		case err != nil:
			c.split(s, err)
		case results == nil:
			c.meter.Out.WithLabelValues(meter.Created).Add(float64(s.docs))
		default:
			c.judge(s, results)
		}
	}
	return nil
}

// send repeats a request until the store has answered for its documents. Errors
// are errReturned, and answers that say that the body cannot be taken as a whole.
func (c *carrier) send(ctx context.Context, s *shipment) ([]bulk.Result, error) {
	if err := c.gate.enter(ctx); err != nil {
		return nil, errReturned
	}
	defer c.gate.leave() // also held while waiting: that is what slows us down
	for ; ; s.tries++ {
		if err := c.wait(ctx, s.tries); err != nil {
			return nil, err
		}
		results, err := c.attempt(ctx, s)
		if err == nil {
			c.feel(s, results)
			return results, nil
		}
		var e *elastic.Error
		switch {
		case errors.As(err, &e) && ofBody(e):
			return nil, err
		case errors.As(err, &e) && e.Status == http.StatusTooManyRequests:
			c.meter.Retries.WithLabelValues(causeOverload).Inc()
			c.gate.overloaded()
		case ctx.Err() != nil:
			return nil, errReturned
		default:
			c.meter.Retries.WithLabelValues(causeUnavailable).Inc()
			c.gate.away(err)
		}
	}
}

// ofBody reports whether an answer says that the body cannot be taken as a whole. A 400 that
// names no type is not the store's: something before it is at fault, and would be for all.
func ofBody(e *elastic.Error) bool {
	return e.Status == http.StatusRequestEntityTooLarge || e.Status == http.StatusBadRequest && e.Type != ""
}

// feel tells the gate how the store is: some documents may be refused for now
// though the request was taken.
func (c *carrier) feel(s *shipment, results []bulk.Result) {
	overloaded := false
	var items []bulk.Item
	for i := range results {
		r := &results[i]
		switch r.Verdict() {
		case bulk.Again:
			if r.Status != http.StatusTooManyRequests && r.Status != http.StatusServiceUnavailable {
				c.gate.away(errors.New(r.Cause())) // it is read-only, or does not allow it
				return
			}
			overloaded = true
		case bulk.Blocked:
			if items == nil {
				items = s.items()
			}
			if !c.late(&items[i]) {
				c.gate.away(errors.New(r.Cause()))
				return
			}
		}
	}
	if overloaded {
		c.gate.overloaded()
	} else {
		c.gate.good()
	}
}

// attempt makes one request, and before it the indices that it needs.
func (c *carrier) attempt(ctx context.Context, s *shipment) ([]bulk.Result, error) {
	for _, index := range s.indices {
		if err := c.store.Ensure(ctx, index); err != nil {
			// A 400 here is not about the documents: too many shards, for instance.
			return nil, unavailableError{err}
		}
	}
	if s.packed == nil {
		packed, err := c.store.Pack(s.body)
		if err != nil {
			return nil, err
		}
		s.packed = packed
	}
	start := time.Now()
	results, err := c.store.Bulk(ctx, s.packed, s.docs)
	c.meter.Bulk.Observe(time.Since(start).Seconds())
	c.meter.BulkBytes.Add(float64(s.packed.Size()))
	return results, err
}

// unavailableError hides the status of an answer that was not for the documents.
type unavailableError struct{ err error }

func (e unavailableError) Error() string { return e.err.Error() }

// wait pauses before try number tries, not before the first. It fails with
// errReturned when nobody waits any more.
func (c *carrier) wait(ctx context.Context, tries int) error {
	if tries > 0 {
		pause := min(firstWait<<min(tries-1, 10), longestWait)
		timer := time.NewTimer(pause/2 + rand.N(pause/2))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return errReturned
		}
	}
	if ctx.Err() != nil || c.load.gone() {
		return errReturned
	}
	return nil
}

// split halves a request that cannot be taken as a whole. A document that cannot be
// taken alone is put aside.
func (c *carrier) split(s *shipment, cause error) {
	items := s.items()
	if len(items) > 1 {
		c.meter.Retries.WithLabelValues(causeSplit).Inc()
		half := len(items) / 2
		c.queue = append(c.queue, shipmentOf(items[:half], 0), shipmentOf(items[half:], 0))
		return
	}
	reason := bulk.ReasonRefused
	var e *elastic.Error
	if errors.As(cause, &e) && e.Status == http.StatusRequestEntityTooLarge {
		reason = bulk.ReasonTooLarge
	}
	c.aside = append(c.aside, letters.Part(items, reason, cause.Error()))
}

// writeAside writes the letters, however long Kafka takes.
func (c *carrier) writeAside(ctx context.Context) error {
	for tries := 0; len(c.aside) > 0; tries++ {
		if err := c.wait(ctx, tries); err != nil {
			return err
		}
		rest, err := c.letters.Write(c.aside)
		written := tally(c.aside)
		for reason, n := range tally(rest) {
			written[reason] -= n
		}
		for reason, n := range written {
			c.meter.DeadLettered.WithLabelValues(reason).Add(float64(n))
		}
		c.aside = rest
		if err != nil {
			c.meter.Retries.WithLabelValues(causeLetters).Inc()
			c.log.Warn("dead letters cannot be written, waiting", "error", err)
		}
	}
	return nil
}

// tally counts the events of letters by reason.
func tally(list []letters.Letter) map[string]int {
	n := map[string]int{}
	for i := range list {
		n[list[i].Reason] += list[i].Events
	}
	return n
}
