package tail

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/follow"
	"github.com/millrace/millrace/schemas/collect"
)

// scan has the tailer hear of a whole scan of its folder. Turns are yet to come.
func (r *rig) scan() {
	r.t.Helper()
	paths, err := filepath.Glob(r.path("app.log*"))
	if err != nil {
		r.t.Fatal(err)
	}
	var events []find.Event
	for _, path := range paths {
		o, err := r.cfg.Allow.Open(path)
		if err != nil {
			r.t.Fatal(err)
		}
		events = append(events, find.Event{Kind: find.Match, Scan: r.scans + 1, Name: path, Real: o.Real, View: r.view, Info: o.Info, Opened: o})
	}
	r.take(append(events, find.Event{Kind: find.Scanned, Scan: r.scans + 1}))
}

// scanOften scans for as long as a file is searched for, and takes all turns.
func (r *rig) scanOften() {
	r.t.Helper()
	for range missingScans + 1 {
		r.scan()
		r.turns()
	}
}

// wantGaps checks which gaps were told.
func (r *rig) wantGaps(want ...gap) {
	r.t.Helper()
	if got := r.gaps(); !slices.Equal(got, want) {
		r.t.Errorf("gaps %v, not %v", got, want)
	}
}

// live begins another life, as after a kill.
func (r *rig) live() {
	r.t.Helper()
	r.closeRecord(time.Now())
	r.ack()
	r.end()
	r.sent, r.acked = nil, 0
	r.open()
}

func (r *rig) delete(name string) {
	r.t.Helper()
	if err := os.Remove(r.path(name)); err != nil {
		r.t.Fatal(err)
	}
}

func TestAFileThatWentBetweenTwoLivesIsToldByWhatWasSeenOfIt(t *testing.T) {
	const all = "one\ntwo\n"
	lately := time.Now().Add(-time.Minute)
	cases := []struct {
		name string
		life func(r *rig)
		gaps []gap
	}{
		{"a log that may have been written to", func(*rig) {}, []gap{{8, 0}}},
		{"more was seen at a scan, and not read", func(r *rig) {
			r.append("app.log", "three\nfour\n")
			r.scan()
		}, []gap{{8, 11}}},
		{"more was seen when the life ended", func(r *rig) {
			r.append("app.log", "three\n")
			r.lookAround(time.Now())
		}, []gap{{8, 6}}},
		{"more was seen, and read then", func(r *rig) {
			r.append("app.log", "three\n")
			r.scan()
			r.found("app.log")
		}, []gap{{14, 0}}},
		{"nobody had written to it for more than a day", func(r *rig) {
			r.touched("app.log", time.Now().Add(-settledAfter-time.Hour))
			r.scan()
		}, nil},
		{"the same, but a last line has no end", func(r *rig) {
			r.append("app.log", "half")
			r.touched("app.log", time.Now().Add(-settledAfter-time.Hour))
			r.scan()
		}, []gap{{8, 4}}},
		{"nobody had written to it for more than a day, until the end", func(r *rig) {
			r.touched("app.log", time.Now().Add(-settledAfter-time.Hour))
			r.scan()
			r.append("app.log", "three\n")
			r.found("app.log")
		}, []gap{{14, 0}}},
		{"rotated, and left alone for the grace time", func(r *rig) {
			r.rename("app.log", "app.log.1")
			r.touched("app.log.1", lately)
			r.scan()
			r.reals[r.path("app.log.1")].changed = lately
			r.scan()
		}, nil},
		{"left alone for the grace time, but not rotated", func(r *rig) {
			r.touched("app.log", lately)
			r.scan()
			r.reals[r.path("app.log")].changed = lately
			r.scan()
		}, []gap{{8, 0}}},
		{"rotated to a name that no glob takes", func(r *rig) {
			r.touched("app.log", lately)
			r.scan()
			r.rename("app.log", "old.log")
			r.scan()
			r.reals[r.path("old.log")].changed = lately
			r.scan()
		}, nil},
		{"the same, but just now", func(r *rig) {
			r.touched("app.log", lately)
			r.scan()
			r.rename("app.log", "old.log")
			r.scan()
		}, []gap{{8, 0}}},
		{"rotated just now", func(r *rig) {
			r.rename("app.log", "app.log.1")
			r.scan()
		}, nil},
		{"rotated just now, and not read to the end that was seen", func(r *rig) {
			r.append("app.log", "three\n")
			r.rename("app.log", "app.log.1")
			r.scan()
		}, []gap{{8, 6}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.write("app.log", all)
			r.found("app.log")
			r.closeRecord(time.Now())
			c.life(r)
			r.live()
			for _, name := range []string{"app.log", "app.log.1", "old.log"} {
				_ = os.Remove(r.path(name)) // one of them is there
			}
			r.scanOften()
			r.wantGaps(c.gaps...)
			r.live()
			r.scanOften()
			r.wantGaps() // each is told once
		})
	}
}

