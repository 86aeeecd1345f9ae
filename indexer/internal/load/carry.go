package load

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
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
	causeIndex       = "index"        // documents of one index, which wait for it
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

// carry settles a load, or gives it back. What has to wait for its index it leaves in the room.
func (l *Loader) carry(ctx context.Context, d *load) {
	c := carrier{Loader: l, load: d}
	if slices.ContainsFunc(d.works, func(w pending) bool { return w.Letter != nil }) {
		c.enter()
		for i := range d.works {
			if letter := d.works[i].Letter; letter != nil {
				c.aside = append(c.aside, *letter)
			}
		}
	}
	if l.room.shut.Load() > 0 {
		c.enter()
		l.room.divert(&d.body)
	}
	c.queue = append(c.queue, &shipment{body: &d.body})
	err := c.settle(ctx)
	switch {
	case d.entered:
	case err != nil:
		l.giveBackAll(d)
	default:
		l.end(d.works...)
	}
}

// carrier is the state of one load on its way. It belongs to one goroutine.
type carrier struct {
	*Loader
	load *load
	// queue are the requests to make, aside the letters to write after them.
	queue []*shipment
	aside []letters.Letter
	// probing: the documents are first ones of their lines, and go back to there.
	probing bool
}

// enter has the works settled one by one from now on.
func (c *carrier) enter() {
	if !c.load.entered {
		c.load.entered = true
		c.end(c.ledger.enter(c.load.works)...)
	}
}

// settle makes requests until no document is left, then writes the letters. It fails only
// with errReturned, and has given back then what was left.
func (c *carrier) settle(ctx context.Context) error {
	err := c.ship(ctx)
	if err == nil {
		err = c.writeAside(ctx)
	}
	if err == nil || !c.load.entered {
		return err
	}
	for _, s := range c.queue {
		c.giveBack(s.parts())
	}
	for i := range c.aside {
		c.meter.Returned.Add(float64(c.aside[i].Events))
	}
	c.end(c.ledger.closeLetters(c.aside, true)...)
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
		c.answered(s, results, err)
	}
	return nil
}

// answered deals with the store's answer for a shipment, if it has sent any.
func (c *carrier) answered(s *shipment, results []bulk.Result, err error) {
	switch {
	case err != nil:
		c.enter()
		c.split(s, err)
	case results != nil:
		c.enter()
		c.judge(s, results)
	case s.docs() > 0:
		c.gate.good()
		c.meter.Out.WithLabelValues(meter.Created).Add(float64(s.docs()))
		if c.load.entered {
			c.done(s.parts())
		}
	}
}

// send repeats a request until the store has answered for its documents. Errors
// are errReturned, and answers that say that the body cannot be taken as a whole.
func (c *carrier) send(ctx context.Context, s *shipment) ([]bulk.Result, error) {
	if s.docs() == 0 {
		return nil, nil
	}
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

// attempt makes one request, and before it the indices that it needs. There is no result
// where none of them can be made.
func (c *carrier) attempt(ctx context.Context, s *shipment) ([]bulk.Result, error) {
	for _, index := range slices.Clone(s.indices()) {
		err := c.store.Ensure(ctx, index)
		var e *elastic.Error
		switch {
		case err == nil:
		case errors.As(err, &e) && ofIndex(e):
			c.enter()
			c.park(s.cut(index.Name), bulk.Refusal{Cause: bulk.WaitMissing, Text: e.Error()})
		default:
			return nil, unavailableError{err}
		}
	}
	if s.docs() == 0 {
		return nil, nil
	}
	if s.packed == nil {
		packed, err := c.store.Pack(s.content())
		if err != nil {
			return nil, err
		}
		s.packed = packed
	}
	start := time.Now()
	results, err := c.store.Bulk(ctx, s.packed, s.docs())
	c.meter.Bulk.Observe(time.Since(start).Seconds())
	c.meter.BulkBytes.Add(float64(s.packed.Size()))
	return results, err
}

// ofIndex reports whether an answer says that one index cannot be made: there are too many
// shards, for instance, it matches a broken template, somebody forbids it, or has deleted it
// meanwhile. What is wrong with the store as a whole is not meant.
func ofIndex(e *elastic.Error) bool {
	switch e.Status {
	case http.StatusBadRequest:
		return e.Type != "" // else it is of a proxy
	case http.StatusForbidden, http.StatusNotFound:
		return true
	}
	return false
}

// unavailableError hides the status of an answer that was not for the documents.
type unavailableError struct{ err error }

func (e unavailableError) Error() string { return e.err.Error() }

// pauseBefore is the pause after so many tries, at least one, that were in vain.
func pauseBefore(tries int) time.Duration {
	pause := min(firstWait<<min(tries-1, 10), longestWait)
	return pause/2 + rand.N(pause/2)
}

// wait pauses before try number tries, not before the first. It fails with
// errReturned when nobody waits any more.
func (c *carrier) wait(ctx context.Context, tries int) error {
	if tries > 0 {
		timer := time.NewTimer(pauseBefore(tries))
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
