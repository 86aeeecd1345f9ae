package find

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/fsnotify/fsnotify"

	"github.com/millrace/millrace/schemas/collect"
)

// late is a finder that looks at notices only when it is told to, as on a machine
// that is too busy.
type late struct {
	*Finder
	t   *testing.T
	out chan []Event
}

func newLate(t *testing.T, root string, globs ...string) *late {
	t.Helper()
	out := make(chan []Event, 64)
	f := New(Allow{root + "/**"}, 0, nil, out, slog.New(slog.DiscardHandler))
	w, err := fsnotify.NewBufferedWatcher(noticeBuffer)
	must(t, err)
	t.Cleanup(func() { must(t, w.Close()) })
	f.watcher = w
	v := collect.AgentView{Name: "c"}
	for _, g := range globs {
		v.Paths = append(v.Paths, root+g)
	}
	f.rules = ranked([]collect.AgentView{v})
	l := &late{Finder: f, t: t, out: out}
	f.runScan(t.Context())
	l.told()
	return l
}

// look takes notices up to the one about a path of this name.
func (l *late) look(last string) []Event {
	l.t.Helper()
	var all []Event
	for {
		e := <-l.watcher.Events
		l.notices(context.Background(), e, nil)
		all = append(all, l.told()...)
		if filepath.Base(e.Name) == last {
			return all
		}
	}
}

func (l *late) told() (all []Event) {
	for {
		select {
		case events := <-l.out:
			for i := range events {
				if o := events[i].Opened; o != nil {
					must(l.t, o.File.Close())
				}
			}
			all = append(all, events...)
		default:
			return all
		}
	}
}

func count(events []Event, ok func(Event) bool) (n int) {
	for _, e := range events {
		if ok(e) {
			n++
		}
	}
	return n
}

func isLeft(e Event) bool   { return e.Kind == Match && e.Left }
func isMissed(e Event) bool { return e.Kind == Missed }

func TestAFileThatLeftTheGlobBeforeItWasSeenIsFollowed(t *testing.T) {
	root := tree(t, "logs/")
	l := newLate(t, root, "/logs/*.log")
	write(t, root+"/logs/a.log")
	must(t, os.Rename(root+"/logs/a.log", root+"/logs/a.old"))
	write(t, root+"/logs/a.log") // another file has taken its place
	write(t, root+"/logs/end")
	got := l.look("end")
	if n := count(got, func(e Event) bool {
		return isLeft(e) && e.Name == root+"/logs/a.log" && e.Real == root+"/logs/a.old"
	}); n != 1 {
		t.Errorf("the file that left was told %d times: %+v", n, got)
	}
	if n := count(got, isMissed); n != 0 {
		t.Errorf("%d files were missed", n)
	}
}

func TestAFileThatWasDeletedBeforeItWasSeenIsMissed(t *testing.T) {
	root := tree(t, "logs/")
	l := newLate(t, root, "/logs/*.log")
	write(t, root+"/logs/a.log")
	must(t, os.Remove(root+"/logs/a.log"))
	write(t, root+"/logs/end")
	if got := l.look("end"); count(got, isMissed) != 1 {
		t.Errorf("events %+v", got)
	}
}

func TestAFileThatAnotherReplacedBeforeItWasSeenIsMissed(t *testing.T) {
	root := tree(t, "logs/")
	l := newLate(t, root, "/logs/*.log")
	write(t, root+"/logs/a.log")
	must(t, os.Remove(root+"/logs/a.log"))
	write(t, root+"/logs/a.log")
	write(t, root+"/logs/end")
	got := l.look("end")
	if count(got, isMissed) != 1 {
		t.Errorf("events %+v", got)
	}
	write(t, root+"/logs/end2")
	must(t, os.Remove(root+"/logs/a.log"))
	write(t, root+"/logs/end3")
	if got := l.look("end3"); count(got, isMissed) != 0 {
		t.Errorf("a file that was seen is missed: %+v", got)
	}
}

func TestAFolderThatWasMovedBeforeItWasSeenIsLookedIntoUnderBothNames(t *testing.T) {
	root := tree(t, "end.d/")
	l := newLate(t, root, "/dir/**/*.log", "/end.d/*")
	write(t, root+"/dir/sub/a.log")
	must(t, os.Rename(root+"/dir", root+"/gone"))
	write(t, root+"/end.d/end")
	got := l.look("end")
	if n := count(got, func(e Event) bool {
		return isLeft(e) && e.Name == root+"/dir/sub/a.log" && e.Real == root+"/gone/sub/a.log"
	}); n != 1 {
		t.Errorf("events %+v", got)
	}
}

func TestASymlinkIsFollowedBeforeTheNextScan(t *testing.T) {
	root := tree(t, "links/", "pods/0.log", "pods/1.log")
	must(t, os.Symlink("../pods/0.log", root+"/links/a.log"))
	l := newLate(t, root, "/links/*.log")
	must(t, os.Symlink("../pods/1.log", root+"/links/tmp"))
	must(t, os.Rename(root+"/links/tmp", root+"/links/a.log"))
	write(t, root+"/links/end")
	got := l.look("end")
	if n := count(got, func(e Event) bool { return e.Kind == Match && e.Real == root+"/pods/1.log" && e.Opened != nil }); n != 1 {
		t.Fatalf("events %+v", got)
	}
	must(t, os.Rename(root+"/pods/1.log", root+"/pods/1.log.old"))
	write(t, root+"/pods/1.log")
	write(t, root+"/links/end2")
	got = l.look("end2")
	if n := count(got, func(e Event) bool { return isLeft(e) && e.Real == root+"/pods/1.log.old" }); n != 1 {
		t.Errorf("the file that left was told %d times: %+v", n, got)
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte("x"), 0o600))
}

func TestLeads(t *testing.T) {
	for _, c := range []struct {
		glob, dir string
		want      bool
	}{
		{"/var/log/*.log", "/var/log", true},
		{"/var/log/*.log", "/var", true},
		{"/var/log/*.log", "/var/log/sub", false},
		{"/var/log/**/x.log", "/var/log/a/b", true},
		{"/var/*/x.log", "/var/a", true},
		{"/var/*/x.log", "/srv", false},
	} {
		if got := leads(c.glob, c.dir); got != c.want {
			t.Errorf("%s below %s: %v", c.glob, c.dir, got)
		}
	}
}
