package agent_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
)

// What becomes of a file while no agent runs is found out by the next life: its rest is
// read where it is still to be had, and told as a gap where it is not.
func TestWhatWentWhileTheAgentWasDownIsTold(t *testing.T) {
	gone := []record.Segment{{Kind: record.Gap, Path: "app.log", Off: uint64(len(joined(numbered("app.log", 0, 50))))}}
	onceTooOften := func(w *writer) int {
		w.write(10)
		w.rotate()
		w.write(5)
		w.rotate()
		must(w.b.t, os.Remove(w.b.path("app.log.2")))
		w.write(5)
		return 10
	}
	cases := []struct {
		name   string
		globs  []string
		change func(*collect.Collection)
		down   func(w *writer) (lost int) // lines of the writer that are nowhere any more
		gaps   []record.Segment
	}{
		{"deleted", []string{"app.log"}, nil, func(w *writer) int {
			w.write(10)
			must(w.b.t, os.Remove(w.b.path("app.log")))
			return 10
		}, gone},
		{"deleted, and made anew", []string{"app.log"}, nil, func(w *writer) int {
			w.write(10)
			must(w.b.t, os.Remove(w.b.path("app.log")))
			w.write(5)
			return 10
		}, gone},
		{"rotated once too often", []string{"app.log*"}, nil, onceTooOften, gone},
		{"rotated once too often, rotated files not taken", []string{"app.log"}, nil, onceTooOften, gone},
		{"rotated three times, rotated files not taken", []string{"app.log"}, nil, func(w *writer) int {
			for range 3 {
				w.write(10)
				w.rotate()
			}
			w.write(5)
			return 0
		}, nil},
		{"rotated and moved to a folder that is taken", []string{"app.log", "old/*"}, nil, func(w *writer) int {
			w.write(10)
			must(w.b.t, os.Rename(w.b.path("app.log"), w.b.path("old/app.log.1")))
			w.write(5)
			return 0
		}, nil},
		{"rotated and compressed, and not wanted so", []string{"app.log*"}, nil, func(w *writer) int {
			w.write(10)
			w.b.gzip("app.log", "app.log.1.gz")
			w.write(5)
			return 10
		}, gone},
		{"rotated and compressed", []string{"app.log*"}, packed, func(w *writer) int {
			w.write(10)
			w.b.gzip("app.log", "app.log.1.gz")
			w.write(5)
			return 0
		}, nil},
		{"cut", []string{"app.log"}, nil, func(w *writer) int {
			w.write(10)
			must(w.b.t, os.Truncate(w.b.path("app.log"), 0))
			w.write(5)
			return 10
		}, gone},
		{"copied and cut", []string{"app.log*"}, nil, func(w *writer) int {
			w.write(10)
			w.b.copy("app.log", "app.log.1")
			must(w.b.t, os.Truncate(w.b.path("app.log"), 0))
			w.write(5)
			return 0
		}, nil},
		{"copied and cut, and the copy is gone", []string{"app.log*"}, nil, func(w *writer) int {
			w.write(10)
			w.b.copy("app.log", "app.log.1")
			must(w.b.t, os.Truncate(w.b.path("app.log"), 0))
			must(w.b.t, os.Remove(w.b.path("app.log.1")))
			w.write(5)
			return 10
		}, gone},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.collect("c", c.change, c.globs...)
			b.start()
			w := &writer{b: b, name: "app.log"}
			w.write(50)
			b.arrived(w.lines)
			b.stop()
			before := len(w.lines)
			lost := c.down(w)
			want := append(slices.Clone(w.lines[:before]), w.lines[before+lost:]...)
			b.start()
			b.arrived(want)
			b.wantGaps(c.gaps)
			b.stop()
			b.start()
			b.settledFor(5) // scans: it would have been told again
			b.arrived(want)
			b.wantGaps(c.gaps)
			b.clean()
		})
	}
}

// wantGaps waits until these gaps were told. Where there shall be none it waits as long as
// it takes to tell of a file that has gone.
func (b *bench) wantGaps(want []record.Segment) {
	b.t.Helper()
	ok := func() error {
		got := b.mirror().gaps
		if len(got) != len(want) {
			return fmt.Errorf("%d gaps: %+v", len(got), got)
		}
		for i := range got {
			if g, w := &got[i], &want[i]; g.Path != b.path(w.Path) || g.Off != w.Off || g.Len != w.Len || !strings.Contains(g.Reason, "while the agent was down") {
				return fmt.Errorf("%+v", *g)
			}
		}
		return nil
	}
	if len(want) == 0 {
		b.settledFor(6)
		if err := ok(); err != nil {
			b.t.Error(err)
		}
		return
	}
	b.eventually(ok)
}

// What the agent has seen to be there and could not read is known, also to its next life.
func TestWhatWasSeenOfALogThatWentWhileTheAgentWasDownIsCounted(t *testing.T) {
	b, fail := flaky(t)
	b.cfg.UnackedBytes = 1 << 20
	b.collect("c", nil, "app.log")
	b.start()
	lines := numbered("app.log", 0, 50)
	b.append("app.log", joined(lines))
	b.arrived(lines)
	fail(kerr.NotEnoughReplicas)
	more := joined(numbered("app.log", 50, 60_000))
	b.intended(func() { b.append("app.log", more) })
	b.stop()
	must(t, os.Remove(b.path("app.log")))
	fail(nil)
	b.start()
	b.eventually(func() error {
		end := uint64(len(joined(lines)))
		for _, g := range b.mirror().gaps {
			if g.Off != end {
				return fmt.Errorf("a gap at %d: %+v", end, g)
			}
			end += g.Len
		}
		if want := uint64(len(joined(lines)) + len(more)); end != want {
			return fmt.Errorf("gaps reach to %d, not to %d", end, want)
		}
		return nil
	})
}

// A log that was rotated and read to its end long before is not missed: deleting it is what
// its rotation is for.
func TestARotatedLogThatWasReadToItsEndIsNotMissed(t *testing.T) {
	for _, glob := range []string{"app.log", "app.log*"} {
		t.Run("glob "+glob, func(t *testing.T) {
			b := newBench(t)
			b.collect("c", nil, glob)
			b.start()
			w := &writer{b: b, name: "app.log"}
			w.write(50)
			b.arrived(w.lines)
			w.rotate()
			w.write(10)
			b.arrived(w.lines)
			b.settledFor(4) // scans: the grace time is over
			b.stop()
			must(t, os.Remove(b.path("app.log.1")))
			w.write(10)
			b.start()
			b.arrived(w.lines)
			b.wantGaps(nil)
			b.clean()
		})
	}
}
