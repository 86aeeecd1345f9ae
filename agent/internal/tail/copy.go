package tail

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"time"

	"github.com/millrace/millrace/agent/internal/state"
)

// logrotate's copytruncate copies a log, possibly to a name that the glob matches
// too, and then cuts the log to nothing. The lines of the copy were shipped
// already. A new file is taken for such a copy only if it lies in the same folder,
// the log was truncated after the file's birth, and the file begins with exactly
// the bytes that were read of the log. Anything else, such as a file that somebody
// copied by hand, is a file of its own.

const (
	// holdMost is how long a file may be held back that looks like a copy of a log
	// that is not yet truncated.
	holdMost = 10 * time.Second
	// crowded is how many files of one folder are compared at most. In a folder
	// with more, every file is read as it is.
	crowded = 256
	// window is how much of two files is compared at the end of what they share.
	window = 4 << 10
)

// suspect reports whether a file has to wait because it may be a copy. If it
// turns out to be one, its position is put behind what was read of the original.
func (t *Tailer) suspect(f *file, now time.Time) bool {
	if f.cleared || f.begun || f.off > 0 {
		return false
	}
	folder := t.folders[filepath.Dir(f.src.Path)] // that of a deleted copy, too
	alike, unseen := false, false
	if len(folder) <= crowded && f.src.Key.Birth != 0 {
		for s := range folder {
			if s == f || s.zip != nil || !s.knownBefore(f) {
				continue
			}
			if t.isCopy(f, s.src.Cut) {
				t.passOver(f, s.name, s.src.Cut)
				return false
			}
			like, cut := t.resembles(f, s)
			alike, unseen = alike || like, unseen || like && cut
		}
	}
	if alike && f.held.IsZero() {
		f.held = now
		t.held[f] = struct{}{}
	}
	if alike && (unseen || now.Sub(f.held) < holdMost) {
		return true
	}
	f.cleared = true
	delete(t.held, f)
	return false
}

// knownBefore reports whether s was being read when f was made. Of a file that was
// met later nothing can have been shipped that f repeats, and files that all lie
// there at a start do not wait for each other.
func (f *file) knownBefore(o *file) bool {
	return f.src.Key.Birth < o.src.Key.Birth && (f.met.IsZero() || f.met.UnixNano() < o.src.Key.Birth)
}

// cutOff is what was read of a file that is being cut; nil when that was nothing, or not
// all there was. What was there and not yet read does not count: a copy has it. The
// time is that of this moment: the turn may have begun before the copy was made.
func (f *file) cutOff() *state.Cut {
	if !f.whole || f.off == 0 {
		return nil
	}
	return &state.Cut{At: time.Now().UnixNano(), Off: f.off, Running: f.running, Print: f.print, PrintLen: f.printed}
}

// isCopy reports whether the file begins with all that was read of a source
// before it was truncated.
func (t *Tailer) isCopy(f *file, c *state.Cut) bool {
	return c != nil && c.At >= f.src.Key.Birth && f.size >= c.Off && t.beginsWith(f.f, c)
}

// beginsWith reports whether a file begins with all that was read before a cut.
func (t *Tailer) beginsWith(r io.ReaderAt, c *state.Cut) bool {
	if !t.hasHead(r, c.Print, c.PrintLen) {
		return false
	}
	var sum uint32
	buf := make([]byte, turnBytes)
	for off := uint64(0); off < c.Off; {
		b := buf[:min(uint64(len(buf)), c.Off-off)]
		if _, err := r.ReadAt(b, int64(off)); err != nil {
			return false
		}
		sum = state.Update(sum, b)
		off += uint64(len(b))
	}
	return sum == c.Running
}

// passOver puts a copy's position behind what was read of its original. What the
// truncation took away unread is still in the copy, and is read from there.
func (t *Tailer) passOver(f *file, original string, c *state.Cut) {
	t.log.Info("file is the copy of one that was read", "path", f.name, "original", original, "bytes", c.Off)
	f.off, f.running, f.print, f.printed = c.Off, c.Running, c.Print, c.PrintLen
	f.src.Off, f.src.Running, f.src.Print, f.src.PrintLen = c.Off, c.Running, c.Print, c.PrintLen
	t.state.Put(f.src)
	f.cleared = true
	delete(t.held, f)
}

// resembles reports whether a file may become a copy of a source: as far as both
// go, they begin alike and are alike at the end of what they share. And whether the
// source was cut and has not had its turn since: that turn may be late.
func (t *Tailer) resembles(f, s *file) (alike, cut bool) {
	if !s.begun || !s.whole || s.printed == 0 || s.deleted {
		return false, false
	}
	headed := f.size >= uint64(s.printed)
	if headed && !t.hasHead(f.f, s.print, s.printed) {
		return false, false
	}
	if s.f == nil {
		return headed, false // its turn will show whether it was truncated
	}
	shared := min(f.size, s.off)
	n := min(shared, window)
	a, b := make([]byte, n), make([]byte, n)
	if _, err := f.f.ReadAt(a, int64(shared-n)); err != nil {
		return false, false
	}
	_, err := s.f.ReadAt(b, int64(shared-n))
	if err == nil && bytes.Equal(a, b) {
		return true, false
	}
	if same, err := s.sameHead(t.scratch[:]); same || err != nil && !errors.Is(err, io.EOF) {
		return false, false
	}
	t.enqueue(s)
	return headed, true
}

func (t *Tailer) hasHead(r io.ReaderAt, print, printed uint32) bool {
	head := t.scratch[:printed]
	_, err := r.ReadAt(head, 0)
	return err == nil && state.Update(0, head) == print
}
