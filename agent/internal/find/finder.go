package find

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/schemas/collect"
)

const (
	// settle is how long notices of writes are left in the kernel, where repeated
	// ones of one file become one: a busy log would cost a wake-up per line. Files
	// that come or go do not wait: they may be gone again soon.
	settle = 10 * time.Millisecond
	// Between two scans that notices ask for there are at least leastPause and
	// pauseShare times what the last scan took: a new folder in a small tree is
	// seen at once, and a large tree is not walked all the time.
	leastPause = 2 * time.Millisecond
	pauseShare = 10
	// unwatchedScan is the time between scans while not every directory can be
	// watched.
	unwatchedScan = time.Second
	// noticeBuffer is how many notices fsnotify may hold for us.
	noticeBuffer = 1024
)

// Kind is what an Event tells.
type Kind int

// The kinds of events.
const (
	// Match: a path is collected. View, Rank, Info and Err are set.
	Match Kind = iota
	// Touched: the file at Real may have changed.
	Touched
	// Moved: Real may lead to another file now, or to none.
	Moved
	// Scanned: a scan has told of every path there is.
	Scanned
)

// Event is one thing found out.
type Event struct {
	Kind Kind
	// Name is the path that a glob matches, Real the one without symlinks.
	Name, Real string
	View       *collect.AgentView
	// Rank is smaller for a collection that goes before another.
	Rank int
	Info source.Info
	// Err says why the file cannot be collected.
	Err error
	// Scan is the number of the scan that told this; 0: a notice did.
	Scan uint64
	// Errors are the problems of a whole scan, by collection.
	Errors map[string]error
}

// Finder finds the files of collections. Make it with New.
type Finder struct {
	allow Allow
	every time.Duration
	log   *slog.Logger
	out   chan<- []Event
	views <-chan []collect.AgentView

	rules     []rule
	seq       uint64
	watcher   *fsnotify.Watcher // nil where there is no inotify
	watched   map[string]struct{}
	unwatched map[string]struct{} // directories that cannot be watched
	dirs      map[string]string
	links     map[string]string
}

// New makes a finder that takes whole sets of collections from views and sends
// what it finds to out, where it waits while nobody takes it.
func New(allow Allow, every time.Duration, views <-chan []collect.AgentView, out chan<- []Event, log *slog.Logger) *Finder {
	return &Finder{
		allow: allow, every: every, views: views, out: out, log: log,
		watched: map[string]struct{}{}, unwatched: map[string]struct{}{},
	}
}

// Run finds until ctx ends.
func (f *Finder) Run(ctx context.Context) error {
	watcher, err := fsnotify.NewBufferedWatcher(noticeBuffer)
	if err != nil {
		f.log.Warn("no change notices; scanning every second instead", "error", err)
	} else {
		f.watcher = watcher
		defer watcher.Close()
	}
	f.loop(ctx)
	return ctx.Err()
}

func (f *Finder) loop(ctx context.Context) {
	var notices <-chan fsnotify.Event
	var failures <-chan error
	if f.watcher != nil {
		notices, failures = f.watcher.Events, f.watcher.Errors
	}
	next := time.NewTimer(f.interval())
	defer next.Stop()
	known := false // no scan before the first set of collections is there
	var last time.Time
	var took time.Duration
	rescan := func(ask bool) {
		if !known {
			return
		}
		if pause := max(leastPause, pauseShare*took); ask && time.Since(last) < pause {
			next.Reset(pause)
			return
		}
		begin := time.Now()
		f.runScan(ctx)
		last = time.Now()
		took = last.Sub(begin)
		next.Reset(f.interval())
	}
	for {
		select {
		case <-ctx.Done():
			return
		case views := <-f.views:
			f.rules, known = ranked(views), true
			rescan(false)
		case <-next.C:
			rescan(false)
		case e := <-notices:
			if f.notices(ctx, e, notices) {
				rescan(true)
			}
		case err := <-failures:
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				f.log.Warn("change notices", "error", err)
			}
			rescan(true)
		}
	}
}

