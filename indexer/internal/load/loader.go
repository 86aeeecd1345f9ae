package load

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/indexer/internal/letters"
	"github.com/millrace/millrace/indexer/internal/meter"
)

// Config is the part of the indexer's configuration that a Loader needs.
type Config struct {
	FlushBytes int
	FlushEvery time.Duration
	InFlight   int
	Budget     int64
}

// Store is where documents go.
type Store interface {
	Pack(body bulk.Content) (bulk.Content, error)
	Bulk(ctx context.Context, packed bulk.Content, docs int) ([]bulk.Result, error)
	Ensure(ctx context.Context, index bulk.Index) error
	Forget(index string)
}

// Letters is where dead letters go; see letters.Writer.
type Letters interface {
	Write([]letters.Letter) ([]letters.Letter, error)
}

// Owner is the partition that a record came from. Both are called from any
// goroutine.
type Owner interface {
	// Settled says that the record at offset is done with.
	Settled(offset int64)
	// Gone reports that nobody waits any more: the record is delivered again.
	Gone() bool
}

// Work is one record: a batch, or a letter if it cannot be read.
type Work struct {
	Owner  Owner
	Offset int64
	Bytes  int64
	Batch  *bulk.Batch
	Letter *letters.Letter
}

func (w *Work) events() int {
	if w.Batch == nil {
		return w.Letter.Events
	}
	return len(w.Batch.Manifest.IDs)
}

// Loader loads work into the store.
type Loader struct {
	cfg     Config
	store   Store
	letters Letters
	meter   *meter.Meter
	log     *slog.Logger
	now     func() time.Time

	gate   *gate
	budget *semaphore.Weighted
	in     chan Work     // unbuffered: what waits is in the budget
	loads  chan *load    // unbuffered: a load that waits goes on growing
	kick   chan struct{} // holds one wish to send at once
}

// New makes a Loader and starts nothing.
func New(cfg Config, store Store, lw Letters, m *meter.Meter, log *slog.Logger, now func() time.Time) *Loader {
	return &Loader{
		cfg: cfg, store: store, letters: lw, meter: m, log: log, now: now,
		gate:   newGate(cfg.InFlight, m, log),
		budget: semaphore.NewWeighted(cfg.Budget),
		in:     make(chan Work),
		loads:  make(chan *load),
		kick:   make(chan struct{}, 1),
	}
}

// Take hands work over. It waits while the budget is used up and fails only when
// ctx ends.
func (l *Loader) Take(ctx context.Context, w Work) error {
	w.Bytes = min(w.Bytes, l.cfg.Budget) // a record above the budget goes alone
	if err := l.budget.Acquire(ctx, w.Bytes); err != nil {
		return err
	}
	l.meter.InFlight.Add(float64(w.Bytes))
	events := w.events()
	select {
	case l.in <- w:
		l.meter.In.Add(float64(events))
		return nil
	case <-ctx.Done():
		l.release(&w)
		return ctx.Err()
	}
}

// Kick makes the Loader send what it holds without waiting for more.
func (l *Loader) Kick() {
	select {
	case l.kick <- struct{}{}:
	default: // a wish is waiting already
	}
}

// Paused reports whether the store was away when last asked.
func (l *Loader) Paused() bool { return l.gate.isPaused() }

// Run carries work until ctx ends. What is not settled then is not settled.
func (l *Loader) Run(ctx context.Context) error {
	var g errgroup.Group
	g.Go(func() error { l.pack(ctx); return nil })
	for range l.cfg.InFlight {
		g.Go(func() error { l.carryAll(ctx); return nil })
	}
	return g.Wait()
}

// release gives the work's bytes back to the budget.
func (l *Loader) release(w *Work) {
	l.meter.InFlight.Sub(float64(w.Bytes))
	l.budget.Release(w.Bytes)
}

// load is a bulk body together with the work that it carries.
type load struct {
	body  bulk.Body
	works []Work
}

// gone reports whether nobody waits for any of the load.
func (d *load) gone() bool {
	for i := range d.works {
		if !d.works[i].Owner.Gone() {
			return false
		}
	}
	return true
}

// pack grows loads and hands them to the carriers: a load goes when it is full or
// old enough and a carrier is free; until then it grows. It ends with ctx.
func (l *Loader) pack(ctx context.Context) {
	timer := time.NewTimer(l.cfg.FlushEvery)
	timer.Stop()
	d := new(load)
	due := false
	for {
		in, out := l.in, chan *load(nil)
		full := d.body.Size() >= l.cfg.FlushBytes
		if full {
			in = nil
		}
		if full || due {
			out = l.loads
		}
		select {
		case w := <-in:
			if len(d.works) == 0 {
				timer.Reset(l.cfg.FlushEvery)
			}
			l.add(d, w)
		case out <- d:
			timer.Stop()
			d, due = new(load), false
		case <-timer.C:
			due = true
		case <-l.kick:
			due = len(d.works) > 0
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

func (l *Loader) add(d *load, w Work) {
	d.works = append(d.works, w)
	if w.Batch == nil {
		return
	}
	if expired := d.body.Add(w.Batch, l.now()); expired > 0 {
		l.meter.Dropped.WithLabelValues(bulk.ReasonExpired).Add(float64(expired))
	}
}
