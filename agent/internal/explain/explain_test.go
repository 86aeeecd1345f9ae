package explain_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/millrace/millrace/agent/internal/explain"
	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/status"
)

var now = time.Date(2026, 11, 22, 10, 20, 30, 0, time.UTC)

func view(name string, change func(*collect.AgentView), paths ...string) collect.AgentView {
	v := collect.AgentView{Name: name, Paths: paths, Select: collect.Select{Hosts: []string{"web-*"}}}
	if change != nil {
		change(&v)
	}
	return v
}

// collected are the facts of a file that is read to its end.
func collected() *explain.Facts {
	return &explain.Facts{
		Path: "/var/log/shop/access.log", Host: "web-1", Now: now,
		Known: explain.Known{
			Revision: 7, Views: []collect.AgentView{view("shop", nil, "/var/log/shop/*.log", "/var/log/shop/*/*.json")},
			File: &explain.File{Source: status.Source{ID: "00", Path: "/var/log/shop/access.log", Collection: "shop", Size: 100, Offset: 100, LastRead: now}},
		},
		Disk: explain.Disk{Covered: true, Real: "/var/log/shop/access.log", Size: 100, Written: now.Add(-time.Hour)},
	}
}

func TestEveryCauseHasItsVerdict(t *testing.T) {
	refused := func(err error) func(*explain.Facts) {
		return func(f *explain.Facts) { f.Disk.Err, f.File = fmt.Errorf("open: %w", err), nil }
	}
	for _, c := range []struct {
		name   string
		change func(*explain.Facts)
		want   status.Verdict
		text   string // part of the sentence
		from   string // the collection and its glob
	}{
		{"a file that is read is collected", func(*explain.Facts) {}, status.Collected, "for shop, read up to 100 bytes of 100 bytes", "shop /var/log/shop/*.log"},
		{"no collection selects the host", func(f *explain.Facts) {
			f.Views, f.File = nil, nil
			f.Others = []collect.AgentView{view("db", nil, "/var/log/db/*.log")}
		}, status.NoCollection, "the host web-1; 1 select others", " "},
		{"the collection that is expected is not there", func(f *explain.Facts) { f.Collection = "shopp" }, status.NoCollection, "there is no collection shopp", " "},
		{"the collection that is expected cannot be read", func(f *explain.Facts) {
			f.Collection, f.Errors = "bad", map[string]string{"bad": "its config cannot be read: x"}
		}, status.NoCollection, "bad is not applied: its config cannot be read", " "},
		{"a collection of other hosts takes it", func(f *explain.Facts) {
			f.Others, f.Views, f.File = f.Views, nil, nil
			f.Others[0].Select = collect.Select{Hosts: []string{"db-*"}, Labels: map[string]string{"zone": "eu"}}
		}, status.NotSelected, "does not select the host web-1: it selects hosts db-* with labels [zone:eu]", "shop /var/log/shop/*.log"},
		{"no glob takes it, and the nearest is told", func(f *explain.Facts) {
			f.Path, f.File = "/var/log/shop/eu/access.log", nil
			f.Views = append(f.Views, view("other", nil, "/srv/*.log"))
		}, status.NoMatch, "nearest comes /var/log/shop/*/*.json of shop, which agrees with it down to /var/log/shop/eu", "shop /var/log/shop/*/*.json"},
		{"it is excluded", func(f *explain.Facts) { f.Views[0].Exclude, f.File = []string{"acc*"}, nil }, status.Excluded, "its exclude acc* leaves it out", "shop acc*"},
		{"a collection of higher priority takes it", func(f *explain.Facts) {
			f.Collection = "shop"
			f.Views = append(f.Views, view("all", func(v *collect.AgentView) { v.Priority = 5 }, "/var/**"))
			f.File.Collection = "all"
		}, status.OtherCollection, "belongs to all, which goes first: its priority is 5 and that of shop 0", "all /var/**"},
		{"a more specific glob takes it", func(f *explain.Facts) {
			f.Collection = "all"
			f.Views = append(f.Views, view("all", nil, "/var/**"))
		}, status.OtherCollection, "is more specific than /var/**", "shop /var/log/shop/*.log"},
		{"it is outside the allowed paths", func(f *explain.Facts) { f.Disk, f.File = explain.Disk{Real: f.Path}, nil }, status.NotAllowed, "allow_paths", "shop /var/log/shop/*.log"},
		{"nothing is there", refused(fs.ErrNotExist), status.NoFile, "does not exist", "shop /var/log/shop/*.log"},
		{"it is a folder", refused(find.NotRegular("/x", fs.ModeDir)), status.NotRegular, "a folder", "shop /var/log/shop/*.log"},
		{"it may not be read", refused(unix.EACCES), status.NoPermission, "permission denied", "shop /var/log/shop/*.log"},
		{"opening it fails otherwise", refused(unix.EIO), status.Unreadable, "input/output error", "shop /var/log/shop/*.log"},
		{"it is compressed", func(f *explain.Facts) { f.Disk.Packed, f.File = true, nil }, status.Compressed, "left out", "shop /var/log/shop/*.log"},
		{"it is older than ignore_older", func(f *explain.Facts) { f.Views[0].IgnoreOlder, f.File = collect.Duration(time.Minute), nil }, status.TooOld, "1h0m0s ago and ignore_older of shop is 1m0s", "shop /var/log/shop/*.log"},
		{"it was not met", func(f *explain.Facts) { f.File = nil }, status.NotSeen, "yet to come across it", "shop /var/log/shop/*.log"},
		{"reading it fails", func(f *explain.Facts) { f.File.Err = errors.New("bad sector") }, status.Unreadable, "bad sector", "shop /var/log/shop/*.log"},
		{"it is empty", func(f *explain.Facts) { f.Disk.Size, f.File.Size, f.File.Offset = 0, 0, 0 }, status.Empty, "nothing in it yet", "shop /var/log/shop/*.log"},
		{"Kafka refuses", func(f *explain.Facts) {
			f.Disk.Size, f.Trouble, f.TroubleSince = 150, errors.New("not enough replicas"), now
		}, status.KafkaDown, "50 bytes unread: Kafka takes no records since 2026-11-22T10:20:30Z: not enough replicas", "shop /var/log/shop/*.log"},
		{"Kafka is silent", func(f *explain.Facts) { f.Unacked = time.Minute }, status.KafkaDown, "not acknowledged a record for 1m0s", "shop /var/log/shop/*.log"},
		{"it may be a copy", func(f *explain.Facts) { f.File.Held, f.File.Offset = now, 0 }, status.HeldBack, "copytruncate", "shop /var/log/shop/*.log"},
		{"its collection has reached its limits", func(f *explain.Facts) { f.File.Limited = &now }, status.Limited, "has reached its limits", "shop /var/log/shop/*.log"},
		{"it has no complete line", func(f *explain.Facts) { f.File.Offset, f.File.Behind = 0, 100 }, status.NoLine, "100 bytes without an end of line", "shop /var/log/shop/*.log"},
		{"its first event may go on", func(f *explain.Facts) { f.File.Offset, f.File.Behind, f.File.Open = 0, 100, true }, status.NoLine, "may go on", "shop /var/log/shop/*.log"},
		{"it waits for its turn", func(f *explain.Facts) { f.File.Offset, f.File.Behind, f.File.Queued = 0, 100, true }, status.Collected, "read up to 0 bytes of 100 bytes", "shop /var/log/shop/*.log"},
		{"it was renamed", func(f *explain.Facts) {
			f.Path, f.Disk.Real, f.File.Adrift = "/var/log/shop/access.log.1", "/var/log/shop/access.log.1", true
		}, status.Collected, "rotated away from /var/log/shop/access.log", "shop /var/log/shop/*.log"},
		{"it goes by another name", func(f *explain.Facts) { f.Path = "/srv/link" }, status.Collected, "found as /var/log/shop/access.log", "shop /var/log/shop/*.log"},
		{"it has gaps", func(f *explain.Facts) { f.File.Gaps, f.File.GapBytes = 1, 12 }, status.Collected, "12 bytes of it could not be read", "shop /var/log/shop/*.log"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := collected()
			c.change(f)
			e := explain.Of(f)
			if e.Verdict != c.want || !strings.Contains(e.Text, c.text) || e.Collection+" "+e.Glob != c.from {
				t.Errorf("%s: %s (of %s %s), want %s: … %s (of %s)", e.Verdict, e.Text, e.Collection, e.Glob, c.want, c.text, c.from)
			}
			if e.Path != f.Path || e.Revision != 7 || !e.At.Equal(now) || (e.Source != nil) != (f.File != nil) {
				t.Errorf("%+v", e)
			}
		})
	}
}

