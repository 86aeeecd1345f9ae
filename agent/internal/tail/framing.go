package tail

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/millrace/millrace/agent/internal/frame"
	"github.com/millrace/millrace/agent/internal/state"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
)

// causeHole is the rule by which NULs are left out.
const causeHole = "no text: NUL bytes where nothing was written"

// holeTurn is how much of a hole one turn looks through.
const holeTurn = 16 << 20

// framing is how a file is cut into events, at the revision of its collection.
type framing struct {
	framer  frame.Framer
	rev     revision.ID
	charset string
	timeout time.Duration
	open    bool   // an event waits for its next line
	due     bool   // it has waited long enough
	blankTo uint64 // NULs reach so far at least
	heir    *file  // the open event may go on in this one
}

// framers are shared by all files that are read in the same way.
type framerKey struct {
	rev     revision.ID
	charset string
}

// frameOf makes the file's framing that of its view.
func (t *Tailer) frameOf(f *file) (frame.Framer, error) {
	if f.framer != nil && f.rev == f.view.Rev {
		return f.framer, nil
	}
	how := &f.view.Reading
	var head [frame.HeadBytes]byte
	n, _ := f.readAt(head[:], 0) // what cannot be read shows when the lines are
	key := framerKey{f.view.Rev, frame.Charset(how.Charset, head[:n])}
	framer := t.framers[key]
	if framer == nil {
		var err error
		if framer, err = frame.New(how, key.charset); err != nil {
			return nil, fmt.Errorf("collection %s: %w", f.view.Name, err)
		}
		t.framers[key] = framer
	}
	if n < len(head) {
		return framer, nil // it may still get a byte order mark
	}
	f.framing = framing{framer: framer, rev: key.rev, charset: key.charset, timeout: frame.Timeout(how), due: f.due}
	return framer, nil
}

// await watches a file whose newest event may go on, until nothing has followed for the
// timeout of its collection.
func (t *Tailer) await(f *file) {
	if f.due = false; f.open {
		t.waiting[f] = struct{}{}
	}
}

// pollWaiting lets the events end that have waited long enough.
func (t *Tailer) pollWaiting(now time.Time) {
	for f := range t.waiting {
		switch {
		case !f.open || f.view == nil:
			delete(t.waiting, f)
		case f.waitsForHeir():
		case now.Sub(f.changed) >= f.timeout:
			delete(t.waiting, f)
			f.open, f.due = false, true
			t.enqueue(f)
		}
	}
}

// hole handles NULs that begin at the offset from of a block and reach to its end: it
// skips them once something follows. Until then they are room that is reserved.
func (t *Tailer) hole(f *file, seg record.Segment, block []byte, from int, now time.Time) (more bool, err error) {
	to, where, err := t.textFrom(f, max(f.off+uint64(from), f.blankTo))
	f.blankTo = to
	if f.zip != nil {
		where = textFound // what is not text now never will be
	}
	switch {
	case err != nil || where != textFound:
		return err == nil && where == textFarther, err
	case from > 0: // the line that was begun ends here
		cut := frame.Cut{Len: from, Events: 1, Spans: []record.Event{{{Len: uint32(from)}}}}
		return t.accept(f, seg, block, cut, now, true)
	case to > farthest:
		return false, errFar
	case f.charset != "":
		to &^= 1 // the last NUL may be half of a character
	}
	if t.replaced(f, now) {
		return true, nil
	}
	t.nameGen(f, &seg, nil)
	seg.Len = to - f.off
	t.skip(f, seg, block, 0, causeHole, now)
	return true, nil
}

// Answers of textFrom.
const (
	textFound   = iota
	textFarther // not in what was looked through
	textNowhere
)

// textFrom is where the first byte is at or behind off that is no NUL. It looks through
// holeTurn at most, holes of the file system not counted, and else says how far it came:
// those may still be filled in, and are looked at anew.
func (t *Tailer) textFrom(f *file, off uint64) (to uint64, where int, err error) {
	buf := make([]byte, turnBytes)
	to = off
	for left := holeTurn; left > 0; left -= len(buf) {
		if f.zip != nil { // it has no holes
		} else if next, err := unix.Seek(int(f.f.Fd()), int64(off), unix.SEEK_DATA); err == nil && uint64(next) > off {
			off = uint64(next)
		} else if errors.Is(err, unix.ENXIO) {
			return to, textNowhere, nil
		}
		n, err := f.readAt(buf, off)
		if err != nil && !errors.Is(err, io.EOF) {
			return to, textNowhere, err
		}
		if i := slices.IndexFunc(buf[:n], func(c byte) bool { return c != 0 }); i >= 0 {
			return off + uint64(i), textFound, nil
		}
		if to == off {
			to += uint64(n)
		}
		if off += uint64(n); n < len(buf) {
			return to, textNowhere, nil
		}
	}
	return off, textFarther, nil // or it would never come farther
}

// nameGen names the generation, if this is its first segment: after its first event, or
// after nothing where b is nil.
func (t *Tailer) nameGen(f *file, seg *record.Segment, b []byte) {
	if !f.begun {
		f.begun, f.gen = true, t.firstGen(f, *seg, b)
		seg.Gen = f.gen
	}
}

// skip leaves out a range by a rule: so many lines, which begin with b.
func (t *Tailer) skip(f *file, seg record.Segment, b []byte, lines int, rule string, now time.Time) {
	seg.Kind, seg.Count, seg.Reason = record.Skipped, uint64(lines), rule
	seg.Charset, seg.Events = "", nil
	f.advance(&seg, b)
	seg.Part, seg.LastPart = 0, false // of a line, only its bytes are skipped
	f.whole = false
	if !t.builder.Fits(&seg) {
		t.closeRecord(now)
	}
	t.builder.Add(seg, state.Sum{}, 0, now)
	t.counts.skip(lines, seg.Len)
	f.skipped += seg.Len
	f.lastRead, f.err = now, nil
	t.opened.MoveToBack(f.inList)
}
