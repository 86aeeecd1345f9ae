package refine

import (
	"bytes"
	"encoding/binary"
	"slices"

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
	Value  []byte // of batch.Documents
	Header []byte // batch.Header
}

// lane gathers the events of one raw record for one app.
type lane struct {
	app    string
	buf    []byte // lines of events, and of what those of a run have in common
	ids    []record.EventID
	runs   []batch.Run
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

func (l *lane) reset(app string, m *record.Manifest) {
	*l = lane{app: app, buf: l.buf[:0], ids: l.ids[:0], runs: l.runs[:0], bound: fixedSize(m)}
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

// continues reports whether an event belongs to the last run. A revision has one
// retention: no need to compare it.
func (l *lane) continues(run *batch.Run, tail *event.Tail) bool {
	n := len(l.runs)
	return n > 0 && l.runs[n-1].Index == run.Index && l.runs[n-1].Rev == run.Rev && l.tail.Equal(tail)
}

// add takes the line buf[start:], which is the newest, into the batch as one event
// of a run: a whole document, or one without its tail. If it does not fit, the batch
// before it is closed and returned by closed.
func (l *lane) add(start int, id record.EventID, run batch.Run, tail *event.Tail, closed func(Batch), m *record.Manifest) {
	if l.bound+len(l.buf)+eventSize(run.Index, tail) > batch.MaxBytes && len(l.ids) > 0 {
		closed(l.close(start, m))
		l.buf = append(l.buf[:0], l.buf[start:]...)
		start = 0
	}
	l.ids = append(l.ids, id)
	l.bound += record.EventIDSize
	if l.continues(&run, tail) {
		l.runs[len(l.runs)-1].Count++
		return
	}
	run.Count = 1
	if tail != nil {
		run.Close, run.Open = uint32(tail.Close), uint32(tail.Open)
		l.buf = slices.Insert(slices.Insert(l.buf, start, '\n'), start, tail.Line...)
	}
	l.runs, l.tail = append(l.runs, run), tail
	l.bound += runBound + len(run.Index)
}

// close makes a batch of the lines buf[:end] and begins the next.
func (l *lane) close(end int, m *record.Manifest) Batch {
	b := Batch{App: l.app, Events: len(l.ids), Value: bytes.Clone(l.buf[:end])}
	b.Header = batch.Append(make([]byte, 0, l.bound), &batch.Manifest{
		Writer: m.Writer, Seq: m.Seq, At: m.At, Part: l.part, IDs: l.ids, Runs: l.runs,
	})
	l.part++
	l.ids, l.runs, l.tail, l.bound = l.ids[:0], l.runs[:0], nil, fixedSize(m)
	return b
}
