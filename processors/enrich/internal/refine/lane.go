package refine

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/millrace/millrace/internal/packed"
	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/hosts"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
)

// Batch is one event batch, ready to be written to the app's topic.
type Batch struct {
	App    string
	Events int
	// Value is what batch.Documents takes apart, and lies in Memory; Packed is it where
	// Value is nil.
	Value  []byte
	Memory *Memory
	Packed packed.Text
	Header []byte // batch.Header
}

// Size is how many bytes the value has.
func (b *Batch) Size() int { return len(b.Value) + b.Packed.Size }

// lane gathers the events of one raw record for one app. Its text is plain or packed.
type lane struct {
	app    string
	buf    []byte         // plain: lines of events, and of what those of a run have in common
	memory *Memory        // of buf; nil before the first record
	pack   *packed.Writer // packed: the same
	packs  bool
	ids    []record.EventID
	runs   []batch.Run
	same   bool        // the events to come may belong to the last run
	tail   *event.Tail // of the last run
	part   uint32
	bound  int // the most that key and manifest take
	counts hosts.Counts
}

// Bounds of what parts of a batch's manifest take.
const (
	manifestBound = 4 + 1 + 8 + 6*binary.MaxVarintLen64
	runBound      = 5*binary.MaxVarintLen32 + revision.Size
)

// fixedSize is what a batch takes before its first event.
func fixedSize(m *record.Manifest) int {
	return len(m.Host) + len(m.Writer.ID) + manifestBound
}

// reset begins the batches of a record.
func (l *lane) reset(app string, m *record.Manifest, packs bool) {
	*l = lane{app: app, packs: packs, buf: l.buf[:0], memory: l.memory, pack: l.pack, ids: l.ids[:0], runs: l.runs[:0], bound: fixedSize(m)}
	if l.memory == nil {
		l.remember()
	}
	switch {
	case !packs:
	case l.pack == nil:
		l.pack = packed.NewWriter()
	default:
		l.pack.Reset()
	}
}

// remember gets memory for the next lines.
func (l *lane) remember() {
	l.memory = memories.Get().(*Memory)
	l.buf = l.memory.bytes[:0]
}

// size is how many bytes the text has.
func (l *lane) size() int {
	if l.packs {
		return l.pack.Size()
	}
	return len(l.buf)
}

// eventSize is what an event adds to a batch besides its line, at most.
func eventSize(index string, tail *event.Tail) int {
	return record.EventIDSize + runBound + len(index) + lineSize(tail)
}

// lineSize is the length of the line that the events of a run have in common.
func lineSize(tail *event.Tail) int {
	if tail == nil {
		return 0
	}
	return len(tail.Line) + 1
}

// turn says to which run the events to come belong, but for their tails. A revision has
// one retention: no need to compare it.
func (l *lane) turn(run *batch.Run) {
	n := len(l.runs)
	l.same = n > 0 && l.runs[n-1].Index == run.Index && l.runs[n-1].Rev == run.Rev
}

// continues reports whether an event belongs to the last run.
func (l *lane) continues(tail *event.Tail) bool {
	return l.same && (l.tail == tail || l.tail.Equal(tail))
}

// full reports whether a batch with one more event of so many bytes would be too large.
func (l *lane) full(size int) bool { return l.bound+size > batch.MaxBytes && len(l.ids) > 0 }

// add takes an event's line into the batch: a whole document, or one without its tail. If
// it does not fit, the batch before it is closed and returned by closed. In a plain lane
// the line is the end of buf.
func (l *lane) add(line []byte, id *record.EventID, run *batch.Run, tail *event.Tail, closed func(Batch), m *record.Manifest) {
	if l.packs {
		if l.full(l.size() + len(line) + eventSize(run.Index, tail)) {
			closed(l.close(m))
		}
		begins := !l.continues(tail)
		if begins && tail != nil {
			line = slices.Concat(tail.Line, lineFeed, line)
		}
		l.pack.Append(line)
		l.enter(id, run, tail, begins)
		return
	}
	if l.full(len(l.buf) + eventSize(run.Index, tail)) {
		line = bytes.Clone(line)
		l.buf = l.buf[:len(l.buf)-len(line)]
		closed(l.close(m))
		l.buf = append(l.buf, line...)
	}
	begins := !l.continues(tail)
	if begins && tail != nil {
		start := len(l.buf) - len(line)
		l.buf = slices.Insert(slices.Insert(l.buf, start, '\n'), start, tail.Line...)
	}
	l.enter(id, run, tail, begins)
}

var lineFeed = []byte{'\n'}

// enter takes note of an event whose line is written, and of the run that it begins, or
// goes on with.
func (l *lane) enter(id *record.EventID, run *batch.Run, tail *event.Tail, begins bool) {
	l.ids = append(l.ids, *id)
	l.bound += record.EventIDSize
	if !begins {
		l.runs[len(l.runs)-1].Count++
		return
	}
	first := *run
	first.Count = 1
	if tail != nil {
		first.Close, first.Open = uint32(tail.Close), uint32(tail.Open)
	}
	l.runs, l.tail, l.same = append(l.runs, first), tail, true
	l.bound += runBound + len(first.Index)
}

// close makes a batch of what the lane holds and begins the next.
func (l *lane) close(m *record.Manifest) Batch {
	b := Batch{App: l.app, Events: len(l.ids)}
	if l.packs {
		b.Packed = l.pack.Finish()
	} else {
		b.Value, b.Memory = l.buf, l.memory
		b.Memory.bytes = l.buf
		l.remember()
	}
	b.Header = batch.Append(make([]byte, 0, l.bound), &batch.Manifest{
		Writer: m.Writer, Seq: m.Seq, At: m.At, Part: l.part, IDs: l.ids, Runs: l.runs,
	})
	l.part++
	l.ids, l.runs, l.tail, l.same, l.bound = l.ids[:0], l.runs[:0], nil, false, fixedSize(m)
	return b
}
