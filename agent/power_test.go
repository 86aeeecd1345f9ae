package agent_test

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/millrace/millrace/schemas/record"
)

// reboot has the state log tell of another boot of the machine: its first entry begins
// with the boot's id.
func (b *bench) reboot() {
	b.t.Helper()
	path := filepath.Join(b.cfg.StateDir, "state.log")
	log, err := os.ReadFile(path)
	must(b.t, err)
	const magic, head = 8, 8
	body := log[magic+head:][:binary.BigEndian.Uint32(log[magic:])]
	if body[0] != 'B' || body[1] < 8 {
		b.t.Fatalf("the state log begins with %q", body)
	}
	body[2] ^= 1 // of the id, which stands behind its length
	binary.BigEndian.PutUint32(log[magic+4:], crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
	must(b.t, os.WriteFile(path, log, 0o600))
}

// A power failure takes what was never synced: the file may be shorter then than what the
// state log says was read of it.
func TestAFileThatLostItsEndInAPowerFailureIsReadOn(t *testing.T) {
	before, after, much := numbered("before", 0, 100), numbered("after", 0, 10), numbered("much after", 0, 200)
	left, most := before[:80], before[:98]
	cases := []struct {
		name      string
		left      []string
		rebooted  bool // the machine was
		written   bool // somebody wrote to the file before the agent saw it
		after     []string
		contents  int
		wantLines []string
		wantRead  int // bytes in the second life
	}{
		{"nobody wrote since the boot: it goes on at its end", left, true, false, after, 1, slices.Concat(before, after), len(joined(after))},
		{"somebody wrote since: it is read again, under the same ids", left, true, true, after, 1, slices.Concat(before, after), len(joined(left) + joined(after))},
		{"somebody wrote more than was lost: the same", left, true, true, much, 1, slices.Concat(before, much), len(joined(left) + joined(much))},
		{"far more than the little that was lost: the same", most, true, true, much, 1, slices.Concat(before, much), len(joined(most) + joined(much))},
		{"there was no boot: it was truncated", left, false, false, after, 2, slices.Concat(before, left, after), len(joined(left) + joined(after))},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.collect("c", nil, "*.log")
			b.start()
			b.append("app.log", joined(before))
			b.arrived(before)
			b.stop()
			must(t, os.Truncate(b.path("app.log"), int64(len(joined(c.left)))))
			must(t, os.Chtimes(b.path("app.log"), time.Unix(1, 0), time.Unix(1, 0))) // before the boot
			if c.rebooted {
				b.reboot()
			}
			if c.written {
				b.append("app.log", joined(c.after))
			}
			b.start()
			b.eventually(func() error { // the first scan may come before the collection
				if n := metric(t, b.registry, "millrace_agent_files_open"); n != 1 {
					return fmt.Errorf("%v files are open", n)
				}
				return nil
			})
			if !c.written {
				b.append("app.log", joined(c.after))
			}
			b.arrived(c.wantLines)
			if m := b.mirror(); len(m.gens) != c.contents || len(m.gaps) > 0 {
				t.Errorf("%d contents, gaps %+v", len(m.gens), m.gaps)
			}
			if read := metric(t, b.registry, "millrace_agent_read_bytes_total"); int(read) != c.wantRead {
				t.Errorf("%v bytes were read, want %d", read, c.wantRead)
			}
		})
	}
}

// The same while records of what was lost were under way: nobody has their bytes.
func TestBytesUnderWayThatAPowerFailureTookAreAGap(t *testing.T) {
	b, fail := flaky(t)
	b.collect("c", nil, "*.log")
	kill := b.startChild()
	want := numbered("before", 0, 100)
	b.append("app.log", joined(want))
	b.arrived(want)
	size := len(joined(want))
	fail(kerr.NotEnoughReplicas)
	lost := joined(numbered("lost", 0, 50))
	b.intended(func() { b.append("app.log", lost) })
	kill()
	must(t, os.Truncate(b.path("app.log"), int64(size)))
	must(t, os.Chtimes(b.path("app.log"), time.Unix(1, 0), time.Unix(1, 0)))
	b.reboot()
	fail(nil)
	b.startChild()
	b.eventually(func() error {
		if gaps := b.mirror().gaps; len(gaps) != 1 {
			return fmt.Errorf("%d gaps", len(gaps))
		}
		return nil
	})
	if gap := b.mirror().gaps[0]; gap.Kind != record.Gap || gap.Off != uint64(size) || gap.Len != uint64(len(lost)) || !strings.Contains(gap.Reason, "uncertain") {
		t.Errorf("gap %+v", gap)
	}
	e := b.explainer()
	b.eventually(func() error { // it has to see the file before that is written to
		if got := e.ask(b.path("app.log")); got.Source == nil || got.Source.Offset != uint64(size) {
			return fmt.Errorf("%+v", got)
		}
		return nil
	})
	after := numbered("after", 0, 10)
	b.append("app.log", joined(after))
	b.arrived(append(want, after...))
	b.clean()
}
