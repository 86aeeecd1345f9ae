package live

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/sleep"
)

// MaxTails is how many tails there may be at once.
const MaxTails = 50

// Errors of Open.
var (
	// ErrFull means that there are MaxTails tails.
	ErrFull = errors.New("too many live tails at once")
	// ErrEnded means that the hub has ended.
	ErrEnded = errors.New("the server is ending")
)

const (
	// linger is how long reading goes on without a tail: a page that is loaded again
	// or a changed filter need no new consumer.
	linger = 5 * time.Second
	// retryFirst and retryMost bound the pause before reading begins anew.
	retryFirst = 200 * time.Millisecond
	retryMost  = 5 * time.Second
)

// Hub feeds all tails from one consumer. Make it with New.
type Hub struct {
	cfg     kafka.Config
	log     *slog.Logger
	metrics *metrics
	changed chan struct{} // tails were opened or closed

	mu    sync.Mutex
	tails []*Tail // replaced, never changed, so it can be read without the lock
	ended bool
}

// New makes a hub and starts nothing.
func New(cfg kafka.Config, log *slog.Logger, reg prometheus.Registerer) *Hub {
	return &Hub{cfg: cfg, log: obs.Component(log, "live"), metrics: newMetrics(reg), changed: make(chan struct{}, 1)}
}

// Open begins a tail. Whoever opens it closes it. Errors: ErrFull, ErrEnded.
func (h *Hub) Open(f Filter) (*Tail, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.ended:
		return nil, ErrEnded
	case len(h.tails) >= MaxTails:
		return nil, ErrFull
	}
	t := &Tail{hub: h, filter: newFilter(f), wake: make(chan struct{}, 1)}
	h.replaceLocked(append(slices.Clone(h.tails), t))
	return t, nil
}

func (h *Hub) remove(t *Tail) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.Index(h.tails, t); i >= 0 {
		h.replaceLocked(slices.Delete(slices.Clone(h.tails), i, i+1))
	}
}

func (h *Hub) replaceLocked(tails []*Tail) {
	h.tails = tails
	h.metrics.tails.Set(float64(len(tails)))
	select {
	case h.changed <- struct{}{}:
	default: // Run has not looked yet
	}
}

// open are the tails that there are now.
func (h *Hub) open() []*Tail {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tails
}

// Run feeds the tails until ctx ends. Then it ends them and returns nil.
func (h *Hub) Run(ctx context.Context) error {
	defer h.end()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.changed:
		}
		if len(h.open()) > 0 {
			h.feed(ctx)
		}
	}
}

// feed reads until nobody watches any more or ctx ends.
func (h *Hub) feed(ctx context.Context) {
	for pause := retryFirst; ; pause = min(2*pause, retryMost) {
		r := newReader(h)
		err := r.run(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		if r.listed {
			pause = retryFirst
		}
		h.log.Warn("the app topics cannot be followed; trying again", "error", err, "after", pause)
		for _, t := range h.open() {
			t.tell(func(u *Update) { u.Reading, u.Trouble = false, err })
		}
		if !sleep.For(ctx, pause/2+rand.N(pause)) {
			return
		}
		if len(h.open()) == 0 {
			return
		}
	}
}

// end tells every tail that nothing comes any more.
func (h *Hub) end() {
	h.mu.Lock()
	h.ended = true
	tails := h.tails
	h.mu.Unlock()
	for _, t := range tails {
		t.tell(func(u *Update) { u.Ended, u.Reading = true, false })
	}
}

// dispatch gives a record to all tails that may want it. behind is how many records of
// its partition are still to come.
func (h *Hub) dispatch(b *batch, behind int64) {
	for _, t := range h.open() {
		if !t.filter.admits(b.app, b.host) {
			continue
		}
		if !b.open() {
			h.metrics.unreadable.Inc()
			return
		}
		if behind > maxBehind {
			t.pass(len(b.lines))
			continue
		}
		t.offer(b)
	}
}
