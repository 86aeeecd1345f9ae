package agent_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/topic"
)

// writer appends numbered lines and rotates, at its own pace.
type writer struct {
	b     *bench
	name  string
	lines []string
	rot   int
}

func (w *writer) write(n int) {
	more := numbered(w.name, len(w.lines), n)
	w.lines = append(w.lines, more...)
	w.b.append(w.name, joined(more))
}

// rotate renames the file and goes on with a new one, as logrotate does.
func (w *writer) rotate() {
	for i := w.rot; i > 0; i-- {
		_ = os.Rename(w.b.path(fmt.Sprintf("%s.%d", w.name, i)), w.b.path(fmt.Sprintf("%s.%d", w.name, i+1)))
	}
	must(w.b.t, os.Rename(w.b.path(w.name), w.b.path(w.name+".1")))
	w.rot++
}

func (w *writer) files() []string {
	names := []string{w.name}
	for i := 1; i <= w.rot; i++ {
		names = append(names, fmt.Sprintf("%s.%d", w.name, i))
	}
	return names
}

// whole checks that the ranges of all records, repetitions dropped, are exactly
// the bytes of the files.
func (b *bench) whole(names []string) error {
	got, err := b.mirror().files()
	if err != nil {
		return err
	}
	var a, w []string
	for _, f := range got {
		a = append(a, string(f))
	}
	for _, n := range names {
		text, err := os.ReadFile(b.path(n))
		if err != nil {
			return err
		}
		if len(text) > 0 {
			w = append(w, string(text))
		}
	}
	if len(a) != len(w) {
		return fmt.Errorf("%d contents instead of %d", len(a), len(w))
	}
	for _, want := range w {
		found := false
		for _, have := range a {
			found = found || have == want
		}
		if !found {
			return fmt.Errorf("a file of %d bytes is not rebuilt", len(want))
		}
	}
	return nil
}

func TestKilledTenTimesNothingIsLostAndRepetitionsAreIdentical(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	b := newBench(t)
	b.collect("c", nil, "app.log*")
	w := &writer{b: b, name: "app.log"}
	w.write(100)
	for range 10 {
		kill := b.startChild()
		end := time.Now().Add(time.Duration(300+rnd.IntN(700)) * time.Millisecond)
		for time.Now().Before(end) {
			w.write(1 + rnd.IntN(400))
			if rnd.IntN(12) == 0 {
				w.rotate()
				w.write(10)
			}
			// The pace of the writer, not a wait: the kill shall hit anywhere between writes.
			time.Sleep(time.Duration(rnd.IntN(8)) * time.Millisecond)
		}
		kill()
		if rnd.IntN(2) == 0 {
			w.rotate()
			w.write(20)
		}
	}
	b.startChild()
	b.eventually(func() error { return b.whole(w.files()) })
	m := b.mirror()
	t.Logf("%d lines in %d files, %d records repeated", len(w.lines), w.rot+1, m.repeated)
	if len(m.gaps) > 0 {
		t.Errorf("gaps: %+v", m.gaps)
	}
	if err := equalLines(m.lines(), w.lines); err != nil && len(m.lines()) != len(w.lines) {
		t.Error(err)
	}
	b.clean()
}

// TestKilledWithoutAcknowledgementsTheSameRecordsComeAgain kills the agent while
// Kafka has its records and the answers are held back, so that it cannot know.
func TestKilledWithoutAcknowledgementsTheSameRecordsComeAgain(t *testing.T) {
	gate := newGate()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, topic.Raw, topic.Agents), kfake.ListenFn(gate.listen))
	must(t, err)
	t.Cleanup(cluster.Close)
	servers, err := servers()
	must(t, err)
	b := newBenchOn(t, &world{brokers: cluster.ListenAddrs(), etcd: servers.etcd})
	b.collect("c", nil, "*.log")
	w, v := &writer{b: b, name: "app.log"}, &writer{b: b, name: "other.log"}
	w.write(10)
	kill := b.startChild()
	b.arrived(w.lines)
	for range 3 {
		gate.shut()
		for range 5 {
			w.write(300)
			v.write(7)
			// The pace of the writer: Kafka is away, so nothing of what the agent does now can be awaited.
			time.Sleep(100 * time.Millisecond)
		}
		kill()
		gate.open()
		w.write(50) // the boundaries would move if the file were just read again
		kill = b.startChild()
		b.eventually(func() error { return b.whole([]string{"app.log", "other.log"}) })
	}
	m := b.mirror()
	if m.repeated == 0 {
		t.Error("no record came again: the test shows nothing")
	}
	t.Logf("%d records came again", m.repeated)
	if len(m.gaps) > 0 {
		t.Errorf("gaps %+v", m.gaps)
	}
	b.clean()
}

// An event of several lines is rotated in its midst, and the agent is killed at any moment
// before, between or after its pieces: it is one event all the same.
func TestKilledAtAnyMomentAnEventThatLiesInTwoFilesIsOne(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 2))
	b := newBench(t)
	b.cfg.Grace = time.Minute // longer than the writer pauses
	b.collect("c", several(collect.ModeStart, `^\d`, time.Minute), "app.log*")
	w := &writer{b: b, name: "app.log"}
	var want []string
	kill := b.startChild()
	for i := range 12 {
		text := fmt.Sprintf("%d event", i)
		b.append("app.log", text+"\n")
		killed := rnd.IntN(4) // before this piece
		for piece := range 4 {
			// A moment of the agent's work, not a wait: it shall be killed anywhere in it.
			time.Sleep(time.Duration(rnd.IntN(500)) * time.Millisecond)
			if piece == killed {
				kill()
			}
			if piece == 2 {
				w.rotate()
			}
			line := fmt.Sprintf("  piece %d of %d", piece, i)
			text += "\n" + line
			b.append("app.log", line+"\n")
			if piece == killed {
				kill = b.startChild()
			}
		}
		want = append(want, text)
	}
	b.append("app.log", "0 the end\n")
	b.arrived(want)
	if gaps := b.mirror().gaps; len(gaps) > 0 {
		t.Errorf("gaps: %+v", gaps)
	}
	b.clean()
}

func TestLostStateGivesTheSameIDs(t *testing.T) {
	b := newBench(t)
	b.collect("c", nil, "*.log")
	b.start()
	first := numbered("first", 0, 200)
	b.append("app.log", joined(first))
	b.wantLines(first)
	must(t, os.Truncate(b.path("app.log"), 0))
	second := numbered("second", 0, 100)
	b.append("app.log", joined(second))
	both := append(append([]string{}, first...), second...)
	b.wantLines(both)
	b.stop()
	must(t, os.RemoveAll(b.cfg.StateDir))
	b.start()
	third := numbered("third", 0, 50)
	b.append("app.log", joined(third))
	b.eventually(func() error { return equalLines(b.mirror().lines(), append(both, third...)) }) // by event ids: no line twice
	if n := len(b.mirror().gens); n != 2 {
		t.Errorf("%d contents instead of 2: identity or generation changed", n)
	}
}
