package agent_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/millrace/millrace/schemas/status"
)

// numbered makes lines that tell where they come from.
func numbered(stream string, from, n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("%s line %06d %s", stream, from+i, strings.Repeat("x", (from+i)%70))
	}
	return lines
}

func joined(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestEveryLineArrivesOnce(t *testing.T) {
	b := newBench(t)
	want := numbered("a", 0, 5000)
	b.append("app.log", joined(want[:3000]))
	b.collect("c", nil, "*.log")
	b.start()
	b.wantLines(want[:3000])
	b.append("app.log", joined(want[3000:]))
	b.wantLines(want)
	b.rebuilt("app.log")
}

// rebuilt checks that the records hold exactly the bytes of these files.
func (b *bench) rebuilt(names ...string) {
	b.t.Helper()
	got, err := b.mirror().files()
	must(b.t, err)
	for i, name := range names {
		want, err := os.ReadFile(b.path(name))
		must(b.t, err)
		if i >= len(got) || !bytes.Equal(got[i], want) {
			b.t.Errorf("%s is not rebuilt byte for byte", name)
		}
	}
	if len(got) != len(names) {
		b.t.Errorf("%d files were rebuilt of %d", len(got), len(names))
	}
}

func TestBeatsTellWhatTheAgentDoes(t *testing.T) {
	b := newBench(t)
	want := numbered("a", 0, 10)
	b.append("app.log", joined(want))
	b.collect("c", nil, "*.log")
	b.start()
	b.wantLines(want)
	beat := b.beat(func(a *status.Agent) bool { return a.Totals.LinesShipped == 10 })
	if len(beat.Collections) != 1 || beat.Collections[0].Files != 1 || beat.Collections[0].Rev.IsZero() || beat.Revision == 0 {
		t.Errorf("collections %+v at revision %d", beat.Collections, beat.Revision)
	}
	if beat.Totals.BytesBehind != 0 || beat.Totals.Files != 1 || beat.Stopping {
		t.Errorf("totals %+v", beat.Totals)
	}
	b.stop()
	b.beat(func(a *status.Agent) bool { return a.Stopping })
}
