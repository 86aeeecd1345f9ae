package find

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/fsnotify/fsnotify"
)

// carryMost is how many open files travel in one batch of events.
const carryMost = 16

// notices tells of a burst of changes, in its order, and reports whether a scan
// is needed to know what they mean. A file that came is opened before anything
// else is looked at: the next notice may be that it has left again.
func (f *Finder) notices(ctx context.Context, e fsnotify.Event, more <-chan fsnotify.Event) (scan bool) {
	for n := 0; ; n++ {
		if f.notice(ctx, e) {
			scan = true
		}
		if n == noticeBuffer {
			break // a scan may be due, or the end
		}
		select {
		case next, ok := <-more:
			if !ok {
				return false
			}
			e = next
			continue
		default:
		}
		break
	}
	f.tell(ctx)
	return scan
}

// notice translates what happened to one path.
func (f *Finder) notice(ctx context.Context, e fsnotify.Event) (scan bool) {
	path := e.Name
	if e.Op == fsnotify.Write {
		f.dirty.add(path)
		return false
	}
	if _, ours := f.dirs[path]; ours && e.Op&^(fsnotify.Chmod|fsnotify.Write) != 0 {
		delete(f.watched, path) // a folder of ours came or went
		scan = true
	}
	if e.Has(fsnotify.Rename | fsnotify.Remove | fsnotify.Create) {
		f.add1(ctx, Event{Kind: Moved, Real: path})
	}
	switch {
	case e.Has(fsnotify.Create):
		scan = f.came(ctx, path, movedFrom(e)) || scan
	case e.Has(fsnotify.Remove):
		f.removed(ctx, path)
	case e.Has(fsnotify.Chmod):
		if name, rank, ok := f.owned(path); ok {
			if m, ok := f.match(name, path, rank); ok {
				f.add1(ctx, m)
			}
		}
	}
	if e.Has(fsnotify.Write) {
		f.dirty.add(path)
	}
	return scan
}

// movedFrom is the old path of what was moved here, as far as that was watched.
// fsnotify tells it in the event's text only.
func movedFrom(e fsnotify.Event) string {
	_, quoted, ok := strings.Cut(e.String(), " ← ")
	if !ok {
		return ""
	}
	old, err := strconv.Unquote(quoted)
	if err != nil {
		return "" // the name itself has an arrow in it
	}
	return old
}

// owned is the rule that takes what lies at a path, and the name by which it does.
func (f *Finder) owned(path string) (name string, rank int, ok bool) {
	return f.ownerOf(f.namesOf(path))
}

// came looks at what has appeared at a path, or was moved there from another.
func (f *Finder) came(ctx context.Context, path, from string) (scan bool) {
	now := f.namesOf(path)
	var old []string
	if from != "" {
		old = f.namesOf(from)
		f.followed(from)
	}
	if len(now) == 0 {
		return false
	}
	info, err := os.Lstat(path)
	switch {
	case err != nil: // it has left again; if it was moved, the next notice says where to
	case info.IsDir():
		if !slices.ContainsFunc(old, f.leads) {
			old = nil
		}
		if old != nil || slices.ContainsFunc(now, f.leads) {
			f.enter(ctx, path, now, old)
		}
		return true
	case info.Mode()&os.ModeSymlink != 0:
		f.linked(ctx, path, now)
		return true
	}
	f.arrived(ctx, path, now, old, from == "")
	return false
}

// arrived tells of a file that has appeared under its names, or was moved there from
// old ones. One that was moved where no glob matches belongs to whom it
// belonged to before: that nobody has read it yet is no reason to leave it.
func (f *Finder) arrived(ctx context.Context, path string, now, old []string, born bool) {
	name, rank, ok := f.ownerOf(now)
	left := false
	if !ok {
		name, rank, left = f.ownerOf(old)
	}
	if !ok && !left {
		return
	}
	o, err := f.allow.openReal(path)
	if born {
		f.born(ctx, path, name, f.rules[rank].view, o)
	}
	if err == nil {
		f.add1(ctx, Event{Kind: Match, Name: name, Real: path, View: f.rules[rank].view, Rank: rank, Info: o.Info, Opened: o, Left: left})
		return
	}
	if m, ok := f.match(name, path, rank); ok { // it says why it cannot be opened
		if m.Err == nil && !os.IsNotExist(err) {
			m.Err = err
		}
		f.add1(ctx, m)
	}
}

