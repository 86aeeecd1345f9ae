package tail

import (
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/follow"
	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/agent/internal/state"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
)

// adopt takes a new set of collections. Files keep their collection if it still
// takes them, at its new revision; who else gets a file, the scan that follows
// tells. Those that nobody had, and to which no glob may lead by now, it looks for.
func (t *Tailer) adopt(set follow.Set) {
	t.set = set
	clear(t.framers)
	t.views = make(map[string]*collect.AgentView, len(set.Views))
	for i := range set.Views {
		t.views[set.Views[i].Name] = &set.Views[i]
	}
	for _, f := range t.files {
		if f.view == nil {
			f.searched = f.src.Buried()
			continue
		}
		f.view = t.ownerOf(f.view.Name, f.name)
		if f.view == nil {
			t.release(f)
		} else if errors.Is(f.err, errCompressed) {
			t.enqueue(f) // it may be wanted now
		}
	}
}

// ownerOf is the collection of a name, if it takes a path.
func (t *Tailer) ownerOf(collection, path string) *collect.AgentView {
	v := t.views[collection]
	if v == nil {
		return nil
	}
	if _, ok := v.Matches(path); !ok {
		return nil
	}
	return v
}

// release stops reading a file that no collection wants.
func (t *Tailer) release(f *file) {
	f.view, f.rank = nil, -1
	f.adrift, f.resting = false, false
	delete(t.adrift, f)
	t.close(f)
}

func (t *Tailer) take(events []find.Event) {
	select {
	case set := <-t.sets: // what is found is found for it, and for the old set it is nobody's
		t.adopt(set)
	default:
	}
	now := time.Now()
	if len(events) > 0 && events[0].Scan == 0 {
		t.readDirty() // a file that comes may be a copy made before the log is cut
	}
	for i := range events {
		switch e := &events[i]; e.Kind {
		case find.Match:
			t.match(e, now)
			if e.Opened != nil {
				_ = e.Opened.File.Close() // nobody took it: it is open already, or not ours
			}
		case find.Missed:
			t.miss(e, now)
		case find.Moved:
			if f := t.reals[e.Real]; f != nil && !t.leadsTo(e.Real, f) {
				t.cutOff(f, now)
			}
		case find.Scanned:
			t.scanned(e, now)
		}
	}
	t.state.Flush()
	t.unsynced.Store(true)
}

func (t *Tailer) leadsTo(path string, f *file) bool {
	info, err := source.StatPath(path)
	return err == nil && info.Key.Named(f.src.Key)
}

// match handles a path that a collection takes.
func (t *Tailer) match(e *find.Event, now time.Time) {
	view := t.ownerOf(e.View.Name, e.Name)
	if view == nil {
		return // of collections that have been replaced since
	}
	e.View = view
	if e.Err != nil {
		t.refuse(e, e.Err)
		return
	}
	f := t.reals[e.Real]
	if f != nil && !f.src.Key.Named(e.Info.Key) {
		t.cutOff(f, now) // another file has taken its place
		f = nil
	}
	if f == nil {
		f = t.named(e.Info.Key)
	}
	if f == nil {
		age := time.Duration(view.IgnoreOlder)
		if _, ours := t.spooled(e.Name); age > 0 && !ours && older(e.Info, age, now) {
			return // until it is written to; then a scan finds it young
		}
		if f = t.meet(e, now); f == nil {
			return
		}
	}
	delete(t.refused, e.Name)
	if e.Left {
		t.follow(f, e, now)
		return
	}
	t.claim(f, e)
	if f.see(e.Info, now) || f.behind() > 0 || f.shorter(e.Info) {
		t.enqueue(f)
	}
}

// follow goes after a file that has left the name by which a collection takes it.
func (t *Tailer) follow(f *file, e *find.Event, now time.Time) {
	if f.f == nil && e.Opened != nil {
		t.hold(f, e.Opened)
		e.Opened = nil
	}
	if f.view == nil {
		t.assign(f, e)
	}
	f.see(e.Info, now)
	t.cutOff(f, now)
}

// miss reports a file that was made under a name and had gone before it could be
// opened. Of what was in it nothing is known. While no records are taken, only as many
// are reported as the open one has room for; the others are counted and logged.
func (t *Tailer) miss(e *find.Event, now time.Time) {
	view := t.ownerOf(e.View.Name, e.Name)
	if view == nil {
		return
	}
	seg := record.Segment{
		Kind: record.Gap, Src: source.Key{Handle: "missed " + e.Name, Birth: now.UnixNano()}.ID(t.cfg.HostID),
		Collection: view.Name, Rev: view.Rev, Path: e.Name, Reason: causeMissed,
	}
	t.lost(e.Name, &seg)
	if !t.builder.Fits(&seg) {
		if !t.mayRead() {
			return
		}
		t.closeRecord(now)
	}
	t.builder.Add(seg, state.Sum{}, 0, now)
}

// named finds a known file by what stat tells.
func (t *Tailer) named(key source.Key) *file {
	for _, f := range t.inodes[key.Inode] {
		if f.src.Key.Named(key) {
			return f
		}
	}
	return nil
}

