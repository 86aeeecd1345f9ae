package tail

import (
	"container/list"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/follow"
	"github.com/millrace/millrace/agent/internal/frame"
	"github.com/millrace/millrace/agent/internal/pack"
	"github.com/millrace/millrace/agent/internal/ship"
	"github.com/millrace/millrace/agent/internal/state"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
)

const (
	// turnBytes is what one file may read while others wait.
	turnBytes = 64 << 10
	// pollAdrift is how often files without a path are looked at.
	pollAdrift = 100 * time.Millisecond
	// drainTime is how long a stop waits for Kafka.
	drainTime = 5 * time.Second
	// syncEvery is what a power failure may cost.
	syncEvery = time.Second
	// forgetAfter is how long a file that nobody sees is remembered.
	forgetAfter = 24 * time.Hour
	// mostBuried is how many files are remembered at most that have gone for good, so that
	// their compressed copies are known for what they are: about 10 MB of them.
	mostBuried = 10_000
)

// Config is what a tailer is told.
type Config struct {
	Host, HostID string
	Writer       record.Writer
	Allow        find.Allow
	UnackedBytes int // that may be read and not yet acknowledged
	OpenFiles    int
	// CPULimit is how many cores the process may take; beyond it reading waits. 0: any.
	CPULimit float64
	// DeletedFiles and DeletedBytes bound what deleted files that are held open may be,
	// and take of the disk.
	DeletedFiles int
	DeletedBytes uint64
	Grace        time.Duration
	// Spools is the folder of the spools of inputs: files that are ours from their
	// first byte on. Empty: there are none.
	Spools string
}

// Shipper takes records and says which are safe; *ship.Shipper is one.
type Shipper interface {
	// Send takes a record without waiting, for at most ship.InFlight of them.
	Send(*pack.Record)
	Acked() uint64
	Changed() <-chan struct{}
}

// Tailer reads files. Make it with New.
type Tailer struct {
	cfg    Config
	log    *slog.Logger
	state  *state.Log
	ship   Shipper
	events <-chan []find.Event
	dirty  *find.Dirty
	sets   <-chan follow.Set
	ask    chan func()

	framers map[framerKey]frame.Framer
	builder *pack.Builder
	scratch [state.PrintBytes]byte

	set     follow.Set
	views   map[string]*collect.AgentView
	files   map[record.SourceID]*file
	inodes  map[uint64][]*file
	reals   map[string]*file
	left    map[string]*file              // which file had a path last that it has no longer
	folders map[string]map[*file]struct{} // files by the folder they lie in
	listed  *listing                      // of the newest crowded folder; nil: there is none
	adrift  map[*file]struct{}
	limits  map[string]*limit  // of collections
	waiting map[*file]struct{} // files whose newest event may go on
	held    map[*file]struct{} // files held back: they may be copies
	packed  map[*file]struct{} // compressed files that are not yet read
	// unpacking is the one of them that is read now.
	unpacking *file
	opened    *list.List         // open files, least recently read first
	queue     []*file            // files that may have something to read
	refused   map[string]refusal // by the path that a glob matches
	told      map[refusedFor]int // how many of them the log says

	scans   uint64 // scans that have ended
	problem map[string]error

	round // of reading what notices told of
	brake brake

	flight      []*pack.Record
	flightBytes int
	counts      counts
	owed        time.Time   // since when the state log holds back acknowledgements; zero: it does not
	unsynced    atomic.Bool // the state log was written since the last sync
}

// New makes a tailer on an open state log.
func New(cfg Config, log *slog.Logger, st *state.Log, ship Shipper, events <-chan []find.Event, dirty *find.Dirty, sets <-chan follow.Set) *Tailer {
	t := &Tailer{
		cfg: cfg, log: log, state: st, ship: ship, events: events, dirty: dirty, sets: sets, ask: make(chan func()),
		framers: map[framerKey]frame.Framer{}, waiting: map[*file]struct{}{}, limits: map[string]*limit{}, builder: pack.New(cfg.Host, cfg.Writer),
		views: map[string]*collect.AgentView{}, files: map[record.SourceID]*file{}, inodes: map[uint64][]*file{},
		brake: newBrake(cfg.CPULimit), reals: map[string]*file{}, left: map[string]*file{}, folders: map[string]map[*file]struct{}{}, held: map[*file]struct{}{}, packed: map[*file]struct{}{}, adrift: map[*file]struct{}{}, opened: list.New(), refused: map[string]refusal{}, told: map[refusedFor]int{},
	}
	for _, src := range st.Sources() {
		f := newFile(src)
		f.from, f.away = t.origin(f.name), true
		t.know(f)
	}
	for _, f := range t.files {
		f.before = t.files[f.src.Before]
		// Of several that had a path, the youngest had it last.
		if last := t.left[f.src.Left]; f.src.Left != "" && (last == nil || last.src.Key.Birth < f.src.Key.Birth) {
			t.leave(f, f.src.Left)
		}
	}
	return t
}

