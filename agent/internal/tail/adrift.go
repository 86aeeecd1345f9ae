package tail

import (
	"cmp"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/source"
)

// missingScans is how many scans must not find a file before it counts as gone:
// it may be on its way to another folder.
const missingScans = 3

// cutOff handles a file whose path leads elsewhere now: it was renamed, replaced
// or deleted. It is read to its end, and watched for the grace time after its
// last change, because its writer may still have it open.
func (t *Tailer) cutOff(f *file, now time.Time) {
	if f.view == nil {
		t.place(f, "")
		return
	}
	if t.ownerOf(f.view.Name, f.name) == nil {
		t.release(f)
		return
	}
	f.adrift, f.resting, f.changed = true, false, now
	t.adrift[f] = struct{}{}
	if f.f == nil {
		if !t.relocate(f) {
			f.missing = max(f.missing, 1)
		}
		t.enqueue(f)
		return
	}
	path, err := find.PathOf(f.f)
	f.deleted = err != nil
	t.place(f, path)
	if path != "" && path != f.src.Path {
		f.src.Path, f.src.Left = path, f.leftFor(f.view)
		t.state.Put(f.src)
	}
	t.enqueue(f)
}

// pollAdrift looks at the files without a path of their own, whose changes no
// notice tells.
func (t *Tailer) pollAdrift(now time.Time) {
	for f := range t.adrift {
		if f.resting || f.f == nil {
			continue
		}
		info, err := source.Stat(int(f.f.Fd()))
		if err != nil {
			t.trouble(f, err)
			continue
		}
		f.deleted = info.Links == 0
		if f.queued { // for long, while no records are taken: what it takes of the disk counts
			f.size = max(f.size, info.Size)
			continue
		}
		if f.see(info, now) || f.shorter(info) {
			f.final = false
			t.enqueue(f)
			continue
		}
		if now.Sub(f.changed) < t.cfg.Grace || f.waitsForHeir() {
			continue
		}
		if _, held := t.held[f]; held {
			continue // it has not been read
		}
		if f.zip != nil && !f.zip.done && f.err == nil {
			continue // it waits its turn
		}
		if f.behind() > 0 && !f.final {
			f.final = true // a last line without an end
			t.enqueue(f)
			continue
		}
		t.rest(f)
	}
	t.thinDeleted()
}

// thinDeleted keeps within the budget of deleted files: the one that has changed least
// lately is closed, which gives its room on disk free. Its gap is told when records are
// taken again; while they are not is when the budget matters.
func (t *Tailer) thinDeleted() {
	for {
		var oldest *file
		count, size := 0, uint64(0)
		for f := range t.adrift {
			if !f.deleted || f.f == nil {
				continue
			}
			count, size = count+1, size+f.size
			if oldest == nil || f.changed.Before(oldest.changed) {
				oldest = f
			}
		}
		if oldest == nil || count <= t.cfg.DeletedFiles && size <= t.cfg.DeletedBytes {
			return
		}
		if info, err := source.Stat(int(oldest.f.Fd())); err == nil {
			oldest.size = max(oldest.size, info.Size)
		}
		t.log.Warn("a deleted file is given up: too much is held open", "path", oldest.name, "unread", oldest.behind(), "files", count, "bytes", size)
		oldest.gone, oldest.lost = true, true
		t.close(oldest)
		delete(t.adrift, oldest)
		t.enqueue(oldest)
	}
}

// rest ends the close watch of a file that nobody writes any longer. A deleted
// one is closed, which gives its room on disk free, and what of it could not be read
// is told; any other stays known, and a scan looks at it.
func (t *Tailer) rest(f *file) {
	f.resting = true
	if !f.deleted {
		return
	}
	t.close(f)
	if f.behind() > 0 && f.err != nil && !errors.Is(f.err, errCompressed) {
		f.gone = true
		delete(t.adrift, f)
		t.enqueue(f)
		return
	}
	t.bury(f)
}

// bury forgets a file that has gone, but for what its compressed copy is known by.
func (t *Tailer) bury(f *file) {
	_, spooled := t.spooled(f.name)
	if f.view == nil || !f.view.Gzip || f.zip != nil || f.off == 0 || spooled {
		t.forget(f)
		return
	}
	t.lose(f)
	f.src.Bury()
	f.gone, f.missing, f.searched = false, 0, true
	t.files[f.src.ID] = f
	t.state.Put(f.src)
}

// thinBuried forgets those of the buried files that went longest ago, if there are too many:
// on some hosts a hundred thousand logs come and go a day.
func (t *Tailer) thinBuried(buried []*file) {
	if len(buried) <= mostBuried {
		return
	}
	slices.SortFunc(buried, func(a, b *file) int { return cmp.Compare(a.src.Seen, b.src.Seen) })
	for _, f := range buried[:len(buried)-mostBuried] {
		if t.files[f.src.ID] == f {
			t.forget(f)
		}
	}
}

// forget drops a file for good.
func (t *Tailer) forget(f *file) {
	t.lose(f)
	t.state.Forget(f.src.ID)
}

// lose takes a file out of all tables.
func (t *Tailer) lose(f *file) {
	if t.builder.Holds(f.src.ID) {
		t.closeRecord(time.Now())
	}
	t.close(f)
	f.view, f.before, f.heir = nil, nil, nil
	delete(t.adrift, f)
	delete(t.held, f)
	delete(t.waiting, f)
	delete(t.packed, f)
	t.place(f, "")
	t.leave(f, "")
	delete(t.files, f.src.ID)
	same := t.inodes[f.src.Key.Inode]
	for i := range same {
		if same[i] == f {
			same = append(same[:i:i], same[i+1:]...)
			break
		}
	}
	if len(same) == 0 {
		delete(t.inodes, f.src.Key.Inode)
	} else {
		t.inodes[f.src.Key.Inode] = same
	}
}

// is reports whether path leads to f, by what stat tells; where that leaves a
// doubt, as after a reboot, by the handle.
func (t *Tailer) is(f *file, path string, key source.Key) bool {
	if f.src.Key.Named(key) {
		return true
	}
	if f.src.Key.Inode != key.Inode || !f.src.Key.Same(key) {
		return false
	}
	o, err := t.cfg.Allow.OpenReal(path)
	if err != nil {
		return false
	}
	defer o.File.Close()
	return f.src.Key.Same(o.Info.Key)
}

// lookFor tries once more to find a missing file.
func (t *Tailer) lookFor(f *file) {
	if f.f != nil || t.relocate(f) {
		f.missing = 0
		t.enqueue(f)
		return
	}
	if _, err := source.StatPath(filepath.Dir(f.src.Path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return // its volume does not answer, or is stale as a whole: it may still be there
	}
	if f.missing++; f.missing > missingScans {
		f.gone = true
		t.enqueue(f)
	}
}
