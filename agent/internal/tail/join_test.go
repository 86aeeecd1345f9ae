package tail

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/follow"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
)

// Both were found by the test that kills the agent at any moment, on a busy machine.

func TestAnEventGoesOnInTheNextFileAfterAKillBetweenRenameAndCreation(t *testing.T) {
	r := newJoinRig(t)
	r.write("app.log", "1 a\nb\n")
	r.found("app.log")
	r.rename("app.log", "app.log.1")
	r.take([]find.Event{{Kind: find.Moved, Real: r.path("app.log")}})
	r.found("app.log.1")
	r.end()
	r.write("app.log", "c\n2 d\n")
	r.open()
	r.wantEvents([]string{"1 a\nb\nc"}, "app.log", "app.log.1")
}

func TestEventsGoOnInTheRightFilesOfALogThatWasRotatedManyTimesUnseen(t *testing.T) {
	for name, order := range map[string][]string{
		"as a folder lists them": {"app.log", "app.log.1", "app.log.2", "app.log.3"},
		"the oldest first":       {"app.log.3", "app.log.2", "app.log.1", "app.log"},
		"in disorder":            {"app.log.1", "app.log.3", "app.log", "app.log.2"},
	} {
		for moves, seen := range map[string]bool{"": false, ", the first one seen": true} {
			t.Run(name+moves, func(t *testing.T) {
				r := newJoinRig(t)
				r.write("app.log", "1 a\nb\n")
				r.found("app.log")
				if r.rename("app.log", "app.log.1"); seen {
					r.take([]find.Event{{Kind: find.Moved, Real: r.path("app.log")}})
					r.found("app.log.1")
				}
				r.end()
				for _, text := range []string{"c\n2 d\n", "e\n3 f\n"} {
					r.tick()
					r.write("app.log", text)
					r.rename("app.log.2", "app.log.3")
					r.rename("app.log.1", "app.log.2")
					r.rename("app.log", "app.log.1")
				}
				r.tick()
				r.write("app.log", "g\n4 h\n")
				r.open()
				r.wantEvents([]string{"1 a\nb\nc", "2 d\ne", "3 f\ng"}, order...)
			})
		}
	}
}

// newJoinRig is a rig whose events begin with a digit.
func newJoinRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t)
	r.view.Multiline = &collect.Multiline{Mode: collect.ModeStart, Pattern: `^\d`, Timeout: collect.Duration(time.Minute), MaxBytes: collect.DefaultMaxBytes, MaxLines: 100}
	r.adopt(follow.Set{Views: []collect.AgentView{*r.view}})
	r.take([]find.Event{{Kind: find.Scanned, Scan: 1}})
	return r
}

// rename moves a file that is there.
func (r *rig) rename(from, to string) {
	r.t.Helper()
	if err := os.Rename(r.path(from), r.path(to)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.t.Fatal(err)
	}
}

// wantEvents has the first scan of a life find files in this order, and checks which events
// all records have, whatever the order of the turns.
func (r *rig) wantEvents(want []string, names ...string) {
	r.t.Helper()
	for _, name := range names {
		r.met(name)
		r.turns() // a scan may be long: turns are taken while it runs
	}
	r.take([]find.Event{{Kind: find.Scanned, Scan: 1}})
	for range 2 * len(names) {
		r.turns()
	}
	got := r.events()
	if slices.Sort(got); !slices.Equal(got, want) {
		r.t.Errorf("%q, want %q", got, want)
	}
}

// turns has everything read that is there, and what is held back tried again.
func (r *rig) turns() {
	for f := range r.held {
		r.enqueue(f)
	}
	r.readAll(time.Now())
}

// events are those of all records.
func (r *rig) events() (all []string) {
	r.closeRecord(time.Now())
	for _, sent := range r.sent {
		var w record.Walker
		var raw record.Raw
		for w.Reset(sent.Manifest, sent.Value); w.Next(&raw); {
			all = append(all, string(raw.Bytes))
		}
	}
	return all
}

func TestTheLogOfARotatedFileIsTold(t *testing.T) {
	for path, want := range map[string]string{
		"/a/app.log": "/a/app.log", "/a/app.log.1": "/a/app.log", "/a/app.log-20261122": "/a/app.log",
		"/a.1/app.log-2026-11-22.17": "/a.1/app.log", "/a/app2": "/a/app2", "/a/-1": "/a/-1", "/a/app-1.log": "/a/app-1.log",
	} {
		if got := logOf(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
