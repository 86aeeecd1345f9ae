package tail

import (
	"container/list"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/agent/internal/state"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
)

// file is one source as the tailer works with it. The position in src is behind
// what was put into intents; the one here is behind what was read, which is
// ahead of it by what lies in the open record.
type file struct {
	src  *state.Source
	view *collect.AgentView // the collection it belongs to; nil: none now

	name   string // as a glob matched it
	left   string // the path that it had before
	before *file  // the one that had its path before it
	traced bool   // before is sure: the agent looked on, or has asked the births of all files
	from   string // the path that records tell
	real   string // without symlinks; empty when no path leads to it
	rank   int
	best   find.Event // best match of the newest scan that saw it

	f      *os.File
	inList *list.Element // in Tailer.opened, while f is set

	framing
	zip *packed // nil for a file that is not compressed, or that nobody wants to be read

	begun    bool
	gen      record.Gen
	off      uint64
	part     uint32
	running  uint32
	skipping bool // what was read last was skipped by a limit
	midway   bool // the same, in an earlier life: perhaps in the midst of a line
	whole    bool
	print    uint32
	printed  uint32
	mark     uint32
	markOff  uint64

	size     uint64
	sure     uint64 // size when what was read of it was last found unchanged
	mtime    int64
	changed  time.Time // when it was last seen to change
	lastRead time.Time
	pace     pace
	queued   bool
	turned   bool // it has been read as far as there was something, in this life
	doubt    bool // it has changed, and was not compared with what was read since
	proven   bool // after a reboot, it held what was read last
	unsaved  bool // print or mark was changed since src was written

	met     time.Time // when it was first seen; zero: in an earlier life
	held    time.Time // since when it is held back as a possible copy
	looked  time.Time // when it was last asked whether it is one
	cleared bool      // it is no copy
	check   *comparison

	adrift   bool // no glob leads to it now, but it may still be written
	deleted  bool // no path at all leads to it
	resting  bool // adrift, and quiet for the grace time
	final    bool // what it holds is all there will be
	searched bool // it was looked for once although no glob leads to it
	missing  int  // scans in which it could not be found
	gone     bool // nothing can be read of it any more
	away     bool // it was not looked into since an earlier life
	lost     bool // it was given up while it was still there: what was unread is known
	err      error

	gaps, gapBytes, skipped uint64
}

func newFile(src *state.Source) *file {
	f := &file{
		src: src, name: src.Name, from: src.Name, real: src.Path, rank: -1,
		begun: src.Begun, gen: src.Gen, off: src.Off, part: src.Part, midway: src.Skipping, running: src.Running, whole: src.Whole,
		print: src.Print, printed: src.PrintLen, mark: src.Mark, markOff: src.MarkOff,
	}
	if src.Size > src.Off {
		f.size, f.sure = src.Size, src.Size
	}
	if src.Buried() {
		f.real, f.searched = "", true
	}
	if src.Packed != nil {
		f.zip = &packed{size: src.Packed.Size, mtime: src.Packed.Mtime, done: src.Packed.Size > 0}
		f.size = src.Off
	}
	if uint64(f.printed) > f.off { // bytes that never got into an intent
		f.print, f.printed = 0, 0
	}
	if f.markOff+state.MarkBytes > f.off {
		f.mark, f.markOff = 0, 0
	}
	return f
}

// restart takes the position of src after a new generation was begun.
func (f *file) restart() {
	f.begun, f.gen, f.off, f.part = false, 0, 0, 0
	f.running, f.whole, f.print, f.printed, f.mark, f.markOff = 0, true, 0, 0, 0, 0
	f.unsaved, f.final, f.sure, f.away, f.midway = false, false, 0, false, false
	f.framing, f.zip, f.check = framing{}, nil, nil
}

// see notes what stat showed and reports whether the file has changed.
func (f *file) see(info source.Info, now time.Time) bool {
	if f.zip != nil {
		return f.zip.see(f, info, now)
	}
	if info.Size == f.size && info.Mtime == f.mtime {
		return false
	}
	f.size, f.mtime, f.changed, f.doubt = info.Size, info.Mtime, now, true
	return true
}

// shorter reports whether a file has fewer bytes than were read of it.
func (f *file) shorter(info source.Info) bool { return f.zip == nil && info.Size < f.off }

// readAt reads the bytes that lines are made of. Unlike an io.ReaderAt it may read fewer
// without an error: where the file ended when it was last looked at. To be told that it
// ends there would cost as much again as a line.
func (f *file) readAt(b []byte, off uint64) (n int, err error) {
	if f.zip != nil {
		return f.zip.plain.ReadAt(b, int64(off))
	}
	for n < len(b) {
		m, err := unix.Pread(int(f.f.Fd()), b[n:], int64(off)+int64(n))
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return n, &fs.PathError{Op: "read", Path: f.name, Err: err}
		case m == 0:
			return n, io.EOF
		}
		if n += m; off+uint64(n) >= f.size {
			break
		}
	}
	return n, nil
}

// behind is how many bytes are known to be there and not yet in a record.
func (f *file) behind() uint64 {
	if f.size > f.off {
		return f.size - f.off
	}
	return 0
}

// unread is how many bytes were surely there before the content changed.
func (f *file) unread() uint64 {
	if f.off > 0 && f.sure > f.off && f.zip == nil {
		return f.sure - f.off
	}
	return 0
}

// segment is what all segments of the file have in common now.
func (f *file) segment(kind record.Kind) record.Segment {
	return record.Segment{
		Kind: kind, Src: f.src.ID, Gen: f.gen, Off: f.off,
		Collection: f.view.Name, Rev: f.view.Rev, Path: f.from,
	}
}

// advance moves the position behind a segment of these bytes.
func (f *file) advance(seg *record.Segment, b []byte) state.Sum {
	if f.printed < state.PrintBytes && uint64(f.printed) == f.off {
		head := b[:min(len(b), int(state.PrintBytes-f.printed))]
		f.print = state.Update(f.print, head)
		f.printed += uint32(len(head))
		f.unsaved = true
	}
	sum := state.Sum{Before: f.running, After: state.Update(f.running, b)}
	f.running = sum.After
	f.off = seg.End()
	f.part = seg.Part
	if seg.LastPart {
		f.part = 0
	}
	return sum
}