// know adds a file to the tables.
func (t *Tailer) know(f *file) {
	t.files[f.src.ID] = f
	if f.src.Buried() {
		return
	}
	t.inodes[f.src.Key.Inode] = append(t.inodes[f.src.Key.Inode], f)
	if real := f.real; real != "" {
		f.real = ""
		t.place(f, real)
	}
}

// Run reads until ctx ends. Then it ships what it has read and waits for Kafka up
// to 5 s.
//
//	find ──events──►┐                       ┌──records──► ship ──► Kafka
//	                │  loop (owns all files) │              │
//	follow ──sets──►┘        │              └◄───acked──────┘
//	                     state log ◄── sync (fdatasync each second)
func (t *Tailer) Run(ctx context.Context) error {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { t.syncLoop(stop) }) // ends when stop is closed below
	t.recover()
	t.loop(ctx)
	t.drain()
	close(stop)
	wg.Wait()
	for e := t.opened.Front(); e != nil; e = t.opened.Front() {
		t.close(e.Value.(*file))
	}
	return ctx.Err()
}

func (t *Tailer) loop(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var poll time.Time
	for ctx.Err() == nil {
		now := time.Now()
		t.keepTime(now)
		if len(t.adrift)+len(t.held)+len(t.waiting)+len(t.packed) > 0 && now.Sub(poll) >= pollAdrift {
			poll = now
			t.pollAdrift(now)
			t.pollWaiting(now)
			t.nextPacked(now)
			for f := range t.held {
				if f.mayTell(now) {
					t.enqueue(f)
				}
			}
		}
		if len(t.queue) > 0 && t.mayRead() && !t.brake.holds(now) {
			t.poll()
			t.next(now)
			continue
		}
		timer.Reset(t.pause(now, poll))
		select {
		case <-ctx.Done():
		case <-timer.C:
			t.flush(time.Now())
		case events := <-t.events:
			t.take(events)
		case <-t.dirty.Wake():
			t.begin(time.Now())
		case set := <-t.sets:
			t.adopt(set)
		case <-t.ship.Changed():
			t.settle()
		case ask := <-t.ask:
			ask()
		}
	}
}

// poll takes one thing that waits, without waiting for any.
func (t *Tailer) poll() {
	select {
	case events := <-t.events:
		t.take(events)
	case <-t.dirty.Wake():
		t.begin(time.Now())
	case set := <-t.sets:
		t.adopt(set)
	case <-t.ship.Changed():
		t.settle()
	case ask := <-t.ask:
		ask()
	default:
	}
}

// pause is how long nothing has to be done unless something happens.
func (t *Tailer) pause(now, polled time.Time) time.Duration {
	d := 10 * time.Second
	if due := t.due(); !due.IsZero() {
		d = min(d, due.Sub(now))
	}
	if wait := t.brake.until.Sub(now); wait > 0 && len(t.queue) > 0 {
		d = min(d, wait)
	}
	if t.restless() {
		d = min(d, pollAdrift-now.Sub(polled))
	}
	if _, err := t.state.Failures(); err != nil {
		d = min(d, syncEvery)
	} else if !t.owed.IsZero() {
		d = min(d, t.owed.Add(syncEvery).Sub(now))
	}
	return max(d, time.Millisecond)
}

// restless reports whether there are files to look at without being told.
func (t *Tailer) restless() bool {
	if len(t.held)+len(t.waiting) > 0 || len(t.packed) > 0 && t.unpacking == nil {
		return true
	}
	for f := range t.adrift {
		if !f.resting {
			return true
		}
	}
	return false
}

