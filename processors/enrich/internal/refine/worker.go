package refine

import (
	"github.com/millrace/millrace/internal/packed"
	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/schemas/hosts"
	"github.com/millrace/millrace/schemas/record"
)

// Found is what is known of a segment's revision: it, or why it is not there.
type Found struct {
	Revision *Revision
	Refusal  *Refusal
}

// Output is what became of one raw record. Its slices are the worker's, and valid until its
// next Refine; what stands in them is not.
type Output struct {
	Batches []Batch
	Letters []Letter
	Apps    []AppCounts
	Tally   Tally
	// Pipelines counts the events that passed each collection's pipeline, and Failing
	// are the last of them on which a step failed, MostFailing at most.
	Pipelines []PipelineCounts
	Failing   []Failing
}

// reset makes the output an empty one.
func (o *Output) reset() *Output {
	clear(o.Batches) // somebody else has them now
	clear(o.Failing)
	*o = Output{Batches: o.Batches[:0], Apps: o.Apps[:0], Pipelines: o.Pipelines[:0], Failing: o.Failing[:0]}
	return o
}

// PipelineCounts is how the events of one collection fared.
type PipelineCounts struct {
	Collection    string
	Lines, Failed int
}

// Failing is an event on which a step failed, or our program did.
type Failing struct {
	Collection, Path, Cause string
	Line                    []byte // of the input; cut to MaxFailing bytes
}

// Bounds of Output.Failing.
const (
	MostFailing = 10
	MaxFailing  = 300
)

// AppCounts is what the record adds to an app in the host table.
type AppCounts struct {
	App string
	hosts.Counts
}

// Tally counts a record's events: In = Out + Dropped + Dead.
type Tally struct {
	In, Out, Dropped, Dead int
	InBytes                int // of the events in the source, line ends included
	Failed                 int // of Out: a step failed on them
	Gaps                   int // ranges that agents could not read or ship
	GapBytes, SkippedLines uint64
	Told                   int // events that say what is missing; no lines, so not of Out
}

// Worker refines records. The zero value is ready. Not safe for concurrent use.
type Worker struct {
	// Data is what the steps lookup and geoip ask; nil: nothing.
	Data pipeline.Data

	decoder record.Decoder
	walk    record.Walker
	encoder record.Encoder
	output  Output
	spare   []*lane

	// The record at work.
	m     *record.Manifest
	value []byte
	found []Found
	out   *Output // the field output
	lanes []*lane
	dead  letters

	// The segment at work.
	at      int // its index, -1 before the first
	segment *record.Segment
	rev     *Revision
	hand    *hand
	refusal *Refusal
	counts  int // index of its collection in out.Pipelines
	in      pipeline.Input
	charset charset
	route   route

	// The event at work.
	raw    record.Raw
	nth    int // its number in the segment
	id     record.EventID
	doing  doing
	result pipeline.Result
	mark   packed.Mark // where its lane was before it, where doing is packing
	large  int         // bytes of its document, if it was written plain
}

// pathsApart is how many bytes of each file a record must hold, on average, for
// their events to have the path in common. Below it, events of several files have
// the rest in common.
const pathsApart = 2 << 10

// spareLanes is how many lanes a worker keeps; each has up to about 600 KiB.
const spareLanes = 4

// Refine turns a record that Open has let pass into output. found has one entry
// for each segment of the manifest; that of a range without bytes may be empty: it is counted
// then, and not told.
func (w *Worker) Refine(m *record.Manifest, value []byte, found []Found) *Output {
	w.m, w.value, w.found, w.out = m, value, found, w.output.reset()
	w.lanes, w.dead, w.hand, w.at, w.doing = w.lanes[:0], letters{}, nil, -1, nothing // a panic may have left them full
	w.in = pipeline.Input{At: m.At, Host: m.Host, AgentID: m.Writer.ID}
	w.in.ManyPaths = len(m.Segments) > 1 && len(value) < pathsApart*len(m.Segments)
	w.ranges()
	w.walk.Reset(m, value)
	for !w.events() {
	}
	return w.finish()
}

// enter makes a segment the one at work.
func (w *Worker) enter(i int) {
	w.nth = w.firstOwn(i) - 1
	w.at, w.segment = i, &w.m.Segments[i]
	w.id = record.EventIDs(w.segment.Src, w.segment.Gen)
	w.in.ID = w.id[:]
	w.turnTo(w.found[i])
	if s := w.segment.Charset; w.refusal == nil && !knownCharset(s) {
		w.refusal = refuse(ReasonCharset, "charset %.100q is not known", s)
	}
	w.in.Path, w.in.Part, w.in.LastPart = w.segment.Path, int(w.segment.Part), w.segment.LastPart
	w.in.Unreadable, w.in.Follows = false, false
}

// turnTo turns to the revision of a segment, which is mostly that of the segment before.
func (w *Worker) turnTo(f Found) {
	if w.hand != nil && w.rev == f.Revision && f.Refusal == nil {
		w.refusal = nil
		return
	}
	w.leave()
	w.rev, w.refusal = f.Revision, f.Refusal
	if w.refusal == nil {
		w.refusal = w.check()
	}
	if w.refusal != nil {
		return
	}
	c := w.rev.collection
	w.counts = w.out.countsOf(c.Name)
	w.hand = w.rev.take()
	w.hand.runner.Use(w.Data)
	w.in.App, w.in.Env, w.in.KeepOriginal = c.App, c.Env, c.KeepOriginal
	w.in.Collection, w.in.Revision, w.in.Location = c.Name, w.rev.text, w.rev.location
	w.route = route{}
}

func (w *Worker) leave() {
	if w.hand != nil {
		w.rev.hands.giveBack(w.hand)
		w.hand = nil
	}
}

// firstOwn is 1 where the first event of a segment belongs to one that began
// before it.
func (w *Worker) firstOwn(i int) int {
	for i--; i >= 0; i-- {
		if s := &w.m.Segments[i]; holdsEvents(s) {
			if s.Joined {
				return 1
			}
			return 0
		}
	}
	return 0
}

// check says why a revision may not be applied to the record.
func (w *Worker) check() *Refusal {
	if c := w.rev.collection; !c.Select.CoversHost(w.m.Host) {
		return refuse(ReasonHost, "the selector of collection %q at revision %s does not cover host %q", c.Name, w.rev.text, w.m.Host)
	}
	return nil
}

func (w *Worker) closed(b Batch) { w.out.Batches = append(w.out.Batches, b) }

// finish closes what is open and forgets the record.
func (w *Worker) finish() *Output {
	w.leave()
	for i, l := range w.lanes {
		if len(l.ids) > 0 {
			w.closed(l.close(w.m))
		}
		if l.counts != (hosts.Counts{}) {
			w.out.Apps = append(w.out.Apps, AppCounts{l.app, l.counts})
		}
		if len(w.spare) < spareLanes {
			w.spare = append(w.spare, l)
		}
		w.lanes[i] = nil
	}
	w.lanes = w.lanes[:0]
	w.out.Letters = w.dead.close(w.m, &w.encoder)
	out := w.out
	w.m, w.value, w.found, w.out, w.segment, w.rev, w.refusal, w.in = nil, nil, nil, nil, nil, nil, nil, pipeline.Input{}
	w.raw, w.result, w.route = record.Raw{}, pipeline.Result{}, route{}
	return out
}
