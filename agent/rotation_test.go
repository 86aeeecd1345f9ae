package agent_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/schemas/record"
)

func TestLinesAfterARenameArrive(t *testing.T) {
	for _, glob := range []string{"app.log", "app.log*"} {
		t.Run("glob "+glob, func(t *testing.T) {
			b := newBench(t)
			b.collect("c", nil, glob)
			b.start()
			var want []string
			put := func(f *os.File, lines []string) {
				want = append(want, lines...)
				_, err := f.WriteString(joined(lines))
				must(t, err)
			}
			open := func() *os.File {
				f, err := os.OpenFile(b.path("app.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
				must(t, err)
				return f
			}
			f := open()
			for i := range 4 {
				put(f, numbered("before", 100*i, 20))
				b.arrived(want)
				must(t, os.Rename(b.path("app.log"), b.path(fmt.Sprintf("app.log.%d", i))))
				put(f, numbered("after", 100*i, 5))
				next := open()
				put(next, numbered("new", 100*i, 3))
				put(f, numbered("late", 100*i, 3))
				must(t, f.Close())
				f = next
			}
			must(t, f.Close())
			b.arrived(want)
			b.clean()
		})
	}
}

// arrived waits until exactly these lines are there, in whatever order.
func (b *bench) arrived(want []string) {
	b.t.Helper()
	want = slices.Clone(want)
	slices.Sort(want)
	b.eventually(func() error {
		got := b.mirror().lines()
		slices.Sort(got)
		return equalLines(got, want)
	})
}

func TestABurstOfRenamesLosesNothing(t *testing.T) {
	b := newBench(t)
	b.collect("c", nil, "app.log*")
	b.start()
	w := &writer{b: b, name: "app.log"}
	for range 30 {
		w.write(40)
		w.rotate()
	}
	w.write(10)
	b.arrived(w.lines)
	b.clean()
}

func TestTruncationBeginsANewGeneration(t *testing.T) {
	cases := []struct {
		name  string
		after int // lines written right after the cut
	}{
		{"shorter than before", 3},
		{"regrown past the old offset", 500},
		{"regrown to the old size", 50},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.collect("c", nil, "*.log")
			b.start()
			want := numbered("old", 0, 50)
			b.append("app.log", joined(want))
			b.wantLines(want)
			more := numbered("new", 0, c.after)
			// One write after the cut: the agent may see only both together.
			f, err := os.OpenFile(b.path("app.log"), os.O_WRONLY|os.O_APPEND, 0)
			must(t, err)
			must(t, f.Truncate(0))
			_, err = f.WriteString(joined(more))
			must(t, err)
			must(t, f.Close())
			b.wantLines(append(want, more...))
			if n := len(b.mirror().gens); n != 2 {
				t.Errorf("%d generations", n)
			}
		})
	}
}

func TestTheSameHeadAfterATruncationIsAnotherGeneration(t *testing.T) {
	b := newBench(t)
	b.collect("c", nil, "*.log")
	b.start()
	counters := func() (all []int) {
		m := b.mirror()
		for key := range m.gens {
			if m.names[key] == b.path("app.log") {
				all = append(all, int(key.gen&0xff))
			}
		}
		slices.Sort(all)
		return all
	}
	for i := range 3 {
		b.append("app.log", "# banner\n")
		b.eventually(func() error {
			if got := counters(); len(got) != i+1 {
				return fmt.Errorf("counters %v", got)
			}
			return nil
		})
		must(t, os.Truncate(b.path("app.log"), 0))
		// What was noticed before this line was read is noticed now.
		tick := fmt.Sprint("tick ", i)
		b.append("tick.log", tick+"\n")
		b.eventually(func() error {
			if !slices.Contains(b.mirror().lines(), tick) {
				return fmt.Errorf("no %s", tick)
			}
			return nil
		})
	}
	if got := counters(); !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("counters %v", got)
	}
}

func TestDeletedAndReplacedFiles(t *testing.T) {
	b := newBench(t)
	b.collect("c", nil, "*.log")
	b.start()
	var want []string
	for i := range 6 { // the file system gives the same inode again
		lines := numbered(fmt.Sprint("life ", i), 0, 10+i)
		want = append(want, lines...)
		b.append("app.log", joined(lines))
		b.arrived(want)
		must(t, os.Remove(b.path("app.log")))
	}
	lines := numbered("renamed over", 0, 10)
	want = append(want, lines...)
	b.append("tmp", joined(lines))
	must(t, os.Rename(b.path("tmp"), b.path("app.log")))
	b.arrived(want)
	b.clean()
}

func TestRotatedWhileTheAgentWasDown(t *testing.T) {
	for _, glob := range []string{"app.log", "app.log*"} {
		t.Run("glob "+glob, func(t *testing.T) {
			b := newBench(t)
			b.collect("c", nil, glob)
			b.start()
			w := &writer{b: b, name: "app.log"}
			w.write(50)
			b.arrived(w.lines)
			b.stop()
			w.write(50)
			w.rotate()
			w.write(30)
			b.start()
			b.arrived(w.lines)
			b.clean()
		})
	}
}