func (t *Tailer) mayRead() bool {
	return len(t.flight) < ship.InFlight && t.flightBytes < t.cfg.UnackedBytes
}

func (t *Tailer) enqueue(f *file) {
	if !f.queued {
		f.queued = true
		t.queue = append(t.queue, f)
	}
}

// next gives the file that has waited longest its turn.
func (t *Tailer) next(now time.Time) {
	f := t.queue[0]
	t.queue[0] = nil
	t.queue = t.queue[1:]
	f.queued = false
	if t.turn(f, now) {
		t.enqueue(f)
	}
}

// closeRecord writes the intent of the open record and hands it over.
func (t *Tailer) closeRecord(now time.Time) {
	if t.builder.Empty() {
		return
	}
	r, sums := t.builder.Close(now)
	var ended []*file // packed files whose last lines it has
	for i := range r.Manifest.Segments {
		f := t.files[r.Manifest.Segments[i].Src]
		if f == nil {
			continue
		}
		if f.unsaved {
			f.unsaved = false
			f.src.Print, f.src.PrintLen, f.src.Mark, f.src.MarkOff = f.print, f.printed, f.mark, f.markOff
			t.state.Put(f.src)
		}
		if f.zip != nil && f.zip.ending {
			ended = append(ended, f)
		}
	}
	r.N = t.state.Intend(r.Manifest, r.Encoded, sums)
	t.owed = time.Time{}
	for _, f := range ended {
		t.noteEnd(f)
	}
	t.unsynced.Store(true)
	t.send(r)
}

func (t *Tailer) send(r *pack.Record) {
	t.flight = append(t.flight, r)
	t.flightBytes += r.Size()
	t.ship.Send(r)
}

// settle takes note of what is safe in Kafka.
func (t *Tailer) settle() {
	acked := t.ship.Acked()
	n := 0
	for n < len(t.flight) && t.flight[n].N <= acked {
		r := t.flight[n]
		t.counts.shipped(r)
		t.flightBytes -= r.Size()
		t.builder.Recycle(r.Value)
		n++
	}
	if n == 0 {
		return
	}
	clear(t.flight[:n])
	t.flight = t.flight[n:]
	t.state.Ack(acked)
	if t.owed.IsZero() {
		t.owed = time.Now()
	}
}

// flush writes what the state log holds back: what the disk did not take, and
// acknowledgements that no intent has taken along for a while. To write each by itself
// costs a quiet file as much as its line.
func (t *Tailer) flush(now time.Time) {
	switch _, err := t.state.Failures(); {
	case err == nil && !t.state.Pending():
		t.owed = time.Time{}
	case err != nil || now.Sub(t.owed) >= syncEvery:
		t.owed = time.Time{}
		t.unsynced.Store(true)
		t.state.Flush()
	}
}

// drain ships what was read and waits for it.
func (t *Tailer) drain() {
	t.closeRecord(time.Now())
	t.lookAround(time.Now())
	over := time.NewTimer(drainTime)
	defer over.Stop()
	for len(t.flight) > 0 {
		select {
		case <-t.ship.Changed():
			t.settle()
		case ask := <-t.ask:
			ask()
		case <-over.C:
			t.log.Warn("stopping with records that Kafka has not acknowledged; they are sent again at the next start", "records", len(t.flight))
			return
		}
	}
}

// syncLoop makes the state log survive power failures. It runs beside the loop
// because a disk may take long.
func (t *Tailer) syncLoop(stop <-chan struct{}) {
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		if !t.unsynced.Swap(false) {
			continue
		}
		err := t.state.Sync()
		if err != nil && !failing {
			t.log.Error("the state log cannot be synced", "error", err)
		}
		failing = err != nil
	}
}

// Status tells how all files fare, and of so many of the worst each by itself. The error
// is ctx's.
func (t *Tailer) Status(ctx context.Context, most int) (Status, error) {
	return asked(ctx, t, func() Status { return t.status(most) })
}

// asked is what f returns when the loop calls it.
func asked[T any](ctx context.Context, t *Tailer, f func() T) (T, error) {
	reply := make(chan T, 1)
	select {
	case t.ask <- func() { reply <- f() }:
		return <-reply, nil
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
