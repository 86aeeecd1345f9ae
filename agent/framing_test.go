package agent_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/status"
)

func several(mode collect.MultilineMode, pattern string, timeout time.Duration) func(*collect.Collection) {
	return func(c *collect.Collection) {
		c.Multiline = &collect.Multiline{Mode: mode, Pattern: pattern, Timeout: collect.Duration(timeout), MaxBytes: collect.DefaultMaxBytes, MaxLines: 100}
	}
}

func TestEventsOfSeveralLinesArriveWhole(t *testing.T) {
	b := newBench(t)
	b.collect("c", several(collect.ModeStart, `^\d`, time.Minute), "*.log")
	b.start()
	var want []string
	for i := range 200 {
		event := fmt.Sprintf("%d begins\n\tat line\n\n end", i)
		want = append(want, event)
		for piece := range strings.SplitSeq(event+"\n", " ") { // blanks are lost, and cut events apart in time
			b.append("app.log", piece)
		}
	}
	for i := range want {
		want[i] = strings.ReplaceAll(want[i], " ", "")
	}
	b.wantLines(want[:len(want)-1])
	b.append("app.log", "9 next\n")
	b.wantLines(want)
}

func TestAnEventEndsWhenNothingFollows(t *testing.T) {
	b := newBench(t)
	b.collect("c", several(collect.ModeStart, `^\d`, 200*time.Millisecond), "*.log")
	b.start()
	b.append("app.log", "1 a\nb\nhalf")
	b.wantLines([]string{"1 a\nb"})
	b.append("app.log", " c\n2 d\n")
	b.wantLines([]string{"1 a\nb", "half c", "2 d"})
	m := b.mirror()
	if files, err := m.files(); err != nil || len(files) != 1 || string(files[0]) != "1 a\nb\nhalf c\n2 d\n" {
		t.Errorf("the files are rebuilt as %q, error %v", files, err)
	}
}

// TestAnOpenEventSurvivesAKill: what was not shipped is framed the same way again, and
// with the same ids.
func TestAnOpenEventSurvivesAKill(t *testing.T) {
	b := newBench(t)
	b.collect("c", several(collect.ModeStart, `^\d`, time.Minute), "*.log")
	b.append("app.log", "1 a\nb\n2 c\nd\n")
	kill := b.startChild()
	b.wantLines([]string{"1 a\nb"})
	kill()
	b.append("app.log", "e\n3 f\n")
	kill = b.startChild()
	defer kill()
	b.wantLines([]string{"1 a\nb", "2 c\nd\ne"})
}

func TestContainersOfAllKindsAreMirrored(t *testing.T) {
	b := newBench(t)
	b.collect("c", func(c *collect.Collection) { c.Container = collect.AutoContainer }, "*.log")
	b.start()
	var text strings.Builder
	var want []string
	for i := range 3000 {
		at := time.Unix(int64(1_700_000_000+i), 0).UTC().Format(time.RFC3339)
		fmt.Fprintf(&text, "%s stdout P out%d \n%s stderr P err%d \n%s stdout F end\n%s stderr F end\n", at, i, at, i, at, at)
		want = append(want, fmt.Sprintf("%s stdout P out%d end", at, i), fmt.Sprintf("%s stderr P err%d end", at, i))
	}
	b.append("app.log", text.String())
	b.wantLines(want)
	if files, err := b.mirror().files(); err != nil || len(files) != 1 || string(files[0]) != text.String() {
		t.Errorf("the file is not rebuilt byte by byte, error %v", err)
	}
}

func TestCharsetsTravelAsTheyAre(t *testing.T) {
	b := newBench(t)
	b.collect("wide", func(c *collect.Collection) { c.Charset = "utf-16" }, "wide.log")
	b.collect("gbk", func(c *collect.Collection) { c.Charset = "gbk" }, "gbk.log")
	b.start()
	wide := []byte{0xff, 0xfe}
	for _, r := range "a\u0a0a\r\nb\n" {
		wide = append(wide, byte(r), byte(r>>8))
	}
	b.append("wide.log", string(wide))
	b.append("gbk.log", "\xc4\xe3\xba\xc3\n")
	b.arrived([]string{"a\x00\x0a\x0a", "b\x00", "\xc4\xe3\xba\xc3"})
	charsets := map[string]string{}
	b.mu.Lock()
	for _, r := range b.records {
		m, _, err := record.Decode(r.Headers[0].Value)
		must(t, err)
		for i := range m.Segments {
			charsets[m.Segments[i].Path] = m.Segments[i].Charset
		}
	}
	b.mu.Unlock()
	if charsets[b.path("wide.log")] != "utf-16le" || charsets[b.path("gbk.log")] != "gbk" {
		t.Errorf("the records say %v", charsets)
	}
}

