package agent_test

import (
	"fmt"
	"os"
	"testing"
)

func (b *bench) copy(from, to string) {
	b.t.Helper()
	text, err := os.ReadFile(b.path(from))
	must(b.t, err)
	b.append(to, string(text))
}

func TestACopyThatCopytruncateLeavesIsNotReadAgain(t *testing.T) {
	b := newBench(t)
	b.collect("c", nil, "app.log*")
	b.start()
	var want []string
	for i := range 3 {
		lines := numbered(fmt.Sprint("round ", i), 0, 100)
		want = append(want, lines...)
		b.append("app.log", joined(lines))
		b.arrived(want)
		b.copy("app.log", fmt.Sprintf("app.log.%d", i))
		must(t, os.Truncate(b.path("app.log"), 0))
	}
	last := numbered("last", 0, 5)
	b.append("app.log", joined(last))
	want = append(want, last...)
	b.arrived(want)
	b.settledFor(3) // scans: the copies would have been read by then
	b.arrived(want)
	b.append("app.log.1", "behind the copy\n")
	b.arrived(append(want, "behind the copy"))
}

// A kill between the truncation and the moment in which the copy is seen: found by
// the chaos harness.
func TestACopyIsKnownForOneByTheNextLife(t *testing.T) {
	b := newBench(t)
	b.collect("c", nil, "app.log*")
	b.start()
	want := numbered("before", 0, 100)
	b.append("app.log", joined(want))
	b.arrived(want)
	b.copy("app.log", "unseen")
	must(t, os.Truncate(b.path("app.log"), 0))
	after := numbered("after", 0, 5)
	b.append("app.log", joined(after))
	want = append(want, after...)
	b.arrived(want)
	b.stop() // the state on disk is the same as after a kill
	must(t, os.Rename(b.path("unseen"), b.path("app.log.1")))
	b.append("app.log.1", "behind the copy\n")
	b.start()
	want = append(want, "behind the copy")
	b.arrived(want)
	b.settledFor(3) // scans: the copy would have been read by then
	b.arrived(want)
}

// The log is cut while its last line is not at its end, so that something of it was
// not read: found by the chaos harness.
func TestTheCopyOfALogThatWasNotReadToItsEndGivesOnlyTheRest(t *testing.T) {
	b := newBench(t)
	b.collect("c", nil, "app.log*")
	b.start()
	want := numbered("before", 0, 100)
	b.append("app.log", joined(want)+"half")
	b.arrived(want)
	b.settledFor(1) // the scan sees the half line
	b.copy("app.log", "app.log.1")
	b.settledFor(1) // and the copy, which is held back
	must(t, os.Truncate(b.path("app.log"), 0))
	after := numbered("after", 0, 5)
	b.append("app.log", joined(after))
	want = append(want, after...)
	b.arrived(want)
	if gaps := b.mirror().gaps; len(gaps) > 0 {
		t.Errorf("what the copy has is called a gap: %+v", gaps)
	}
	b.append("app.log.1", " a line\n")
	want = append(want, "half a line")
	b.arrived(want)
	b.settledFor(3) // scans: the copy would have been read from its beginning by then
	b.arrived(want)
}

func TestACopyMadeByHandIsAFileOfItsOwn(t *testing.T) {
	b := newBench(t)
	b.collect("c", nil, "app.log*")
	b.start()
	b.append("app.log", "one\ntwo\n")
	b.arrived([]string{"one", "two"})
	b.copy("app.log", "app.log.mine")
	b.append("app.log.mine", "three\n") // it goes another way than the original
	b.arrived([]string{"one", "two", "one", "two", "three"})
}