// touched sets when a file was last written to.
func (r *rig) touched(name string, at time.Time) {
	r.t.Helper()
	if err := os.Chtimes(r.path(name), at, at); err != nil {
		r.t.Fatal(err)
	}
}

func TestACompressedFileThatWasReadIsNotMissed(t *testing.T) {
	r := newRig(t)
	r.write("app.log.1.gz", gzipped(t, "one\n"))
	r.found("app.log.1.gz").changed = time.Now().Add(-time.Hour)
	r.nextPacked(time.Now())
	r.turns()
	r.closeRecord(time.Now())
	r.live() // killed before a scan
	r.delete("app.log.1.gz")
	r.scanOften()
	r.wantGaps()
}

// A collection that starts at the end reads nothing of what lies there, and yet knows the file.
func TestWhatFollowsTheEndThatACollectionStartsAtIsToldWhenItIsCut(t *testing.T) {
	for name, c := range map[string]struct {
		seen bool // by a scan, before the life ended
		want gap
	}{"seen": {true, gap{4, 4}}, "not seen": {false, gap{4, 0}}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.view.Start = collect.End
			r.adopt(follow.Set{Views: []collect.AgentView{*r.view}, Since: map[string]int64{"c": time.Now().Unix() + 60}})
			r.write("app.log", "old\n")
			r.found("app.log")
			r.append("app.log", "new\n")
			if c.seen {
				r.scan()
			}
			r.live()
			r.cut("app.log")
			r.scanOften()
			r.wantGaps(c.want)
		})
	}
}

func TestABeatSaysWhichFileHasAGap(t *testing.T) {
	r := newRig(t)
	r.write("app.log", "one\n")
	r.found("app.log")
	r.live()
	r.delete("app.log")
	r.scanOften()
	s := r.status(0)
	want := r.path("app.log") + ": lost behind offset 4: nobody knows how much: " + causeAway
	if s.LastError != want || s.Totals.Gaps != 1 || s.Totals.GapBytes != 0 {
		t.Errorf("last error %q, totals %+v", s.LastError, s.Totals)
	}
}

// Names tell of a rotation that no life has seen.
func TestAFileThatWasRotatedBeforeItWasMetIsNotMissed(t *testing.T) {
	r := newRig(t)
	for _, name := range []string{"app.log", "app.log.1"} {
		r.write(name, name+"\n")
		r.found(name).changed = time.Now().Add(-time.Minute)
	}
	r.closeRecord(time.Now())
	r.scan()
	r.live()
	r.delete("app.log.1")
	r.scanOften()
	r.wantGaps()
	r.live()
	r.delete("app.log")
	r.scanOften()
	r.wantGaps(gap{8, 0})
}

