package tail

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/source"
)

// Logs are rotated, cut and deleted while no agent runs, too. So that the next life can say
// what is missing, each one notes how it last saw its files: whether there was more than it
// had read, and whether more was to come. What cannot be found again is a gap, of as many
// bytes as are known to be missing, unless all was read and nothing more was to come.

// settledAfter is how long nobody must have written to a file that lies where it was made
// for nothing more to be expected of it. Else every log that its own retention deletes
// while the agent is down for a moment would be told as lost.
const settledAfter = 24 * time.Hour

// look notes for the next life how a file is now.
func (t *Tailer) look(f *file, now time.Time) {
	if f.view == nil || f.zip == nil && f.mtime == 0 {
		return // it was not seen in this life
	}
	if _, spooled := t.spooled(f.name); spooled {
		return // what we delete ourselves is not missed
	}
	size := uint64(0)
	if f.size > f.src.Off && f.zip == nil {
		size = t.surely(f)
	}
	settled := f.behind() == 0 && f.off == f.src.Off && (f.src.Settled || t.isOver(f, now))
	if f.src.Size == size && f.src.Settled == settled {
		return
	}
	f.src.Size, f.src.Settled = size, settled
	t.state.Put(f.src)
}

// surely is how long a file is of which more is there than was read: as far as it was seen
// to be the same file.
func (t *Tailer) surely(f *file) uint64 {
	if f.doubt && f.f != nil {
		if same, _ := f.unchanged(t.scratch[:]); same {
			f.sure = f.size
		}
	}
	return f.sure
}

// isOver reports whether nothing more is expected of a file that was read to its end: it
// was rotated and left alone for the grace time, or nobody has written to it for long.
func (t *Tailer) isOver(f *file, now time.Time) bool {
	if f.zip != nil {
		return f.zip.done
	}
	return now.Sub(time.Unix(0, f.mtime)) >= settledAfter || t.isRotated(f) && now.Sub(f.changed) >= t.cfg.Grace
}

// isRotated reports whether a file has left the path of its log.
func (t *Tailer) isRotated(f *file) bool {
	if f.adrift || f.left != "" {
		return true
	}
	log := logOf(f.real)
	return log != f.real && t.reals[log] != nil
}

// lookAround notes for the next life how all files are.
func (t *Tailer) lookAround(now time.Time) {
	for _, f := range t.files {
		if f.f != nil {
			if info, err := source.Stat(int(f.f.Fd())); err == nil {
				f.see(info, now)
			}
		}
		t.look(f, now)
	}
	t.state.Flush()
	t.unsynced.Store(true)
}

// search looks, once after a start, for a file that no glob leads to any more: it was
// rotated, or has gone, while nobody looked.
func (t *Tailer) search(f *file, now time.Time) {
	f.searched = true
	view := t.ownerOf(f.src.Collection, f.name)
	if view == nil {
		return
	}
	found := t.relocate(f)
	if _, spooled := t.spooled(f.name); !found && (spooled || f.isComplete()) {
		return
	}
	f.view, f.adrift, f.changed = view, true, now
	t.adrift[f] = struct{}{}
	if !found {
		f.missing = 1
	}
	t.enqueue(f)
}

// isComplete reports whether all of a file was read when an earlier life last looked at it,
// and nothing more was to come.
func (f *file) isComplete() bool {
	if p := f.src.Packed; p != nil {
		return p.Size > 0
	}
	return f.behind() == 0 && (f.src.Settled || f.wasRotated())
}

// wasRotated reports whether a file of an earlier life had left the path of its log when it
// was last seen. Its writer had another one then, and what rotates deletes or compresses such
// files by the minute: to tell of each would be false far more often than true.
func (f *file) wasRotated() bool { return logOf(f.src.Path) != f.src.Path }

// rotatedName is what a rotation by renaming puts behind the name of a log.
var rotatedName = regexp.MustCompile(`^([._-][0-9]+)+$`)

// between finds the files that were the log after f and were rotated, too, while nobody
// looked, and of which no glob takes the name that they have now. They are read like those
// whose rotation was seen.
func (t *Tailer) between(f *file, now time.Time) {
	dir := filepath.Dir(f.src.Path)
	if f.view == nil || f.src.Key.Birth == 0 || t.hasYounger(f, dir) {
		return
	}
	l, err := t.list(dir)
	if err != nil {
		return
	}
	var found []find.Event
	for _, e := range l.entries {
		suffix, ok := strings.CutPrefix(e.Name(), filepath.Base(f.name))
		if !ok || !rotatedName.MatchString(suffix) || !e.Type().IsRegular() {
			continue
		}
		path := filepath.Join(dir, e.Name())
		info, err := source.StatPath(path)
		if err != nil || info.Key.Birth <= f.src.Key.Birth || t.named(info.Key) != nil {
			continue
		}
		found = append(found, find.Event{Kind: find.Match, Name: f.name, Real: path, View: f.view, Info: info, Left: true})
	}
	slices.SortFunc(found, func(a, b find.Event) int { return int(a.Info.Key.Birth - b.Info.Key.Birth) })
	for i := range found {
		t.meetRotated(&found[i], now)
	}
}

// hasYounger reports whether a file of an earlier life lies in a folder that had the name
// of f after it.
func (t *Tailer) hasYounger(f *file, dir string) bool {
	for g := range t.folders[dir] {
		if g.name == f.name && g.met.IsZero() && g.src.Key.Birth > f.src.Key.Birth {
			return true
		}
	}
	return false
}

// meetRotated opens a file under the name that it has now, and takes it as one that had
// another.
func (t *Tailer) meetRotated(e *find.Event, now time.Time) {
	o, err := t.cfg.Allow.OpenReal(e.Real)
	if err != nil {
		return // it is not for us, or has just been renamed, and the next one is found then
	}
	e.Opened = o
	t.match(e, now)
	if e.Opened != nil {
		_ = e.Opened.File.Close() // it is open already
	}
}

// layAside ends the search for a file of an earlier life. It stays known for as long as
// any other that has gone: it may come back, as on a volume that is mounted late, or be
// found compressed.
func (t *Tailer) layAside(f *file) {
	if t.builder.Holds(f.src.ID) {
		t.closeRecord(time.Now())
	}
	f.view, f.adrift, f.gone, f.away, f.missing = nil, false, false, false, 0
	delete(t.adrift, f)
	f.src.Size, f.src.Settled = 0, true
	t.state.Put(f.src)
}
