package load

import (
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/indexer/internal/meter"
)

// room is where documents wait that their index refuses for now, in a line for each index.
// It holds parts, not text, and what they cost stays in the budget. Where an index takes
// nothing at all, what comes for it joins its line unasked. Safe for concurrent use.
type room struct {
	budget *budget
	meter  *meter.Meter
	log    *slog.Logger
	now    func() time.Time

	begun chan struct{} // holds one notice that a line has begun
	shut  atomic.Int64  // how many lines are of indices that take nothing

	mu    sync.Mutex
	lines map[string]*line
	order []*line // that was asked for longest first
}

// line is the documents that wait for one index.
type line struct {
	index string
	why   bulk.Refusal
	since time.Time
	parts []bulk.Part
	docs  int       // in parts, and the one that is out
	out   bool      // its first document is on its way to the index
	told  time.Time // when it was logged last
}

func newRoom(b *budget, m *meter.Meter, log *slog.Logger, now func() time.Time) *room {
	r := &room{budget: b, meter: m, log: log, now: now, begun: make(chan struct{}, 1), lines: map[string]*line{}}
	r.publishLocked() // nobody else has it yet
	return r
}

// park lets documents wait that an index refused. They stand behind those that wait already,
// so the first of a line is one that was refused itself: once it is taken, so may the others be.
func (r *room) park(index string, parts []bulk.Part, why bulk.Refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ln := r.lines[index]
	if ln == nil {
		ln = &line{index: index, since: r.now()}
		r.lines[index] = ln
		r.order = append(r.order, ln)
		select {
		case r.begun <- struct{}{}:
		default: // a notice is there already
		}
	}
	ln.why = why
	r.addLocked(ln, parts...)
	r.publishLocked()
}

// divert takes out of a body what its index would not take, and lets it wait.
func (r *room) divert(body *bulk.Body) {
	r.mu.Lock()
	defer r.mu.Unlock()
	parts := body.Cut(func(index string) bool {
		ln := r.lines[index]
		return ln != nil && ln.why.Whole()
	})
	for i := range parts {
		r.addLocked(r.lines[parts[i].Index()], parts[i])
	}
	if len(parts) > 0 {
		r.publishLocked()
	}
}

func (r *room) addLocked(ln *line, parts ...bulk.Part) {
	ln.parts = append(ln.parts, parts...)
	for i := range parts {
		ln.docs += parts[i].Docs()
		r.budget.wait(parts[i].Batch.Origin.Topic, parts[i].Docs())
	}
}

// removeLocked notes that documents do not wait any more that are not in the line already.
func (r *room) removeLocked(ln *line, parts ...bulk.Part) {
	for i := range parts {
		ln.docs -= parts[i].Docs()
		r.budget.wait(parts[i].Batch.Origin.Topic, -parts[i].Docs())
	}
}

// has reports whether documents wait for an index.
func (r *room) has(index string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lines[index] != nil
}

// empty reports whether nothing waits.
func (r *room) empty() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.lines) == 0
}

// heads takes the first document of each line out, of most lines at most.
func (r *room) heads(most int) (heads []bulk.Part) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(most, len(r.order))
	for _, ln := range r.order[:n] {
		heads = append(heads, ln.parts[0].Head())
		ln.out = true
		if ln.parts[0].Docs() == 0 {
			ln.parts = ln.parts[1:]
		}
	}
	r.order = slices.Concat(r.order[n:], r.order[:n])
	return heads
}

// back puts the first document of a line back. A zero why says that nobody has answered for
// it. What takes something and not this document is asked for the next one then.
func (r *room) back(head bulk.Part, why bulk.Refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ln := r.lines[head.Index()]
	ln.out = false
	if why.Cause != "" {
		ln.why = why
	}
	if ln.why.Whole() {
		ln.parts = slices.Insert(ln.parts, 0, head)
	} else {
		ln.parts = append(ln.parts, head)
	}
	if why.Cause != "" {
		r.tellLocked(ln)
	}
	r.publishLocked()
}

// tellEvery is how often it is said of an index that it takes nothing.
const tellEvery = 10 * time.Minute

// tellLocked says of a line that it is there, now and then. It is first said when an index
// has refused the second time: one that takes its documents then is not worth a word.
func (r *room) tellLocked(ln *line) {
	now := r.now()
	if !ln.told.IsZero() && now.Sub(ln.told) < tellEvery {
		return
	}
	ln.told = now
	r.log.Warn("an index takes no documents for now, they wait", "error", ln.index+": "+ln.why.Text,
		"cause", ln.why.Cause, "documents", ln.docs, "for", now.Sub(ln.since).Round(time.Millisecond))
}

// release ends the lines whose first document did not come back, if any, and returns what
// stood behind.
func (r *room) release(heads []bulk.Part) (parts []bulk.Part, some bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, head := range heads {
		ln := r.lines[head.Index()]
		if !ln.out {
			continue
		}
		if !ln.told.IsZero() {
			r.log.Info("an index takes documents again", "index", ln.index, "documents", ln.docs, "after", r.now().Sub(ln.since).Round(time.Millisecond))
		}
		r.removeLocked(ln, head)
		r.removeLocked(ln, ln.parts...)
		parts = append(parts, ln.parts...)
		r.dropLocked(ln)
		some = true
	}
	r.publishLocked()
	return parts, some
}

// leave takes out the parts of batches that are gone.
func (r *room) leave(gone func(*bulk.Batch) bool) (left []bulk.Part) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ln := range slices.Clone(r.order) {
		ln.parts = slices.DeleteFunc(ln.parts, func(p bulk.Part) bool {
			if !gone(p.Batch) {
				return false
			}
			left = append(left, p)
			r.removeLocked(ln, p)
			return true
		})
		if ln.docs == 0 {
			r.dropLocked(ln)
		}
	}
	r.publishLocked()
	return left
}

func (r *room) dropLocked(ln *line) {
	delete(r.lines, ln.index)
	r.order = slices.DeleteFunc(r.order, func(other *line) bool { return other == ln })
}

// publishLocked sets what others see of the room.
func (r *room) publishLocked() {
	docs, shut := map[string]int{}, int64(0)
	for _, ln := range r.order {
		docs[ln.why.Cause] += ln.docs
		if ln.why.Whole() {
			shut++
		}
	}
	for _, cause := range bulk.WaitCauses {
		r.meter.Waiting.WithLabelValues(cause).Set(float64(docs[cause]))
	}
	r.meter.WaitingIndices.Set(float64(len(r.order)))
	r.shut.Store(shut)
}
