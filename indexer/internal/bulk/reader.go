package bulk

import (
	"io"

	"github.com/millrace/millrace/schemas/record"
)

// The action line of a document is actionHead, the event id, actionTail; where the body
// has documents of several indices, theirs stands between actionIndex and actionID in
// place of actionHead. Index names and ids hold nothing that JSON escapes.
const (
	actionHead  = `{"create":{"_id":"`
	actionIndex = `{"create":{"_index":"`
	actionID    = `","_id":"`
	actionTail  = "\"}}\n"
)

// actionSize is the length of the action line of a document that goes to an index, in a
// body that is for the index all.
func actionSize(all, index string) int {
	n := record.EventIDText + len(actionTail)
	if all == index {
		return n + len(actionHead)
	}
	return n + len(actionIndex) + len(index) + len(actionID)
}

// beginAction appends what stands before the id in such an action line.
func beginAction(dst []byte, all, index string) []byte {
	if all == index {
		return append(dst, actionHead...)
	}
	return append(append(append(dst, actionIndex...), index...), actionID...)
}

// appendAction appends an action line.
func appendAction(dst, begin []byte, id record.EventID) []byte {
	dst = append(dst, begin...)
	dst, _ = id.AppendText(dst) // cannot fail
	return append(dst, actionTail...)
}

// reader puts the text of a body together straight into the buffer that it is written
// from. It only reads what the body holds.
type reader struct {
	index  string // that of the body
	parts  []Part
	event  int    // of the first part, from 0
	action []byte // the begin of the first part's action lines; empty before its first event
	// rest is the end of an event that did not fit the last buffer; spill is its memory.
	rest, spill []byte
}

// Read implements io.Reader. It fills p unless the text ends.
func (r *reader) Read(p []byte) (n int, err error) {
	for n < len(p) {
		switch {
		case len(r.rest) > 0:
			k := copy(p[n:], r.rest)
			r.rest = r.rest[k:]
			n += k
		case len(r.parts) == 0:
			if n == 0 {
				return 0, io.EOF
			}
			return n, nil
		case r.next() <= len(p)-n:
			n += len(r.append(p[n:n]))
		default:
			r.spill = r.append(r.spill[:0])
			r.rest = r.spill
		}
	}
	return n, nil
}

// next is the size of the next event: its action line and its document.
func (r *reader) next() int {
	p := &r.parts[0]
	if len(r.action) == 0 {
		r.action = beginAction(r.action, r.index, p.Index())
	}
	return len(r.action) + record.EventIDText + len(actionTail) + p.Batch.docs.Len(p.run, p.first+r.event)
}

// append appends the next event and goes on to the one after it.
func (r *reader) append(dst []byte) []byte {
	p := &r.parts[0]
	nth := p.first + r.event
	dst = appendAction(dst, r.action, p.Batch.Manifest.IDs[nth])
	dst = p.Batch.docs.Append(dst, p.run, nth)
	if r.event++; r.event == p.count {
		r.parts, r.event, r.action = r.parts[1:], 0, r.action[:0]
	}
	return dst
}
