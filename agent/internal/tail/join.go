package tail

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/millrace/millrace/agent/internal/frame"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
)

// An event of several lines may lie in two files: it was begun in one that was rotated
// then, and goes on in its successor. Both pieces travel in one record, as two segments
// of which the first is joined to the second. While its successor's lines may still go on
// with it, the rotated file waits for them: neither its timeout nor its grace time counts.
// And a new file waits until the one that had its path before was read to its end: after a
// restart both are found at once.

// succeed looks for a rotated file whose open event the first lines of f may go on with.
// It reports whether f has to be left for now: the two were joined, or have to wait.
func (t *Tailer) succeed(f *file, framer frame.Framer, now time.Time) (left bool, err error) {
	if f.off > 0 || f.begun || f.zip != nil || f.view.Multiline == nil || f.view.Container != "" {
		return false, nil
	}
	old := t.predecessor(f)
	if t.scans > 0 && (old == nil || t.files[old.src.ID] != old) {
		delete(t.held, f)
		return false, nil
	}
	if t.scans == 0 || t.unsettled(old, f) { // who came before is known when all have been seen
		t.held[f] = struct{}{}
		return true, nil
	}
	delete(t.held, f)
	if !t.goesOn(old, f) {
		return false, nil
	}
	tail, err := readAll(old, old.off, old.size)
	if err != nil {
		return false, err
	}
	if !bytes.HasSuffix(tail, []byte{'\n'}) {
		return false, nil // its last line is not yet at its end
	}
	head, err := readAll(f, 0, min(f.size, collect.MostMaxBytes))
	if err != nil {
		return false, err
	}
	skip := len(head) - len(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")))
	both := slices.Concat(tail, head[skip:])
	cut := framer.Frame(frame.Ask{Block: both, Events: 1, Start: old.off == 0, Due: f.due})
	switch end := cut.Len - len(tail); {
	case cut.Len == 0 && cut.Open:
		old.heir, f.open = f, true
		return true, nil
	case end <= 0 || len(cut.Spans) != 1 || len(cut.Spans[0]) != 1:
		old.heir, old.due = nil, true // it has ended with its file
		t.enqueue(old)
		return false, nil
	default:
		span := cut.Spans[0][0]
		own := record.Span{Off: uint32(skip), Len: span.Off + span.Len - uint32(len(tail))}
		span.Len = uint32(len(tail)) - span.Off
		t.join(old, tail, span, f, head[:skip+end], own, now)
		return true, nil
	}
}

// unsettled reports whether it is not yet known how the file ends that had the path of f.
func (t *Tailer) unsettled(old, f *file) bool {
	switch {
	case old.src.Collection != f.view.Name:
		return false
	case old.view == nil:
		return !old.searched // the scan that runs looks for it
	case old.away && old.missing > 0:
		return false // it went long ago
	}
	_, held := t.held[old] // it waits for the one before it
	return !old.gone && old.err == nil && (old.queued || !old.turned || held && old.missing == 0)
}

// goesOn reports whether the newest event of a file is open and may go on in f.
func (t *Tailer) goesOn(old, f *file) bool {
	_, waits := t.waiting[old]
	return waits && old.f != nil && old.view != nil && old.view.Rev == f.view.Rev && old.charset == f.charset && old.charset == ""
}

// waitsForHeir reports whether another file decides when the newest event ends.
func (f *file) waitsForHeir() bool {
	if h := f.heir; h == nil || h.view == nil || h.begun || h.gone || !h.open && !h.queued && !h.due {
		f.heir = nil
	}
	return f.heir != nil
}

// join puts an event into the open record whose pieces are the rest of one file and the
// beginning of another. Spans are where in the bytes its text is.
func (t *Tailer) join(old *file, tail []byte, first record.Span, f *file, head []byte, second record.Span, now time.Time) {
	a := old.segment(record.Bytes)
	a.Len, a.Joined, a.Events = uint64(len(tail)), true, []record.Event{{first}}
	b := f.segment(record.Bytes)
	b.Len, b.Events = uint64(len(head)), []record.Event{{second}}
	need := len(tail) + len(head) + record.SizeBound(&b)
	if room, _ := t.builder.Buffer(&a); len(room) < need {
		t.closeRecord(now)
	}
	t.nameGen(old, &a, tail)
	t.nameGen(f, &b, head)
	t.put(old, a, tail, 0, now)
	t.put(f, b, head, 1, now)
	old.open, old.heir = false, nil
	delete(t.waiting, old)
}

// put copies a segment into the open record, which has room for it.
func (t *Tailer) put(f *file, seg record.Segment, b []byte, events int, now time.Time) {
	room, _ := t.builder.Buffer(&seg)
	copy(room, b)
	t.builder.Add(seg, f.advance(&seg, b), events, now)
	t.counts.read(len(b))
	f.pace.add(len(b), now)
	f.lastRead, f.err = now, nil
}

func readAll(f *file, from, to uint64) ([]byte, error) {
	b := make([]byte, to-from)
	n, err := f.f.ReadAt(b, int64(from))
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return b[:n], err
}
