package find

import (
	"context"
	"os"
	"path/filepath"

	"github.com/millrace/millrace/agent/internal/source"
)

// batch is how many events travel together.
const batch = 256

// scan expands all rules once and sends what it finds in batches, as it finds
// it. The first rule that takes a path owns it.
type scan struct {
	*Finder
	ctx   context.Context
	seq   uint64
	rank  int
	taken map[string]struct{}
	real  map[string]string // directories resolved
	dirs  names             // of directories to watch, resolved, those that they were found under
	links names             // of targets of symlinks, those of the links
	out   []Event
	errs  map[string]error // first problem, by collection
	again bool             // notices came meanwhile that take another scan
}

// runScan reports whether another scan is due right away. Scans keep ctx only
// while they run, within one call.
func (f *Finder) runScan(ctx context.Context) (again bool) {
	f.seq++
	f.fresh = f.fresh[:0]
	f.alive()
	s := &scan{
		Finder: f, ctx: ctx, seq: f.seq, taken: map[string]struct{}{},
		real: map[string]string{}, dirs: names{}, links: names{}, errs: map[string]error{},
	}
	w := walker{dir: func(dir string) { s.watch(dir) }, found: s.found}
	for i, r := range f.rules {
		s.rank = i
		w.expand(r.globs, func(err error) {
			if s.errs[r.view.Name] == nil {
				s.errs[r.view.Name] = err
			}
		})
		if ctx.Err() != nil {
			return false
		}
	}
	s.send(Event{Kind: Scanned, Scan: s.seq, Errors: s.errs})
	s.flush()
	s.keepFresh()
	f.unwatch(s.dirs)
	f.dirs, f.links = s.dirs, s.links
	return s.again
}

// keepFresh keeps what notices have brought while the scan ran; the next one
// decides about it.
func (s *scan) keepFresh() {
	for _, path := range s.fresh {
		s.dirs.add(path, s.Finder.dirs[path]...)
		s.links.add(path, s.Finder.links[path]...)
	}
}

// poll takes the notices that wait: a scan of a large tree may take seconds, and
// a file that is made meanwhile may not last as long. What was found so far goes
// first, or it would be told when it is no longer true.
func (s *scan) poll() {
	if s.watcher == nil {
		return
	}
	select {
	case e, ok := <-s.watcher.Events:
		if ok {
			s.flush()
			s.again = s.notices(s.ctx, e, s.watcher.Events) || s.again
		}
	default:
	}
}

// watch resolves a directory and watches it.
func (s *scan) watch(dir string) string {
	if real, ok := s.real[dir]; ok {
		return real
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		// It may yet come, and what is written to it first may not last until the
		// next scan: the nearest folder above it shows when it does.
		real = ""
		if above := filepath.Dir(dir); above != dir {
			s.watch(above)
		}
	} else {
		s.dirs.add(real, dir)
		s.Finder.dirs.add(real, dir)
		s.add(real)
	}
	s.real[dir] = real
	s.poll()
	return real
}

func (s *scan) found(path string, link bool) {
	s.poll()
	if _, ok := s.taken[path]; ok {
		return
	}
	if _, ok := s.rules[s.rank].view.Matches(path); !ok {
		return
	}
	s.taken[path] = struct{}{}
	real := filepath.Join(s.watch(filepath.Dir(path)), filepath.Base(path))
	if link {
		target, err := filepath.EvalSymlinks(path)
		if err != nil {
			return // it leads nowhere yet
		}
		real = target
		s.links.add(real, path)
		s.watch(filepath.Dir(real))
	}
	if e, ok := s.match(path, real, s.rank); ok {
		e.Scan = s.seq
		s.send(e)
	}
}

func (s *scan) send(e Event) {
	if s.out = append(s.out, e); len(s.out) >= batch {
		s.flush()
	}
}

func (s *scan) flush() {
	if len(s.out) > 0 {
		s.emit(s.ctx, s.out)
		s.out = nil
	}
}

// match looks at one path that a rule took.
func (f *Finder) match(name, real string, rank int) (Event, bool) {
	e := Event{Kind: Match, Name: name, Real: real, View: f.rules[rank].view, Rank: rank}
	info, err := source.StatPath(real)
	switch {
	case os.IsNotExist(err):
		return e, false
	case err != nil:
		e.Err = err
	case info.Mode.IsDir():
		return e, false
	case !info.Regular:
		e.Err = NotRegular(real, info.Mode)
	case !f.allow.Covers(name) || !f.allow.Covers(real):
		e.Err = refuse(real, ErrNotAllowed)
	}
	e.Info = info
	return e, true
}