// Of the files that lie beside a log, only those are read under names that no glob takes that
// were the log after the one that an earlier life knew.
func TestOnlyFilesThatWereTheLogMeanwhileAreRead(t *testing.T) {
	cases := []struct {
		name  string
		down  func(r *rig)
		lines string
	}{
		{"rotated twice", func(r *rig) {
			r.rename("app.log.1", "app.log.3")
			r.rename("app.log", "app.log.2")
			r.write("app.log.1", "between\n")
		}, "between\nnow\n"},
		{"rotated twice, and the first has gone", func(r *rig) {
			r.delete("app.log")
			r.write("app.log.2026-11-22", "between\n")
		}, "between\nnow\n"},
		{"rotated, and its names are others'", func(r *rig) {
			r.rename("app.log", "app.log.2")
			r.write("app.log.bak", "no\n")
			r.write("app.log-old.1", "no\n")
			r.write("other.log.1", "no\n")
		}, "now\n"},
		{"not rotated, and copied by hand", func(r *rig) {
			r.write("app.log.2", "one\ncopied\n")
		}, "now\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.view.Paths = []string{r.path("app.log")}
			r.adopt(follow.Set{Views: []collect.AgentView{*r.view}})
			r.write("app.log.9", "before all\n")
			r.tick()
			r.write("app.log", "zero\n")
			r.found("app.log")
			r.rename("app.log", "app.log.1")
			r.scan()
			r.tick()
			r.write("app.log", "one\n")
			r.found("app.log")
			r.live()
			r.tick()
			c.down(r)
			r.append("app.log", "now\n")
			r.scanOften()
			r.closeRecord(time.Now())
			var got []string
			for _, sent := range r.sent {
				got = append(got, string(sent.Value))
			}
			lines := strings.SplitAfter(strings.Join(got, ""), "\n")
			slices.Sort(lines) // no order is promised between files
			if read := strings.Join(lines, ""); read != c.lines {
				t.Errorf("read %q, not %q", read, c.lines)
			}
		})
	}
}

// As where a volume is mounted after the agent was started.
func TestAFileThatComesBackAfterItWasToldAsGoneIsReadOn(t *testing.T) {
	r := newRig(t)
	r.write("app.log", "one\n")
	r.found("app.log")
	r.live()
	if err := os.Mkdir(r.path("elsewhere"), 0o700); err != nil {
		t.Fatal(err)
	}
	r.rename("app.log", "elsewhere/app.log")
	r.scanOften()
	r.wantGaps(gap{4, 0})
	r.append("elsewhere/app.log", "two\n")
	r.rename("elsewhere/app.log", "app.log")
	r.sent = nil
	r.found("app.log")
	r.closeRecord(time.Now())
	if len(r.sent) != 1 || string(r.sent[0].Value) != "two\n" {
		t.Errorf("%d records were sent", len(r.sent))
	}
}

// While Kafka is away nothing is read; what is cut then was seen at the last scan.
func TestWhatAScanSawOfALogIsToldWhenItIsCut(t *testing.T) {
	r := newRig(t)
	r.write("app.log", "one\n")
	r.found("app.log")
	r.append("app.log", "two\nthree\n")
	r.scan()
	r.cut("app.log")
	r.found("app.log")
	r.wantGaps(gap{4, 10})
}

// A closed file is gone for good when it is deleted.
func TestWhatAScanSawOfAClosedFileIsToldWhenItIsDeleted(t *testing.T) {
	r := newRig(t)
	r.write("app.log", "one\n")
	f := r.found("app.log")
	r.append("app.log", "two\n")
	r.scan()
	r.close(f)
	r.delete("app.log")
	r.scanOften()
	r.wantGaps(gap{4, 4})
}

// Only a later turn shows whether a compressed file has the rest.
func TestAFileThatWentIsNotToldBeforeItsCompressedCopyWasLookedInto(t *testing.T) {
	r := newRig(t)
	r.write("app.log", "one\n")
	r.found("app.log")
	r.live()
	r.delete("app.log")
	r.write("app.log.1.gz", gzipped(t, "one\ntwo\n"))
	r.scanOften()
	r.wantGaps()
	for f := range r.packed { // its turn comes once it has rested
		f.changed = time.Now().Add(-time.Hour)
	}
	r.nextPacked(time.Now())
	r.scanOften()
	r.wantGaps()
	if last := r.sent[len(r.sent)-1]; string(last.Value) != "two\n" {
		t.Errorf("%q was read", last.Value)
	}
}

// The finder scans for collections that the tailer is still to be told of.
func TestAScanIsTakenWithTheCollectionsThatItWasMadeFor(t *testing.T) {
	r := newRig(t)
	r.adopt(follow.Set{})
	sets := make(chan follow.Set, 1)
	r.sets = sets
	sets <- follow.Set{Views: []collect.AgentView{*r.view}}
	r.write("app.log", "one\n")
	r.scan()
	if len(r.files) != 1 {
		t.Errorf("%d files are known", len(r.files))
	}
}
