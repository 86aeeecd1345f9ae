package agent_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
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

// Kafka is away, the log is cut, and then the agent is killed: what was under way is in
// the copy alone. Found by the chaos harness.
func TestBytesUnderWayAreFoundInTheCopyAfterAKill(t *testing.T) {
	for name, killedBefore := range map[string]bool{"cut before the kill": false, "cut after the kill": true} {
		t.Run(name, func(t *testing.T) {
			b, fail := flaky(t)
			b.collect("c", nil, "app.log*")
			kill := b.startChild()
			want := numbered("before", 0, 10)
			b.append("app.log", joined(want))
			b.arrived(want)
			fail(kerr.NotEnoughReplicas)
			b.intended(func() { b.append("app.log", joined(numbered("away", 0, 300))) })
			want = append(want, numbered("away", 0, 300)...)
			after := numbered("after", 0, 5)
			cut := func() {
				b.copy("app.log", "app.log.1")
				must(t, os.Truncate(b.path("app.log"), 0))
				b.append("app.log", joined(after))
			}
			if killedBefore {
				kill()
				cut()
			} else {
				b.intended(cut)
				kill()
			}
			fail(nil)
			b.startChild()
			b.arrived(append(want, after...))
			if gaps := b.mirror().gaps; len(gaps) > 0 {
				t.Errorf("gaps: %+v", gaps)
			}
		})
	}
}

// intended does something and waits until the agent has noted new intents on its disk.
func (b *bench) intended(do func()) {
	b.t.Helper()
	before := b.intents()
	do()
	b.eventually(func() error {
		if now := b.intents(); now <= before {
			return fmt.Errorf("the state log has %d intents", now)
		}
		return nil
	})
}

// intents is the number of the newest intent in the state log on disk.
func (b *bench) intents() (last uint64) {
	b.t.Helper()
	log, err := os.ReadFile(filepath.Join(b.cfg.StateDir, "state.log"))
	must(b.t, err)
	for log = log[8:]; len(log) > 8; {
		n := 8 + int(binary.BigEndian.Uint32(log))
		if n > len(log) {
			return last // it is being written
		}
		if kind := log[8]; kind == 'I' || kind == 'O' {
			last, _ = binary.Uvarint(log[9:n])
		}
		log = log[n:]
	}
	return last
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

// Files that begin alike are no copies: only all that was read of a log, found again in a
// file that was there when the log was cut, makes one.
func TestAFileOfTheSameHeadIsNoCopy(t *testing.T) {
	head := strings.Repeat("# the same banner in every file\n", 64) // more than is hashed of a head
	banner := strings.Split(strings.TrimSuffix(head, "\n"), "\n")
	cases := []struct {
		name   string
		second func(b *bench) (lines []string)
	}{
		{"a template that another program goes on with", func(b *bench) []string {
			b.append("app.log.2", head+"of the second\n")
			return []string{"of the second"}
		}},
		{"a template, and the log is cut afterwards", func(b *bench) []string {
			b.append("app.log.2", head+"of the second\n")
			must(b.t, os.Truncate(b.path("app.log"), 0))
			return []string{"of the second"}
		}},
		{"as long as the log, with another end, and the log is cut", func(b *bench) []string {
			b.append("app.log.2", head+"of the FIRST\n")
			must(b.t, os.Truncate(b.path("app.log"), 0))
			return []string{"of the FIRST"}
		}},
		{"a copy by cp, which nothing cuts the log after", func(b *bench) []string {
			b.copy("app.log", "app.log.2")
			return []string{"of the first"}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel() // one waits until a copy would be known for one
			b := newBench(t)
			b.collect("c", nil, "app.log*")
			b.start()
			want := append(slices.Clone(banner), "of the first")
			b.append("app.log", head+"of the first\n")
			b.arrived(want)
			want = append(append(want, banner...), c.second(b)...)
			b.arrived(want)
			b.clean()
		})
	}
}