func TestLongLinesTravelInParts(t *testing.T) {
	b := newBench(t)
	b.collect("c", nil, "*.log")
	b.start()
	sizes := []int{5 << 20, 240<<10 - 1, 240 << 10, 240<<10 + 1, 16 << 20, 480 << 10}
	var short []string
	for i, size := range sizes {
		s := fmt.Sprintf("short %d", i)
		short = append(short, s)
		b.append("app.log", s+"\n"+strings.Repeat("L", size)+"\n")
	}
	b.eventually(func() error { return b.whole([]string{"app.log"}) })
	var got []string
	for _, line := range b.mirror().lines() {
		if strings.HasPrefix(line, "short") {
			got = append(got, line)
		}
	}
	if !slices.Equal(got, short) {
		t.Errorf("short lines %q", got)
	}
	b.clean()
}

func TestALineWithoutEndWaitsForIt(t *testing.T) {
	b := newBench(t)
	b.collect("c", nil, "*.log")
	b.start()
	b.append("app.log", "one\ntw")
	b.wantLines([]string{"one"})
	b.append("app.log", "o\nthree\nrest")
	b.wantLines([]string{"one", "two", "three"})
	must(t, os.Remove(b.path("app.log"))) // nothing will follow now
	b.wantLines([]string{"one", "two", "three", "rest"})
}

func TestSymlinks(t *testing.T) {
	b := newBench(t)
	b.collect("c", nil, "links/*.log", "pods/plain.log")
	b.append("pods/a/0.log", "zero\n")
	b.append("pods/plain.log", "plain\n")
	must(t, os.MkdirAll(b.path("links"), 0o755))
	must(t, os.Symlink("../pods/a/0.log", b.path("links/a.log")))
	must(t, os.Symlink("../pods/plain.log", b.path("links/plain.log"))) // the same file twice
	b.start()
	b.arrived([]string{"zero", "plain"})
	b.append("pods/a/1.log", "one\n")
	must(t, os.Symlink("../pods/a/1.log", b.path("links/new")))
	must(t, os.Rename(b.path("links/new"), b.path("links/a.log")))
	b.append("pods/a/0.log", "last of zero\n")
	b.arrived([]string{"zero", "plain", "one", "last of zero"})
	for _, e := range b.mirror().events {
		if e.text == "plain" && e.path != b.path("pods/plain.log") {
			t.Errorf("the file is called by its link %s", e.path)
		}
		if e.text == "one" && e.path != b.path("links/a.log") {
			t.Errorf("the file is not called by its link but %s", e.path)
		}
	}
}

// A container writes and is rotated before anybody has seen the link to its log.
func TestWhatWasRotatedBeforeItsLinkWasSeenIsRead(t *testing.T) {
	b := newBench(t)
	b.collect("c", nil, "links/*.log")
	b.append("links/old.log", "begin\n")
	b.append("pods/a/0.log.old", "rotated before the link was made\n")
	then := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(b.path("pods/a/0.log.old"), then, then))
	b.start()
	b.arrived([]string{"begin"})
	must(t, os.Symlink("../pods/a/0.log", b.path("made")))
	b.append("pods/a/0.log", "zero\n")
	must(t, os.Rename(b.path("pods/a/0.log"), b.path("pods/a/0.log.1")))
	b.append("pods/a/0.log", "one\n")
	must(t, os.Rename(b.path("made"), b.path("links/a.log")))
	b.arrived([]string{"begin", "zero", "one"})
	b.append("pods/a/0.log.1", "late\n")
	b.append("pods/a/0.log", "two\n")
	b.arrived([]string{"begin", "zero", "one", "late", "two"})
	b.clean()
}

func TestManySmallFiles(t *testing.T) {
	b := newBench(t)
	b.cfg.OpenFiles = 32 // far below the number of files
	b.collect("c", nil, "**/*.log")
	b.start()
	var want []string
	for round := range 3 {
		for i := range 300 {
			line := fmt.Sprintf("file %d round %d", i, round)
			want = append(want, line)
			b.append(fmt.Sprintf("dir%d/f%03d.log", i%7, i), line+"\n")
		}
		b.arrived(want)
	}
	b.clean()
}

func TestAGapTellsWhatWasCut(t *testing.T) {
	b := newBench(t)
	b.collect("c", nil, "*.log")
	b.start()
	b.append("app.log", "one\nunfinished")
	b.wantLines([]string{"one"})
	must(t, os.Truncate(b.path("app.log"), 0))
	b.append("app.log", "two\n")
	b.wantLines([]string{"one", "two"})
	gaps := b.mirror().gaps
	if len(gaps) != 1 || gaps[0].Kind != record.Gap || gaps[0].Off != 4 || gaps[0].Len != 10 {
		t.Errorf("gaps %+v", gaps)
	}
}