func (f *Finder) interval() time.Duration {
	if f.watcher == nil || len(f.unwatched) > 0 {
		return min(f.every, unwatchedScan)
	}
	return f.every
}

// notices tells of a burst of changes and reports whether a scan is needed to
// know what they mean.
func (f *Finder) notices(ctx context.Context, first fsnotify.Event, more <-chan fsnotify.Event) (scan bool) {
	if first.Op == fsnotify.Write { // a writer goes on: one look at its burst is enough
		select {
		case <-time.After(settle):
		case <-ctx.Done():
			return false
		}
	}
	seen := map[string]fsnotify.Op{first.Name: first.Op}
	order := []string{first.Name}
	idle := time.NewTimer(settle / 10)
	defer idle.Stop()
	for collecting := true; collecting && len(order) < noticeBuffer; {
		select {
		case e, ok := <-more:
			if !ok {
				return false
			}
			if _, twice := seen[e.Name]; !twice {
				order = append(order, e.Name)
			}
			seen[e.Name] |= e.Op
		case <-idle.C:
			collecting = false
		}
	}
	var out []Event
	for _, path := range order {
		events, ask := f.notice(path, seen[path])
		out = append(out, events...)
		scan = scan || ask
	}
	if len(out) > 0 {
		f.emit(ctx, out)
	}
	return scan
}

// notice translates what happened to one path.
func (f *Finder) notice(path string, op fsnotify.Op) (out []Event, scan bool) {
	if _, dir := f.dirs[path]; dir && op&^(fsnotify.Chmod|fsnotify.Write) != 0 {
		delete(f.watched, path)
		return nil, true // a directory of ours came or went
	}
	if op&(fsnotify.Rename|fsnotify.Remove|fsnotify.Create) != 0 {
		out = append(out, Event{Kind: Moved, Real: path})
	}
	if op&(fsnotify.Create|fsnotify.Chmod) != 0 {
		e, ok, ask := f.look(path)
		if ok {
			out = append(out, e)
		}
		scan = ask
	}
	if op&fsnotify.Write != 0 {
		out = append(out, Event{Kind: Touched, Real: path})
	}
	return out, scan
}

// look asks whether a path that came or changed is collected. A new directory or
// symlink takes a scan.
func (f *Finder) look(path string) (e Event, ok, scan bool) {
	name, known := f.links[path]
	if !known {
		dir, watched := f.dirs[filepath.Dir(path)]
		if !watched {
			return e, false, false
		}
		name = filepath.Join(dir, filepath.Base(path))
		info, err := os.Lstat(path)
		if err != nil {
			return e, false, false
		}
		if mode := info.Mode(); mode.IsDir() || mode&os.ModeSymlink != 0 {
			return e, false, true
		}
	}
	rank, ok := owner(f.rules, name)
	if !ok {
		return e, false, false
	}
	e, ok = f.match(name, path, rank)
	return e, ok, false
}

func (f *Finder) emit(ctx context.Context, events []Event) {
	select {
	case f.out <- events:
	case <-ctx.Done():
	}
}

// add watches a directory, once.
func (f *Finder) add(dir string) {
	if f.watcher == nil {
		return
	}
	if _, ok := f.watched[dir]; ok {
		return
	}
	if err := f.watcher.Add(dir); err != nil {
		if _, known := f.unwatched[dir]; !known {
			f.unwatched[dir] = struct{}{}
			f.log.Warn("a folder cannot be watched; it is scanned every second", "path", dir, "error", err)
		}
		return
	}
	delete(f.unwatched, dir)
	f.watched[dir] = struct{}{}
}

// unwatch gives up the directories that no glob leads to any longer.
func (f *Finder) unwatch(keep map[string]string) {
	for dir := range f.watched {
		if _, ok := keep[dir]; !ok {
			delete(f.watched, dir)
			_ = f.watcher.Remove(dir) // it may have gone by itself
		}
	}
	for dir := range f.unwatched {
		if _, ok := keep[dir]; !ok {
			delete(f.unwatched, dir)
		}
	}
}
