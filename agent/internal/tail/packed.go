package tail

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/millrace/millrace/agent/internal/pack"
	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/agent/internal/state"
	"github.com/millrace/millrace/agent/internal/unzip"
	"github.com/millrace/millrace/schemas/record"
)

// A collection may ask for compressed files, too (gzip: true). They are read once each,
// one after the other, the oldest first, so that they cost little memory and leave files
// that grow their turns. All offsets are of the plain bytes, which are cut into events as
// if they had been read from a plain file; nothing follows behind their end.
//
// A log that was rotated and then compressed was read before. See originals.

const (
	// packedRest is how long a compressed file must not have changed before it is read:
	// it is being written until then.
	packedRest = time.Second
	// skipTurn is how many plain bytes are skipped while others wait.
	skipTurn = 1 << 20
)

// packed is what makes a file one that gzip has compressed.
type packed struct {
	plain  *unzip.Reader // while it is read
	head   []byte        // its first plain bytes, once they are known
	size   uint64        // of the file itself, as last seen
	mtime  int64
	done   bool // all of it is in records, as of size and mtime
	ending bool // the same, but a part of it is in the open record
	torn   bool // it ended in the midst of its stream when it was last read
	since  time.Time
}

// unpackable makes a file a packed one if it is, and its collection wants it.
func (t *Tailer) unpackable(f *file) bool {
	if f.zip == nil && f.view.Gzip && f.off == 0 && !f.begun && isPacked(f.f) {
		if _, spooled := t.spooled(f.name); spooled {
			return false
		}
		f.zip, f.src.Packed = &packed{}, &state.Packed{}
		t.state.Put(f.src)
	}
	return f.zip != nil
}

// see is file.see for a packed file. What is behind its position is not known before it
// is read: the file's own size stands for it.
func (z *packed) see(f *file, info source.Info, now time.Time) bool {
	if info.Size == z.size && info.Mtime == z.mtime {
		return false
	}
	z.size, z.mtime, z.plain, z.torn = info.Size, info.Mtime, nil, false
	f.check = nil
	p := f.src.Packed
	if z.done = p.Size == z.size && p.Mtime == z.mtime; z.done {
		f.size = f.off
		return false
	}
	f.size, f.changed = f.off+z.size, now
	return true
}

// nextPacked gives the oldest packed file that need not wait its turn, if no other has it.
func (t *Tailer) nextPacked(now time.Time) {
	if t.unpacking != nil {
		return
	}
	var first *file
	for f := range t.packed {
		switch {
		case f.view == nil || f.zip == nil || f.zip.done:
			delete(t.packed, f)
		case t.packedWaits(f, now):
		case first == nil || f.zip.mtime < first.zip.mtime:
			first = f
		}
	}
	if first != nil {
		t.unpacking = first
		t.enqueue(first)
	}
}

// packedWaits reports whether it is too early to read a packed file.
func (t *Tailer) packedWaits(f *file, now time.Time) bool {
	rested := now.Sub(f.changed)
	if rested < packedRest || f.zip.torn && rested < holdMost {
		return true
	}
	if f.begun || f.off > 0 || f.cleared || f.zip.head == nil {
		return false
	}
	_, wait := t.originals(f, now)
	return wait
}

// turnPacked is the turn of a packed file.
func (t *Tailer) turnPacked(f *file, now time.Time) (more bool) {
	switch {
	case !f.view.Gzip:
		t.trouble(f, errCompressed)
		return false
	case f.zip.done:
		return false
	case t.unpacking != f:
		t.packed[f] = struct{}{}
		t.nextPacked(now)
		return false
	}
	t.opened.MoveToBack(f.inList)
	more, err := t.unpack(f, now)
	if err != nil {
		t.trouble(f, err)
		delete(t.packed, f) // the next scan tries it again
	}
	if !more || err != nil {
		t.stopUnpacking(f)
		t.nextPacked(now)
		return false
	}
	return true
}

// stopUnpacking ends a packed file's turn, if it has it.
func (t *Tailer) stopUnpacking(f *file) {
	if f.zip != nil {
		f.zip.plain, f.check = nil, nil
	}
	if t.unpacking == f {
		t.unpacking = nil
	}
}

