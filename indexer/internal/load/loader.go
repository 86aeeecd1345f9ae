package load

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

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

// RecordCost is what remembering a record takes besides its bytes, as measured. It counts
// in the budget: records of one short line are most of that.
const RecordCost = 640

// Work is one record: a batch, or a letter if it cannot be read.
type Work struct {
	Owner  Owner
	Topic  string
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
	budget *budget
	ledger ledger
	room   *room
	in     chan Work     // unbuffered: what waits is in the budget
	loads  chan *load    // unbuffered: a load that waits goes on growing
	kick   chan struct{} // holds one wish to send at once
}

// New makes a Loader and starts nothing.
func New(cfg Config, store Store, lw Letters, m *meter.Meter, log *slog.Logger, now func() time.Time) *Loader {
	b := newBudget(cfg.Budget)
	return &Loader{
		cfg: cfg, store: store, letters: lw, meter: m, log: log, now: now,
		gate:   newGate(cfg.InFlight, m, log),
		budget: b,
		ledger: ledger{open: map[*bulk.Batch]*pending{}},
		room:   newRoom(b, m, log, now),
		in:     make(chan Work),
		loads:  make(chan *load),
		kick:   make(chan struct{}, 1),
	}
}

// Take hands work over. It waits while the budget is used up, or its topic's share of it,
// and fails only when ctx ends.
func (l *Loader) Take(ctx context.Context, w Work) error {
	w.Bytes = min(w.Bytes+RecordCost, l.cfg.Budget) // a record above the budget goes alone
	if err := l.budget.acquire(ctx, w.Topic, w.Bytes); err != nil {
		return err
	}
	l.meter.InFlight.Add(float64(w.Bytes))
	events := w.events()
	select {
	case l.in <- w:
		l.meter.In.Add(float64(events))
		return nil
	case <-ctx.Done():
		l.release(pending{Work: w})
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

// Paused reports whether there is no use in waiting for what a topic has here: the store was
// away when last asked, or documents wait for their index.
func (l *Loader) Paused(topic string) bool { return l.gate.isPaused() || l.budget.waits(topic) }

// Run carries work until ctx ends. What is not settled then is not settled.
func (l *Loader) Run(ctx context.Context) error {
	var g errgroup.Group
	g.Go(func() error { l.pack(ctx); return nil })
	g.Go(func() error { l.probe(ctx); return nil })
	for range l.cfg.InFlight {
		g.Go(func() error { l.carryAll(ctx); return nil })
	}
	err := g.Wait()
	l.giveBack(l.room.leave(func(*bulk.Batch) bool { return true }))
	return err
}

// release gives the works' bytes back to the budget.
func (l *Loader) release(works ...pending) {
	var bytes int64
	for i := range works {
		bytes += works[i].Bytes
	}
	l.meter.InFlight.Sub(float64(bytes))
	l.budget.release(works)
}

// end settles works whose events have all their verdict, or were given back.
func (l *Loader) end(works ...pending) {
	if len(works) == 0 {
		return
	}
	l.release(works...)
	for i := range works {
		if w := &works[i]; !w.returned {
			w.Owner.Settled(w.Offset)
		}
	}
}

// done notes that documents have their verdict.
func (l *Loader) done(parts []bulk.Part) { l.end(l.ledger.close(parts, false)...) }

// giveBack lets documents go that nobody waits for any more.
func (l *Loader) giveBack(parts []bulk.Part) {
	for i := range parts {
		l.meter.Returned.Add(float64(parts[i].Docs()))
	}
	l.end(l.ledger.close(parts, true)...)
}

// load is a bulk body together with the work that it carries.
type load struct {
	body  bulk.Body
	works []pending
	// entered: the ledger knows the works, and settles them one by one. Otherwise they have
	// been together since they came, and are settled together.
	entered bool
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

// giveBackAll lets a load go that the ledger does not know.
func (l *Loader) giveBackAll(d *load) {
	for i := range d.works {
		d.works[i].returned = true
		l.meter.Returned.Add(float64(d.works[i].open))
	}
	l.end(d.works...)
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
			d, due = &load{works: make([]pending, 0, len(d.works))}, false // the next is much like it
		case <-timer.C:
			due = true
		case <-l.kick:
			due = len(d.works) > 0
		case <-ctx.Done():
			timer.Stop()
			l.giveBackAll(d)
			return
		}
	}
}

func (l *Loader) add(d *load, w Work) {
	p := pending{Work: w, open: w.events()}
	if w.Batch != nil {
		if expired := d.body.Add(w.Batch, l.now()); expired > 0 {
			l.meter.Dropped.WithLabelValues(bulk.ReasonExpired).Add(float64(expired))
			p.open -= expired
		}
	}
	d.works = append(d.works, p)
}