// linked follows a symlink that has appeared. The scan that comes after it does
// the rest; but the file behind it may be rotated before that.
func (f *Finder) linked(ctx context.Context, path string, now []string) {
	name, rank, ok := f.ownerOf(now)
	if !ok {
		return
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return
	}
	f.watchAs(filepath.Dir(real), []string{filepath.Dir(real)})
	o, err := f.allow.Open(path)
	if err != nil {
		return
	}
	f.links.add(o.Real, now...)
	f.fresh = append(f.fresh, o.Real)
	f.add1(ctx, Event{Kind: Match, Name: name, Real: o.Real, View: f.rules[rank].view, Rank: rank, Info: o.Info, Opened: o})
	f.rotated(ctx, path, o.Real, Event{Kind: Match, Name: name, View: f.rules[rank].view, Rank: rank, Left: true})
}

// rotated tells of files that were rotated away from where a link leads, after the link was
// made and before their folder was watched: they have the target's name and more behind
// it, and were written to since. What rotation has compressed is no longer of use.
func (f *Finder) rotated(ctx context.Context, link, target string, e Event) {
	made, err := os.Lstat(link)
	if err != nil {
		return // it has left again
	}
	entries, err := os.ReadDir(filepath.Dir(target))
	if err != nil {
		return // so has the target
	}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasPrefix(name, filepath.Base(target)+".") || strings.HasSuffix(name, ".gz") || !entry.Type().IsRegular() {
			continue
		}
		info, err := entry.Info()
		if err != nil || info.ModTime().Before(made.ModTime()) {
			continue
		}
		o, err := f.allow.openReal(filepath.Join(filepath.Dir(target), name))
		if err != nil {
			continue // gone, or not for us
		}
		e.Real, e.Info, e.Opened = o.Real, o.Info, o
		f.add1(ctx, e)
	}
}

// enterMost bounds what is entered of one tree at once; a scan finds the rest.
const enterMost = 10_000

// enter watches a folder that has just appeared and looks into it at once. Files
// that were moved with it may belong to the names that it had.
func (f *Finder) enter(ctx context.Context, path string, now, old []string) {
	left := enterMost
	f.enterSome(ctx, path, now, old, &left)
}

func (f *Finder) enterSome(ctx context.Context, path string, now, old []string, left *int) {
	f.watchAs(path, now)
	entries, err := os.ReadDir(path)
	if err != nil {
		return // it has left again, and the scan that follows says of any other reason
	}
	for _, e := range entries {
		if *left--; *left < 0 || ctx.Err() != nil {
			return
		}
		inner, innerNow, innerOld := filepath.Join(path, e.Name()), within(now, e.Name()), within(old, e.Name())
		switch {
		case e.IsDir():
			if slices.ContainsFunc(innerNow, f.leads) || slices.ContainsFunc(innerOld, f.leads) {
				f.enterSome(ctx, inner, innerNow, innerOld, left)
			}
		case e.Type()&os.ModeSymlink != 0:
			f.linked(ctx, inner, innerNow)
		default:
			f.arrived(ctx, inner, innerNow, innerOld, false)
		}
	}
}

// watchAs watches a folder between scans.
func (f *Finder) watchAs(path string, now []string) {
	if len(f.dirs[path]) == 0 {
		f.fresh = append(f.fresh, path)
	}
	f.dirs.add(path, now...)
	delete(f.watched, path) // a folder of that name may have been there before
	f.add(path)
}

// leads reports whether files below a folder may be taken by a rule.
func (f *Finder) leads(dir string) bool {
	for _, r := range f.rules {
		for _, g := range r.globs {
			if leads(g, dir) {
				return true
			}
		}
	}
	return false
}

// add1 puts an event behind those of this burst.
func (f *Finder) add1(ctx context.Context, e Event) {
	f.told = append(f.told, e)
	if e.Opened != nil {
		f.carried++
	}
	if f.carried >= carryMost || len(f.told) >= batch {
		f.tell(ctx)
	}
}

func (f *Finder) tell(ctx context.Context) {
	if len(f.told) > 0 {
		f.emit(ctx, f.told)
		f.told, f.carried = nil, 0
	}
}

func (f *Finder) emit(ctx context.Context, events []Event) {
	select {
	case f.out <- events:
	case <-ctx.Done():
		for i := range events {
			if o := events[i].Opened; o != nil {
				_ = o.File.Close() // it was read from by nobody
			}
		}
	}
}