func TestLookTellsNothingOfWhatIsNotAllowed(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	logs, secret := filepath.Join(dir, "logs"), filepath.Join(dir, "secret")
	write(t, logs, "a.log", "line\n")
	write(t, secret, "key", "secret")
	if err := os.Symlink(filepath.Join(secret, "key"), filepath.Join(logs, "link")); err != nil {
		t.Fatal(err)
	}
	allow := find.Allow{logs + "/**"}
	packed := func(head []byte) bool { return string(head) == "line\n" }
	d, key := explain.Look(allow, filepath.Join(logs, "a.log"), packed)
	if !d.Covered || d.Err != nil || d.Size != 5 || d.Written.IsZero() || !d.Packed || key == (source.Key{}) {
		t.Errorf("%+v %+v", d, key)
	}
	for _, path := range []string{filepath.Join(secret, "key"), filepath.Join(secret, "nothing"), filepath.Join(logs, "link")} {
		if d, key := explain.Look(allow, path, packed); d != (explain.Disk{Real: path}) || key != (source.Key{}) {
			t.Errorf("%s: %+v %+v", path, d, key)
		}
	}
	if d, _ := explain.Look(allow, filepath.Join(logs, "none"), packed); !errors.Is(d.Err, fs.ErrNotExist) {
		t.Errorf("%+v", d)
	}
	if err := unix.Mkfifo(filepath.Join(logs, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if d, _ := explain.Look(allow, filepath.Join(logs, "pipe"), packed); !errors.Is(d.Err, find.ErrNotRegular) {
		t.Errorf("%+v", d)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}