// same finds a known file by all that is known of it.
func (t *Tailer) same(key source.Key) *file {
	for _, f := range t.inodes[key.Inode] {
		if f.src.Key.Same(key) {
			return f
		}
	}
	return nil
}

// meet opens a path that leads to no known file, and finds out what it is.
func (t *Tailer) meet(e *find.Event, now time.Time) *file {
	o := e.Opened
	if e.Opened = nil; o == nil {
		var err error
		if o, err = t.cfg.Allow.Open(e.Name); err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				t.refuse(e, err)
			}
			return nil
		}
	}
	f := t.same(o.Info.Key)
	if f == nil {
		f = t.mint(e, o, now)
	}
	f.src.Key = o.Info.Key // the device number may be new
	if f.f == nil {
		t.hold(f, o)
	} else {
		_ = o.File.Close() // it is open already
	}
	e.Real, e.Info = o.Real, o.Info
	return f
}

// claim gives a file to the collection that found it, unless a better claim was
// made by the same scan. Notices only fill gaps; scans decide.
func (t *Tailer) claim(f *file, e *find.Event) {
	if e.Scan != 0 && (f.best.Scan != e.Scan || better(e, &f.best)) {
		f.best = *e
	}
	if f.view == nil || f.adrift || f.name == e.Name || f.real == "" || !t.leadsTo(f.real, f) {
		t.assign(f, e)
	}
}

// better orders the paths of one file: the collection that goes first, then the
// path that is no symlink, then the one that sorts first.
func better(a, b *find.Event) bool {
	if a.Rank != b.Rank {
		return a.Rank < b.Rank
	}
	if x, y := a.Name == a.Real, b.Name == b.Real; x != y {
		return x
	}
	return a.Name < b.Name
}

// assign makes a file belong to a path and its collection.
func (t *Tailer) assign(f *file, e *find.Event) {
	f.view, f.rank = e.View, e.Rank
	f.adrift, f.resting, f.deleted, f.final, f.missing, f.gone = false, false, false, false, 0, false
	delete(t.adrift, f)
	t.place(f, e.Real)
	f.name, f.from = e.Name, t.origin(e.Name)
	if f.src.Path != e.Real || f.src.Name != e.Name || f.src.Collection != e.View.Name {
		f.src.Path, f.src.Name, f.src.Collection, f.src.Left = e.Real, e.Name, e.View.Name, f.leftFor(e.View)
		t.state.Put(f.src)
	}
}

// place notes where a file lies; empty: nowhere.
func (t *Tailer) place(f *file, real string) {
	if f.real == real && t.reals[real] == f {
		return
	}
	if f.real != "" {
		if t.reals[f.real] == f {
			delete(t.reals, f.real)
		}
		if f.real != real {
			t.leave(f, f.real)
		}
		dir := filepath.Dir(f.real)
		if delete(t.folders[dir], f); len(t.folders[dir]) == 0 {
			delete(t.folders, dir)
		}
	}
	f.real = real
	if real == "" {
		return
	}
	t.reals[real] = f
	dir := filepath.Dir(real)
	if t.folders[dir] == nil {
		t.folders[dir] = map[*file]struct{}{}
	}
	t.folders[dir][f] = struct{}{}
}

// leftFor is the path that a file had before, if a restart has to know it: an event that is
// open may go on in the file that comes there next.
func (f *file) leftFor(view *collect.AgentView) string {
	if view.Multiline == nil {
		return ""
	}
	return f.left
}

// leave notes which file had a path last.
func (t *Tailer) leave(f *file, real string) {
	if t.left[f.left] == f {
		delete(t.left, f.left)
	}
	if f.left = real; real != "" {
		t.left[real] = f
	}
}

// scanned looks after the files that a whole scan did not see.
func (t *Tailer) scanned(e *find.Event, now time.Time) {
	t.scans++
	t.problem, t.listed = e.Errors, nil
	day := now.Add(-forgetAfter).Unix()
	var left, buried []*file
	for _, f := range t.files {
		if f.src.Buried() {
			buried = append(buried, f)
		}
		switch {
		case f.best.Scan == e.Scan:
			f.src.Seen = now.Unix()
			t.reassign(f)
			if (f.behind() > 0 || f.err != nil) && !errors.Is(f.err, errCompressed) {
				t.enqueue(f)
			}
		case f.adrift:
			f.resting = false // look once more
		case f.view != nil:
			t.cutOff(f, now)
		case !f.searched && t.views[f.src.Collection] != nil:
			t.search(f, now)
			left = append(left, f)
		}
		if f.missing > 0 {
			t.lookFor(f)
		}
		if f.src.Seen < day && (f.view == nil || f.resting) {
			t.forget(f)
			continue
		}
		t.look(f, now)
	}
	for _, f := range left {
		t.between(f, now)
	}
	t.thinBuried(buried)
	t.forgetRefused(e.Scan)
	t.tellRefused()
}

// reassign gives a file to the best claim of the scan that has just ended.
func (t *Tailer) reassign(f *file) {
	if f.view != nil && f.name == f.best.Name && f.rank == f.best.Rank {
		return
	}
	best := f.best
	if v := t.ownerOf(best.View.Name, best.Name); v != nil {
		best.View = v
		t.assign(f, &best)
	}
}
