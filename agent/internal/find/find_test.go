package find

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sort"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/millrace/millrace/schemas/collect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tree makes files; a name that ends with '/' is a folder, "a -> b" a symlink.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	for _, n := range names {
		p := filepath.Join(root, n)
		must(t, os.MkdirAll(filepath.Dir(p), 0o755))
		if n[len(n)-1] == '/' {
			must(t, os.MkdirAll(p, 0o755))
			continue
		}
		must(t, os.WriteFile(p, nil, 0o600))
	}
	return root
}

func TestGlobsFindWhatDoublestarMatches(t *testing.T) {
	root := tree(t, "a.log", "b.txt", "sub/a.log", "sub/deep/a.log", "sub/deep/b.log", "other/a.log", "x{y/a.log", "empty/")
	must(t, os.Symlink(filepath.Join(root, "sub"), filepath.Join(root, "link")))
	must(t, os.Symlink(filepath.Join(root, "sub/deep"), filepath.Join(root, "sub/deep/circle")))
	cases := []struct {
		glob string
		want []string
	}{
		{"/a.log", []string{"a.log"}},
		{"/none.log", nil},
		{"/none/*.log", nil},
		{"/*", []string{"a.log", "b.txt"}},
		{"/*/a.log", []string{"sub/a.log", "other/a.log", "x{y/a.log", "link/a.log"}},
		{"/**/a.log", []string{"a.log", "sub/a.log", "sub/deep/a.log", "other/a.log", "x{y/a.log"}},
		{"/sub/**", []string{"sub/a.log", "sub/deep/a.log", "sub/deep/b.log"}},
		{"/sub/**/deep/*.log", []string{"sub/deep/a.log", "sub/deep/b.log"}},
		{"/{sub,other}/a.log", []string{"sub/a.log", "other/a.log"}},
		{"/{sub/deep,other}/[ab].log", []string{"sub/deep/a.log", "sub/deep/b.log", "other/a.log"}},
		{`/x\{y/*.log`, []string{"x{y/a.log"}},
	}
	for _, c := range cases {
		t.Run(c.glob, func(t *testing.T) {
			var got []string
			w := walker{dir: func(string) {}, found: func(path string, link bool) {
				if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
					rel, _ := filepath.Rel(root, path)
					got = append(got, rel)
				}
			}}
			w.expand(alternatives(root+c.glob), func(err error) { t.Error(err) })
			sort.Strings(got)
			sort.Strings(c.want)
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestBracesDoNotGrowWithoutBound(t *testing.T) {
	glob := "/"
	for range 20 {
		glob += "{a,b}"
	}
	if n := len(alternatives(glob)); n != maxAlternatives {
		t.Errorf("%d alternatives", n)
	}
}

func TestTheFirstOfTheRankedRulesOwnsAPath(t *testing.T) {
	views := []collect.AgentView{
		{Name: "b-wide", Paths: []string{"/var/log/**"}},
		{Name: "a-wide", Paths: []string{"/var/log/**"}},
		{Name: "narrow", Paths: []string{"/var/log/app/*"}, Exclude: []string{"*.gz"}},
		{Name: "important", Paths: []string{"/var/**/x.log"}, Priority: 1},
	}
	rules := ranked(views)
	for path, want := range map[string]string{
		"/var/log/app/a.log": "narrow", "/var/log/app/a.gz": "a-wide", "/var/log/other": "a-wide", "/var/log/app/x.log": "important", "/srv": "",
	} {
		got := ""
		if rank, ok := owner(rules, path); ok {
			got = rules[rank].view.Name
		}
		if got != want {
			t.Errorf("%s belongs to %q instead of %q", path, got, want)
		}
	}
}

func TestOnlyAllowedRegularFilesAreOpened(t *testing.T) {
	root := tree(t, "ok/file", "no/file", "ok/dir/", "ok/sub/x")
	must(t, unix.Mkfifo(filepath.Join(root, "ok/pipe"), 0o600))
	must(t, os.Symlink("../no/file", filepath.Join(root, "ok/out")))
	must(t, os.Symlink("file", filepath.Join(root, "ok/in")))
	must(t, os.Symlink("../no", filepath.Join(root, "ok/dirout")))
	allow := Allow{root + "/ok/**"}
	cases := []struct {
		path string
		want error
	}{
		{"ok/file", nil},
		{"ok/in", nil},
		{"ok/sub/x", nil},
		{"no/file", ErrNotAllowed},
		{"ok/out", ErrNotAllowed},
		{"ok/dirout/file", ErrNotAllowed},
		{"ok/../no/file", ErrNotAllowed},
		{"ok/pipe", ErrNotRegular}, // and it does not wait for a writer
		{"ok/dir", ErrNotRegular},
		{"ok/none", os.ErrNotExist},
	}
	for _, c := range cases {
		t.Run(c.path, func(t *testing.T) {
			o, err := allow.Open(filepath.Join(root, c.path))
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if err == nil {
				must(t, o.File.Close())
			}
		})
	}
}

// TestASwappedFolderIsSeenThroughTheDescriptor opens a path whose folder became a
// symlink after it was resolved, as an attacker would arrange it.
func TestASwappedFolderIsSeenThroughTheDescriptor(t *testing.T) {
	root := tree(t, "ok/dir/file", "no/file")
	allow := Allow{root + "/ok/**"}
	must(t, os.Rename(filepath.Join(root, "ok/dir"), filepath.Join(root, "ok/was")))
	must(t, os.Symlink(filepath.Join(root, "no"), filepath.Join(root, "ok/dir")))
	if _, err := allow.openReal(filepath.Join(root, "ok/dir/file")); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("got %v", err)
	}
}

// listen runs a finder and returns what it has told so far, by path.
func listen(t *testing.T, root string, every time.Duration, globs ...string) (next func(ok func(Event) bool) Event, views chan []collect.AgentView) {
	t.Helper()
	next, _, views = listenAll(t, root, every, globs...)
	return next, views
}

// listenAll is listen, and waits for paths that were written to.
func listenAll(t *testing.T, root string, every time.Duration, globs ...string) (next func(ok func(Event) bool) Event, written func(path string), views chan []collect.AgentView) {
	t.Helper()
	views = make(chan []collect.AgentView, 1)
	out := make(chan []Event, 4)
	f := New(Allow{root + "/**"}, every, views, out, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = f.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	v := collect.AgentView{Name: "c"}
	for _, g := range globs {
		v.Paths = append(v.Paths, root+g)
	}
	views <- []collect.AgentView{v}
	var pending []Event
	written = func(path string) {
		t.Helper()
		deadline := time.After(30 * time.Second)
		for found := false; !found; {
			select {
			case <-f.Dirty().Wake():
				f.Dirty().Take(func(p string) { found = found || p == path })
			case <-deadline:
				t.Fatalf("%s was not told of", path)
			}
		}
	}
	next = func(ok func(Event) bool) Event {
		t.Helper()
		deadline := time.After(30 * time.Second)
		for {
			for i, e := range pending {
				if e.Opened != nil {
					must(t, e.Opened.File.Close())
					pending[i].Opened = nil
				}
				if ok(e) {
					pending = pending[i+1:]
					return e
				}
			}
			pending = nil
			select {
			case pending = <-out:
			case <-deadline:
				t.Fatal("no such event")
			}
		}
	}
	return next, written, views
}

func TestNoticesTellOfNewAndChangedFilesBetweenScans(t *testing.T) {
	root := tree(t, "a.log")
	next, written, _ := listenAll(t, root, time.Hour, "/**/*.log")
	next(func(e Event) bool { return e.Kind == Match && e.Name == root+"/a.log" })
	next(func(e Event) bool { return e.Kind == Scanned })
	must(t, os.WriteFile(root+"/a.log", []byte("x"), 0o600))
	written(root + "/a.log")
	must(t, os.WriteFile(root+"/b.log", []byte("x"), 0o600))
	next(func(e Event) bool { return e.Kind == Match && e.Name == root+"/b.log" })
	must(t, os.MkdirAll(root+"/new/deep", 0o755))
	must(t, os.WriteFile(root+"/new/deep/c.log", []byte("x"), 0o600))
	next(func(e Event) bool { return e.Kind == Match && e.Name == root+"/new/deep/c.log" })
	must(t, os.Rename(root+"/a.log", root+"/a.old"))
	next(func(e Event) bool { return e.Kind == Moved && e.Real == root+"/a.log" })
}

func TestScansFindWhatNoticesCannotTell(t *testing.T) {
	root := tree(t, "a.log")
	next, views := listen(t, root, 50*time.Millisecond, "/*.log")
	next(func(e Event) bool { return e.Kind == Match })
	first := next(func(e Event) bool { return e.Kind == Scanned })
	second := next(func(e Event) bool { return e.Kind == Scanned })
	if second.Scan <= first.Scan {
		t.Errorf("scans %d and %d", first.Scan, second.Scan)
	}
	views <- []collect.AgentView{{Name: "d", Paths: []string{root + "/a.*"}}}
	next(func(e Event) bool { return e.Kind == Match && e.View.Name == "d" })
}

// An agent without root finds folders that it may not watch in every large tree.
func TestALargeTreeIsNotWalkedAllTheTime(t *testing.T) {
	f := New(nil, 10*time.Second, nil, nil, slog.New(slog.DiscardHandler))
	for took, want := range map[time.Duration]time.Duration{
		0: time.Second, 10 * time.Millisecond: time.Second, 300 * time.Millisecond: 3 * time.Second, time.Minute: 10 * time.Second,
	} {
		if got := f.interval(took); got != want {
			t.Errorf("after a scan of %s the next one is %s later, not %s", took, got, want)
		}
	}
}

func TestWhatCannotBeCollectedIsToldWithItsCause(t *testing.T) {
	root := tree(t, "x")
	must(t, unix.Mkfifo(filepath.Join(root, "pipe.log"), 0o600))
	outside := tree(t, "secret")
	must(t, os.Symlink(outside+"/secret", root+"/link.log"))
	next, _ := listen(t, root, time.Hour, "/*.log")
	got := map[string]error{}
	for len(got) < 2 {
		e := next(func(e Event) bool { return e.Kind == Match })
		got[filepath.Base(e.Name)] = e.Err
	}
	if !errors.Is(got["pipe.log"], ErrNotRegular) || !errors.Is(got["link.log"], ErrNotAllowed) {
		t.Errorf("causes %v", got)
	}
	if !reflect.DeepEqual(got["pipe.log"].Error(), root+"/pipe.log: not a regular file: a named pipe") {
		t.Error(got["pipe.log"])
	}
}
