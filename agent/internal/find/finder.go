package find

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/schemas/collect"
)

const (
	// Between two scans that notices ask for there are at least leastPause and
	// pauseShare times what the last scan took: a new folder in a small tree is
	// seen at once, and a large tree is not walked all the time.
	leastPause = 2 * time.Millisecond
	pauseShare = 10
	// unwatchedScan is the time between scans while not every directory can be
	// watched, or as long as after notices if that is longer: to an agent that is not
	// root, some folder of a large tree is always closed.
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
	// Moved: Real may lead to another file now, or to none.
	Moved
	// Missed: a file was made at Name and had gone before anybody could open it.
	// View is set.
	Missed
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
	// Opened is the file itself where a notice told of it: whoever takes the event
	// closes it. Its path may lead elsewhere by now.
	Opened *Opened
	// Left says that the file has left Name for Real, which no glob matches.
	Left bool
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
	watched   map[string]folder
	unwatched map[string]struct{} // directories that cannot be watched
	dirs      names               // of watched directories, those that they were found under
	links     names               // of the targets of symlinks, those of the links
	fresh     []string            // directories and links that were added since the scan that runs began
	births    map[string]*birth
	settled   time.Time // when births were last looked at
	told      []Event   // by notices, not yet sent
	carried   int       // open files among them

	dirty *Dirty
}

// New makes a finder that takes whole sets of collections from views and sends
// what it finds to out, where it waits while nobody takes it.
func New(allow Allow, every time.Duration, views <-chan []collect.AgentView, out chan<- []Event, log *slog.Logger) *Finder {
	return &Finder{
		allow: allow, every: every, views: views, out: out, log: log,
		watched: map[string]folder{}, unwatched: map[string]struct{}{},
		dirs: names{}, links: names{}, births: map[string]*birth{}, dirty: newDirty(),
	}
}

// Dirty are the files that notices of writes have told of.
func (f *Finder) Dirty() *Dirty { return f.dirty }

// Run finds until ctx ends.
func (f *Finder) Run(ctx context.Context) error {
	watcher, err := fsnotify.NewBufferedWatcher(noticeBuffer)
	if err != nil {
		f.log.Warn("no change notices; scanning more often instead", "error", err)
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
	next := time.NewTimer(f.interval(0))
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
		again := f.runScan(ctx)
		last = time.Now()
		f.settleBirths(ctx, last)
		took = last.Sub(begin)
		next.Reset(f.interval(took))
		if again {
			next.Reset(max(leastPause, pauseShare*took))
		}
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
			if len(f.births) > 0 && time.Since(f.settled) >= birthTime {
				f.settleBirths(ctx, time.Now())
			}
		case err := <-failures:
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				f.log.Warn("change notices", "error", err)
			}
			rescan(true)
		}
	}
}

// interval is the time until the next scan, after one that took so long.
func (f *Finder) interval(took time.Duration) time.Duration {
	if f.watcher == nil || len(f.unwatched) > 0 {
		return min(f.every, max(unwatchedScan, pauseShare*took))
	}
	return f.every
}

// folder is what a path led to when it was watched: a volume may be mounted over it since.
type folder struct{ dev, inode uint64 }

// alive forgets the watches that have ended without a notice, as when a volume is taken away.
func (f *Finder) alive() {
	if f.watcher == nil {
		return
	}
	left := make(map[string]struct{}, len(f.watched))
	for _, dir := range f.watcher.WatchList() {
		left[dir] = struct{}{}
	}
	for dir := range f.watched {
		if _, ok := left[dir]; !ok {
			delete(f.watched, dir)
		}
	}
}

// add watches a directory, once.
func (f *Finder) add(dir string) {
	if f.watcher == nil {
		return
	}
	var now folder
	if info, err := source.StatPath(dir); err == nil {
		now = folder{info.Key.Dev, info.Key.Inode}
	}
	if was, ok := f.watched[dir]; ok {
		if was == now {
			return
		}
		_ = f.watcher.Remove(dir) // it may have ended by itself
	}
	if err := f.watcher.Add(dir); err != nil {
		if _, known := f.unwatched[dir]; !known {
			f.unwatched[dir] = struct{}{}
			f.log.Warn("a folder cannot be watched; it is scanned more often", "path", dir, "error", err)
		}
		return
	}
	delete(f.unwatched, dir)
	f.watched[dir] = now
}

// unwatch gives up the directories that no glob leads to any longer.
func (f *Finder) unwatch(keep names) {
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
