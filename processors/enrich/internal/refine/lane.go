package refine

import (
	"bytes"
	"encoding/binary"

	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/hosts"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
)

// Batch is one event batch, ready to be written to the app's topic.
type Batch struct {
	App    string
	Events int
	Value  []byte // NDJSON
	Header []byte // batch.Header
}

// lane gathers the events of one raw record for one app.
type lane struct {
	app    string
	buf    []byte // documents, each with its line feed
	ids    []record.EventID
	runs   []batch.Run
	part   uint32
	bound  int // the most that key and manifest take
	counts hosts.Counts
}

// Bounds of what parts of a batch's manifest take.
const (
	manifestBound = 4 + 1 + 8 + 6*binary.MaxVarintLen64
	runBound      = 3*binary.MaxVarintLen32 + revision.Size
)

// fixedSize is what a batch takes before its first event.
func fixedSize(m *record.Manifest) int {
	return len(m.Host) + len(m.Writer.ID) + manifestBound
}

func (l *lane) reset(app string, m *record.Manifest) {
	*l = lane{app: app, buf: l.buf[:0], ids: l.ids[:0], runs: l.runs[:0], bound: fixedSize(m)}
}

// eventSize is what an event adds to a batch besides its document, at most.
func eventSize(index string) int { return record.EventIDSize + runBound + len(index) }

// fits reports whether a document at the end of buf still fits the batch.
func (l *lane) fits(index string) bool {
	return l.bound+len(l.buf)+eventSize(index) <= batch.MaxBytes
}

// add takes the document buf[start:], which is the newest, into the batch as one
// event of a run. If it does not fit, the batch before it is closed and returned by
// close.
func (l *lane) add(start int, id record.EventID, run batch.Run, closed func(Batch), m *record.Manifest) {
	if !l.fits(run.Index) && len(l.ids) > 0 {
		closed(l.close(start, m))
		l.buf = append(l.buf[:0], l.buf[start:]...)
	}
	l.ids = append(l.ids, id)
	l.bound += record.EventIDSize
	// A revision has one retention: no need to compare it.
	if n := len(l.runs); n > 0 && l.runs[n-1].Index == run.Index && l.runs[n-1].Rev == run.Rev {
		l.runs[n-1].Count++
		return
	}
	run.Count = 1
	l.runs = append(l.runs, run)
	l.bound += runBound + len(run.Index)
}

// close makes a batch of the documents buf[:end] and begins the next.
func (l *lane) close(end int, m *record.Manifest) Batch {
	b := Batch{App: l.app, Events: len(l.ids), Value: bytes.Clone(l.buf[:end])}
	b.Header = batch.Append(make([]byte, 0, l.bound), &batch.Manifest{
		Writer: m.Writer, Seq: m.Seq, At: m.At, Part: l.part, IDs: l.ids, Runs: l.runs,
	})
	l.part++
	l.ids, l.runs, l.bound = l.ids[:0], l.runs[:0], fixedSize(m)
	return b
}
