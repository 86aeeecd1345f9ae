package load

import (
	"sync"

	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/indexer/internal/letters"
)

// pending is work of which some events have no verdict yet.
type pending struct {
	Work
	open     int  // how many those are
	returned bool // some were given back: it does not settle
}

// batch is what the ledger knows the work by.
func (p *pending) batch() *bulk.Batch {
	if p.Letter != nil {
		return p.Letter.Batch
	}
	return p.Batch
}

// ledger counts the events of records that did not all get their verdict with their load's
// first answer, wherever they are now: with a carrier, or waiting for their index. What
// holds an event says here what became of it, once. Safe for concurrent use.
type ledger struct {
	mu   sync.Mutex
	open map[*bulk.Batch]*pending
}

// enter takes works in, as copies: one that stays for long must not keep those around it.
// It returns those that have no open events.
func (g *ledger) enter(works []pending) (settled []pending) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, w := range works {
		if w.open > 0 {
			g.open[w.batch()] = &w
		} else {
			settled = append(settled, w)
		}
	}
	return settled
}

// close notes that events of some parts have their verdict, or were given back. It returns
// the works of which they were the last.
func (g *ledger) close(parts []bulk.Part, returned bool) (last []pending) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range parts {
		last = g.closeLocked(parts[i].Batch, parts[i].Docs(), returned, last)
	}
	return last
}

// closeLetters does the same for the events of letters.
func (g *ledger) closeLetters(list []letters.Letter, returned bool) (last []pending) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range list {
		last = g.closeLocked(list[i].Batch, list[i].Events, returned, last)
	}
	return last
}

func (g *ledger) closeLocked(b *bulk.Batch, events int, returned bool, last []pending) []pending {
	p := g.open[b]
	p.open -= events
	p.returned = p.returned || returned
	if p.open > 0 {
		return last
	}
	delete(g.open, b)
	return append(last, *p)
}

// gone reports whether nobody waits for a batch any more.
func (g *ledger) gone(b *bulk.Batch) bool {
	g.mu.Lock()
	owner := g.open[b].Owner
	g.mu.Unlock()
	return owner.Gone()
}

// works are those that parts belong to.
func (g *ledger) works(parts []bulk.Part) (works []pending) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range parts {
		works = append(works, *g.open[parts[i].Batch])
	}
	return works
}
