package tail

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/millrace/millrace/agent/internal/source"
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
	// copyMost is how long it may be held back while it grows, and is no longer than the
	// log: a large one takes its time to be copied.
	copyMost = 15 * time.Minute
	// crowded is how many files of one folder are compared at most. In a folder
	// with more, every file is read as it is.
	crowded = 256
	// window is how much of two files is compared at the end of what they share.
	window = 4 << 10
	// askMost is the longest time between two looks at a file that is held back.
	askMost = 500 * time.Millisecond
)

// suspect reports whether a file has to wait because it may be a copy, and whether that is
// to be asked again in its next turn. If it turns out to be one, its position is put behind
// what was read of the original.
func (t *Tailer) suspect(f *file, now time.Time) (wait, more bool) {
	if f.cleared || f.begun || f.off > 0 {
		return false, false
	}
	folder := t.folders[filepath.Dir(f.src.Path)] // that of a deleted copy, too
	like := unlike
	if len(folder) <= crowded && f.src.Key.Birth != 0 {
		if done := t.compareCuts(f, folder); !done || f.cleared {
			return !done, !done
		}
		for s := range folder {
			if s != f && s.zip == nil && s.knownBefore(f) {
				like = max(like, t.resembles(f, s))
			}
		}
	}
	if f.waitsAs(like, now) {
		f.looked = now
		t.held[f] = struct{}{}
		return true, false
	}
	t.clear(f)
	return false, false
}

// clear ends the suspicion.
func (t *Tailer) clear(f *file) {
	f.cleared, f.check = true, nil
	delete(t.held, f)
}

// likeness is how a file resembles one that was being read before it was made.
type likeness int

const (
	unlike  likeness = iota // it is no copy
	alike                   // it may be one
	growing                 // it may be one, of which more may come
	severed                 // it may be one: the other was cut, and has had no turn since
)

// waitsAs reports whether a file is held back that resembles another.
func (f *file) waitsAs(like likeness, now time.Time) bool {
	if like != unlike && f.held.IsZero() {
		f.held = now
	}
	switch held := now.Sub(f.held); like {
	case unlike:
		return false
	case severed:
		return true // that turn may be late, but comes
	case growing:
		return held < holdMost || held < copyMost && now.Sub(f.changed) < holdMost
	default:
		return held < holdMost
	}
}

// mayTell reports whether it is time to look at a file again that is held back: soon at
// first, then more seldom. Each look is one at all files of its folder, and where many
// begin with the same banner, many are held back at a time.
func (f *file) mayTell(now time.Time) bool {
	return now.Sub(f.looked) >= min(askMost, now.Sub(f.held)/4)
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

// compareCuts compares a file with what was read of those of its folder before they were
// cut: it is a copy of the one of which it begins with all of that. It does a part of
// this at a time, and reports whether it has come to the end.
func (t *Tailer) compareCuts(f *file, folder map[*file]struct{}) (done bool) {
	c := f.check
	if c == nil || len(c.left) == 0 {
		left := t.cutsLike(f, folder)
		if len(left) == 0 {
			return true
		}
		if c == nil {
			c = &comparison{}
			f.check = c
		}
		if c.left = left; left[0].Off < c.off {
			c.off, c.sum = 0, 0
		}
	}
	done, err := c.advance(f)
	switch {
	case err != nil:
		f.check = nil // it is not what it was when it was last looked at
	case done && c.best != nil:
		t.passOver(f, c.best.of.name, &c.best.Cut)
	}
	return done || err != nil
}

// cutsLike are the cuts that a file may be a copy of, but for those that it was compared
// with.
func (t *Tailer) cutsLike(f *file, folder map[*file]struct{}) (all []original) {
	for s := range folder {
		if s == f || s.zip != nil || !s.knownBefore(f) {
			continue
		}
		for _, c := range s.src.Cuts {
			if c.At >= f.src.Key.Birth && f.size >= c.Off && !f.check.knows(c) && t.hasHead(f.f, c.Print, c.PrintLen) {
				all = append(all, original{c, s, true})
			}
		}
	}
	slices.SortFunc(all, shorter)
	return all
}

// beginsWith reports whether a file begins with all that was read before a cut.
func (t *Tailer) beginsWith(r io.ReaderAt, c *state.Cut) bool {
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
	t.clear(f)
}

// resembles reports whether a file may become a copy of a source: as far as both
// go, they begin alike and are alike at the end of what they share.
func (t *Tailer) resembles(f, s *file) likeness {
	if !s.begun || !s.whole || s.printed == 0 || s.deleted {
		return unlike
	}
	headed := f.size >= uint64(s.printed)
	if headed && !t.hasHead(f.f, s.print, s.printed) {
		return unlike
	}
	if s.f == nil { // its turn will show whether it was truncated
		if headed {
			return alike
		}
		return unlike
	}
	shared := min(f.size, s.off)
	n := min(shared, window)
	a, b := make([]byte, n), make([]byte, n)
	if _, err := f.f.ReadAt(a, int64(shared-n)); err != nil {
		return unlike
	}
	_, err := s.f.ReadAt(b, int64(shared-n))
	if err == nil && bytes.Equal(a, b) {
		if info, err := source.Stat(int(s.f.Fd())); err == nil && f.size <= info.Size {
			return growing
		}
		return alike
	}
	if same, err := s.unchanged(t.scratch[:]); !headed || same || err != nil && !errors.Is(err, io.EOF) {
		return unlike
	}
	t.enqueue(s)
	return severed
}

func (t *Tailer) hasHead(r io.ReaderAt, print, printed uint32) bool {
	return hashes(r, 0, t.scratch[:printed], print)
}

// hashes reports whether the bytes at off have this hash. It reads them into b.
func hashes(r io.ReaderAt, off uint64, b []byte, sum uint32) bool {
	return hashesOn(r, off, b, 0, sum)
}

// hashesOn is hashes for what goes on behind bytes with another hash.
func hashesOn(r io.ReaderAt, off uint64, b []byte, before, sum uint32) bool {
	_, err := r.ReadAt(b, int64(off))
	return err == nil && state.Update(before, b) == sum
}
