package load

import (
	"context"
	"errors"
	"time"

	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/internal/elastic"
)

// mostProbed bounds how many indices one request asks. What is left comes next.
const mostProbed = 32

// probe sends the first document of each line until it is taken, all in one request: to
// those that take nothing the store makes us wait, and so we wait once for all of them.
// It takes no place at the gate, or waiting indices would hold up the others. What
// stood behind a document that is taken goes to the carriers. It ends with ctx.
func (l *Loader) probe(ctx context.Context) {
	for tries := 1; ; tries++ {
		soon, err := l.turn(ctx, tries)
		if err != nil {
			return
		}
		if soon {
			tries = 1
		}
		l.giveBack(l.room.leave(l.ledger.gone))
		if l.ask(ctx) {
			tries = 0
		}
	}
}

// turn waits until the lines shall be asked: the later the longer they have been in vain,
// and soon when one is new. It fails only when ctx ends.
func (l *Loader) turn(ctx context.Context, tries int) (soon bool, err error) {
	timer := time.NewTimer(pauseBefore(tries))
	defer timer.Stop()
	for {
		due := timer.C
		if l.room.empty() {
			due = nil
		}
		select {
		case <-due:
			return soon, nil
		case <-l.room.begun:
			if !soon {
				soon = true
				timer.Reset(pauseBefore(1))
			}
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// ask is one such request. It reports whether any index has taken its document.
func (l *Loader) ask(ctx context.Context) bool {
	heads := l.room.heads(mostProbed)
	if len(heads) == 0 {
		return false
	}
	c := carrier{Loader: l, load: l.loadOf(heads), probing: true}
	c.carryOnce(ctx)
	parts, taken := l.room.release(heads)
	for len(parts) > 0 {
		n, size := 0, 0
		for ; n < len(parts) && size < l.cfg.FlushBytes; n++ {
			size += parts[n].Size()
		}
		l.carryLater(ctx, parts[:n])
		parts = parts[n:]
	}
	return taken
}

// loadOf makes a load of parts that the ledger knows.
func (l *Loader) loadOf(parts []bulk.Part) *load {
	d := &load{works: l.ledger.works(parts), entered: true}
	for _, p := range parts {
		d.body.AddPart(p)
	}
	return d
}

// carryLater hands parts to a carrier.
func (l *Loader) carryLater(ctx context.Context, parts []bulk.Part) {
	select {
	case l.loads <- l.loadOf(parts):
	case <-ctx.Done():
		l.giveBack(parts)
	}
}

// carryOnce sends a load of first documents once, and sees to what comes of it.
func (c *carrier) carryOnce(ctx context.Context) {
	s := &shipment{body: &c.load.body}
	results, err := c.attempt(ctx, s)
	var e *elastic.Error
	if err != nil && (!errors.As(err, &e) || !ofBody(e)) {
		c.meter.Retries.WithLabelValues(causeUnavailable).Inc()
		c.park(s.parts(), bulk.Refusal{}) // nobody has answered for them
		return
	}
	c.answered(s, results, err)
	_ = c.settle(ctx) // what is given back is given back
}