// unpack reads one portion of a packed file, or goes a part of the way to where reading
// goes on, or compares it with files that are known.
func (t *Tailer) unpack(f *file, now time.Time) (more bool, err error) {
	z := f.zip
	if z.plain == nil {
		if !isPacked(f.f) {
			return t.repacked(f, now)
		}
		z.plain = unzip.New(f.f, state.PrintBytes)
		z.head = z.plain.Head()
	}
	if err := z.plain.Failed(); err != nil || t.isTorn(f, now) {
		return false, err
	}
	if same, _ := f.sameHead(t.scratch[:]); !same && (z.plain.Err() == nil || len(z.head) >= int(f.printed)) {
		return t.repacked(f, now)
	}
	if f.off == 0 && !f.begun && !f.cleared {
		if done, wait := t.compare(f, now); !done {
			return !wait, z.plain.Failed()
		}
	}
	if !z.plain.Skip(f.off, skipTurn) {
		return true, nil
	}
	z.plain.Fill(f.off, record.MaxBytes)
	if t.isTorn(f, now) {
		return false, nil
	}
	if err := z.plain.Failed(); err != nil {
		return false, err
	}
	end, ended := z.plain.End()
	if end < f.off && z.plain.Err() == nil {
		return t.repacked(f, now)
	}
	f.final, f.size = true, end
	if !ended {
		f.size += z.size - min(z.size, z.plain.Used())
	}
	before := f.off
	if more, err = t.read(f, now); more || err != nil {
		return more, err
	}
	if before < f.off && f.off < end {
		return true, nil
	}
	return false, t.unpacked(f, now)
}

// isTorn reports whether a packed file ends in the midst and may yet be written on.
func (t *Tailer) isTorn(f *file, now time.Time) bool {
	f.zip.torn = f.zip.plain.Torn()
	return f.zip.torn && now.Sub(f.changed) < holdMost
}

// repacked begins anew with a packed file whose beginning is not what it was. It may be no
// packed file now.
func (t *Tailer) repacked(f *file, now time.Time) (more bool, err error) {
	info, err := source.Stat(int(f.f.Fd()))
	if err != nil {
		return false, err
	}
	t.unpacking = nil
	delete(t.packed, f)
	t.truncated(f, info, now)
	return true, nil
}

// unpacked ends a packed file. What is wrong with it becomes a gap of no length: how many
// plain bytes are missing nobody can know.
func (t *Tailer) unpacked(f *file, now time.Time) error {
	z := f.zip
	if n := z.rest(f.off); n > 0 {
		t.skipRest(f, n, now)
	}
	bad := z.plain.Err()
	if bad != nil {
		cause := fmt.Sprintf("the last %d bytes of the compressed file could not be read: %v", z.size-min(z.size, z.plain.Used()), bad)
		t.gap(f, 0, cause[:min(len(cause), pack.MostReason)], now)
	}
	f.size = f.off
	if z.done, z.ending = true, t.builder.Holds(f.src.ID); !z.ending {
		t.noteEnd(f)
	}
	return bad
}

// rest is how many bytes there are behind an offset.
func (z *packed) rest(off uint64) uint64 {
	if end, _ := z.plain.End(); end > off {
		return end - off
	}
	return 0
}

// skipRest skips what no framer takes, at the end of the plain bytes: NULs.
func (t *Tailer) skipRest(f *file, n uint64, now time.Time) {
	b := make([]byte, n)
	if _, err := f.readAt(b, f.off); err != nil {
		return // it was read before
	}
	seg := f.segment(record.Skipped)
	seg.Len = n
	t.nameGen(f, &seg, nil)
	t.skip(f, seg, b, 0, causeHole, now)
}

// noteEnd has a restart know that a packed file was read. It may be called only when no
// record is open that has a part of it.
func (t *Tailer) noteEnd(f *file) {
	f.zip.ending = false
	f.src.Packed = &state.Packed{Size: f.zip.size, Mtime: f.zip.mtime}
	t.state.Put(f.src)
}

// sharesFolder reports whether two files lie in one folder, or did when they were last
// seen.
func sharesFolder(f, s *file) bool {
	return filepath.Dir(f.src.Path) == filepath.Dir(s.src.Path) || filepath.Dir(f.name) == filepath.Dir(s.name)
}
