package load

import (
	"context"
	"log/slog"
	"sync"

	"github.com/millrace/millrace/indexer/internal/meter"
)

// gate bounds how many requests run at once: fewer at once when the store is
// overloaded, one more after each calm round. It also knows whether the store is
// away. Safe for concurrent use.
type gate struct {
	tokens chan struct{}
	meter  *meter.Meter
	log    *slog.Logger

	mu     sync.Mutex
	most   int
	limit  int
	debt   int // tokens to keep when they come back
	calm   int // good answers since the limit last changed
	paused bool
}

func newGate(most int, m *meter.Meter, log *slog.Logger) *gate {
	g := &gate{tokens: make(chan struct{}, most), meter: m, log: log, most: most, limit: most}
	for range most {
		g.tokens <- struct{}{}
	}
	m.Concurrency.Set(float64(most))
	return g
}

// enter waits for a place.
func (g *gate) enter(ctx context.Context) error {
	select {
	case <-g.tokens:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave gives the place back.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.debt > 0 {
		g.debt--
		return
	}
	g.tokens <- struct{}{} // has room: it was taken from there
}

// good notes an answer without overload.
func (g *gate) good() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.paused {
		g.setPausedLocked(false)
		g.log.Info("search store answers again")
	}
	if g.limit == g.most {
		return
	}
	if g.calm++; g.calm < g.limit {
		return
	}
	g.limit++
	g.calm = 0
	if g.debt > 0 {
		g.debt--
	} else {
		g.tokens <- struct{}{} // has room: limit was below most
	}
	g.meter.Concurrency.Set(float64(g.limit))
}

// overloaded halves the limit.
func (g *gate) overloaded() { g.shrink(2) }

// away notes that the store cannot be reached or refuses everything.
func (g *gate) away(err error) {
	g.mu.Lock()
	if !g.paused {
		g.setPausedLocked(true)
		g.log.Warn("search store is away, waiting", "error", err)
	}
	g.mu.Unlock()
	g.shrink(g.most)
}

// shrink divides the limit, down to one.
func (g *gate) shrink(by int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	limit := max(1, g.limit/by)
	g.debt += g.limit - limit
	g.limit, g.calm = limit, 0
	g.meter.Concurrency.Set(float64(limit))
}

func (g *gate) setPausedLocked(paused bool) {
	g.paused = paused
	g.meter.Paused.Set(map[bool]float64{true: 1}[paused])
}

// isPaused reports whether the store was away when last asked.
func (g *gate) isPaused() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.paused
}