func TestHolesAreSkippedOnceSomethingFollows(t *testing.T) {
	b := newBench(t)
	b.collect("c", nil, "*.log")
	b.start()
	f, err := os.Create(b.path("app.log"))
	must(t, err)
	defer f.Close()
	put := func(off int64, text string) {
		_, err := f.WriteAt([]byte(text), off)
		must(t, err)
	}
	must(t, f.Truncate(40<<20)) // reserved
	put(0, "one\n")
	b.wantLines([]string{"one"})
	put(4, "two\n")
	b.wantLines([]string{"one", "two"})
	put(30<<20, "three\n") // behind a hole
	b.wantLines([]string{"one", "two", "three"})
	m := b.mirror()
	if len(m.gaps) != 1 || m.gaps[0].Kind != record.Skipped || m.gaps[0].Off != 8 || m.gaps[0].Len != 30<<20-8 {
		t.Errorf("gaps %+v", m.gaps)
	}
}

func TestTheFrontOfAHoleIsSkipped(t *testing.T) {
	b := newBench(t)
	b.collect("c", nil, "*.log")
	b.start()
	b.append("app.log", string(make([]byte, 5000))+"one\ntwo\n")
	b.wantLines([]string{"one", "two"})
	if m := b.mirror(); len(m.gaps) != 1 || m.gaps[0].Len != 5000 || !slices.Equal(m.lines(), []string{"one", "two"}) {
		t.Errorf("gaps %+v", m.gaps)
	}
}

func TestLinesBeyondALimitAreSkippedAndCounted(t *testing.T) {
	b := newBench(t)
	b.collect("c", func(c *collect.Collection) {
		c.Limits = &collect.Limits{LinesPerSecond: 100, Burst: collect.Duration(time.Second)}
	}, "*.log")
	lines := numbered("line", 0, 5000)
	b.append("app.log", joined(lines))
	b.start()
	beat := b.beat(func(a *status.Agent) bool { return a.Totals.SkippedLines > 0 && a.Totals.BytesBehind == 0 })
	m := b.mirror()
	got := m.lines()
	if len(got) < 100 || len(got) > 1000 || !slices.Equal(got[:100], lines[:100]) {
		t.Errorf("%d lines were shipped", len(got))
	}
	skipped, size := uint64(0), uint64(0)
	for _, gap := range m.gaps {
		if gap.Kind != record.Skipped {
			t.Errorf("%+v", gap)
		}
		skipped, size = skipped+gap.Count, size+gap.Len
	}
	for _, r := range m.gens {
		for _, part := range r.parts {
			size += uint64(len(part))
		}
	}
	if skipped+uint64(len(got)) != 5000 || size != uint64(len(joined(lines))) {
		t.Errorf("%d shipped and %d skipped lines, %d bytes of %d in all", len(got), skipped, size, len(joined(lines)))
	}
	if c := beat.Collections[0]; c.SkippedLines != skipped || c.Limited == nil && c.SkippedBytes == 0 {
		t.Errorf("the beat says %+v", c)
	}
	b.clean()
}

// TestAnEventThatLiesInTwoFilesIsOne: it was begun in a file that was rotated then.
func TestAnEventThatLiesInTwoFilesIsOne(t *testing.T) {
	for _, glob := range []string{"app.log", "app.log*"} {
		t.Run("glob "+glob, func(t *testing.T) {
			b := newBench(t)
			b.cfg.Grace = time.Minute
			b.collect("c", several(collect.ModeStart, `^\d`, time.Minute), glob)
			b.start()
			b.append("app.log", "0 x\n1 a\nb\n")
			b.wantLines([]string{"0 x"})
			must(t, os.Rename(b.path("app.log"), b.path("app.log.1")))
			b.append("app.log", "c\n")
			b.settledFor(1)
			b.append("app.log", "d\n2 e\n3 f\n")
			b.wantLines([]string{"0 x", "1 a\nb\nc\nd", "2 e"})
			files, err := b.mirror().files()
			if err != nil || len(files) != 2 || string(files[0]) != "0 x\n1 a\nb\n" || string(files[1]) != "c\nd\n2 e\n" {
				t.Errorf("the files are rebuilt as %q, error %v", files, err)
			}
		})
	}
}

func TestAnEventThatEndsWithItsFileIsNotHeldBack(t *testing.T) {
	b := newBench(t)
	b.cfg.Grace = time.Minute
	b.collect("c", several(collect.ModeStart, `^\d`, time.Minute), "app.log")
	b.start()
	b.append("app.log", "0 x\n1 a\nb\n")
	b.wantLines([]string{"0 x"})
	must(t, os.Rename(b.path("app.log"), b.path("app.log.1")))
	b.append("app.log", "2 c\n3 d\n")
	b.arrived([]string{"0 x", "1 a\nb", "2 c"})
	b.clean()
}
