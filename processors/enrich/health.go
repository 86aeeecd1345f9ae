package enrich

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/schemas/record"
	beats "github.com/millrace/millrace/schemas/stage"
)

// Health knows how the pipelines of collections fared in the last hour, by the clock of
// this process, and on which lines they failed last. It holds an hour of counts and ten
// lines for each collection that was seen in that hour. Safe for concurrent use; a nil
// one is told in vain.
type Health struct {
	mu        sync.Mutex
	pipelines map[string]*pipelineHealth // by collection
}

// NewHealth knows nothing yet.
func NewHealth() *Health { return &Health{pipelines: map[string]*pipelineHealth{}} }

const (
	// slot is the grain of the counts: the last minute is six of them.
	slot = 10 * time.Second
	// slots are the hour before the last minute, that minute, and the slot at work.
	slots       = int64(61*time.Minute/slot) + 1
	minuteSlots = int64(time.Minute / slot)
)

type pipelineHealth struct {
	newest  int64              // number of the slot at work, counted from 1970
	counts  [slots]beats.Share // of slot n at n % slots
	failing []beats.FailingLine
}

// take notes what became of one record.
func (h *Health) take(now time.Time, m *record.Manifest, out *refine.Output) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range out.Pipelines {
		c := &out.Pipelines[i]
		p := h.pipelines[c.Collection]
		if p == nil {
			p = &pipelineHealth{}
			h.pipelines[c.Collection] = p
		}
		p.advance(now)
		at := &p.counts[p.newest%slots]
		at.Lines += uint64(c.Lines)
		at.Failed += uint64(c.Failed)
	}
	for i := range out.Failing {
		f := &out.Failing[i]
		h.pipelines[f.Collection].keep(m, f)
	}
}

// advance empties the slots that have begun since the last call.
func (p *pipelineHealth) advance(now time.Time) {
	n := now.UnixNano() / int64(slot)
	for i := max(p.newest+1, n-slots+1); i <= n; i++ {
		p.counts[i%slots] = beats.Share{}
	}
	p.newest = max(p.newest, n)
}

func (p *pipelineHealth) keep(m *record.Manifest, f *refine.Failing) {
	step, cause, ok := strings.Cut(f.Cause, ": ")
	if !ok {
		step, cause = "", f.Cause
	}
	p.failing = append(p.failing, beats.FailingLine{
		At: m.At, Host: m.Host, Path: f.Path, Line: strings.ToValidUTF8(string(f.Line), "\ufffd"), Step: step, Cause: cause,
	})
	p.failing = p.failing[max(0, len(p.failing)-beats.MostFailing):]
}

// shares are those of the last minute and of the hour before it.
func (p *pipelineHealth) shares() (minute, before beats.Share) {
	for n := max(0, p.newest-slots+1); n <= p.newest; n++ {
		to := &before
		if n > p.newest-minuteSlots {
			to = &minute
		}
		to.Lines += p.counts[n%slots].Lines
		to.Failed += p.counts[n%slots].Failed
	}
	return minute, before
}

// Jumped are the pipelines that fail far more often than they did, those with most
// failures first, as many as a beat may tell of.
func (h *Health) Jumped(now time.Time) []beats.Pipeline {
	h.mu.Lock()
	defer h.mu.Unlock()
	var jumped []beats.Pipeline
	for name, p := range h.pipelines {
		p.advance(now)
		minute, before := p.shares()
		if minute.Lines+before.Lines == 0 {
			delete(h.pipelines, name)
			continue
		}
		if beats.Jumped(minute, before) {
			failing := slices.Clone(p.failing)
			slices.Reverse(failing)
			jumped = append(jumped, beats.Pipeline{Collection: name, Minute: minute, Before: before, Failing: failing})
		}
	}
	slices.SortFunc(jumped, func(a, b beats.Pipeline) int {
		return cmp.Or(cmp.Compare(b.Minute.Failed, a.Minute.Failed), strings.Compare(a.Collection, b.Collection))
	})
	return jumped[:min(len(jumped), beats.MostPipelines)]
}

// Failed are the collections whose lines failed in the last hour, those with most failures
// first, as many as a beat may tell of.
func (h *Health) Failed(now time.Time) []beats.Failed {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []beats.Failed
	for name, p := range h.pipelines {
		p.advance(now)
		minute, before := p.shares()
		if failed := minute.Failed + before.Failed; failed > 0 {
			all = append(all, beats.Failed{Collection: name, Share: beats.Share{Lines: minute.Lines + before.Lines, Failed: failed}})
		}
	}
	slices.SortFunc(all, func(a, b beats.Failed) int {
		return cmp.Or(cmp.Compare(b.Failed, a.Failed), strings.Compare(a.Collection, b.Collection))
	})
	return all[:min(len(all), beats.MostFailed)]
}
