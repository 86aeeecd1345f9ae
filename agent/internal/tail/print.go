package tail

import (
	"slices"

	"github.com/millrace/millrace/agent/internal/state"
)

// A file that was truncated, or written anew in place, and has grown past the old position
// shows in nothing but its content. Two places of it are remembered: its head, and, for
// files that always begin alike, a mark farther behind. The mark stays well short of the
// end of what was read, for some writers go back over the end of their file: over the
// bracket or the tag that closes it. Those have not written it anew.

const (
	// markFrom is how much of a file must have been read for it to have a mark.
	markFrom = 2 * state.PrintBytes
	// markRest is which part of what was read lies behind a new mark.
	markRest = 8
)

// sameHead reports whether the file still begins as it did when it was read.
func (f *file) sameHead(scratch []byte) (bool, error) {
	if f.printed == 0 {
		return true, nil
	}
	return f.same(0, scratch[:f.printed], f.print)
}

// unchanged reports whether the file holds what it did when it was read, as far as its head
// and its mark tell.
func (f *file) unchanged(scratch []byte) (bool, error) {
	same, err := f.sameHead(scratch)
	if !same || f.markOff == 0 {
		return same, err
	}
	return f.same(f.markOff, scratch[:state.MarkBytes], f.mark)
}

// same reports whether the bytes at off have this hash. It reads them into b.
func (f *file) same(off uint64, b []byte, sum uint32) (bool, error) {
	if n, err := f.readAt(b, off); n < len(b) {
		return false, err
	}
	return state.Update(0, b) == sum, nil
}

// remark moves the mark after the position, once that has doubled.
func (f *file) remark(scratch []byte) {
	if f.zip != nil || f.off < max(markFrom, 2*f.markOff) {
		return
	}
	b := scratch[:state.MarkBytes]
	at := f.off - f.off/markRest - state.MarkBytes
	n, err := f.readAt(b, at)
	if n < len(b) || err != nil || slices.Max(b) == 0 {
		return // NULs are room that may still be written to
	}
	f.mark, f.markOff, f.unsaved = state.Update(0, b), at, true
}
