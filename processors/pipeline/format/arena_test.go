package format

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// An earlier step may have written to the event's scratch memory: no format may read there what it did not write itself.
func TestFormatsDoNotReadWhatEarlierStepsWrote(t *testing.T) {
	const rubbish = `a@b client=198.51.100.9, pid=7 [x] "y" {"z":1} 2026-11-22 19:00:00 <13> `
	for _, spec := range Specs() {
		golden, err := os.ReadFile(filepath.Join("testdata", spec.Name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		p := newParser(t, spec.Name)
		for _, text := range goldenLines(string(golden)) {
			want, _ := p.parse(text)
			p.in.Event.Reset()
			p.in.Event.Keep(append(p.in.Event.Scratch(), rubbish...))
			p.in.Line = []byte(text)
			_ = spec.Parse(&p.in)
			if got := string(p.in.Event.Append(nil)); got != want {
				t.Errorf("%s: %s\ngives %s\nbehind other text %s", spec.Name, text, want, got)
			}
		}
	}
}

// goldenLines are the events of a golden file.
func goldenLines(golden string) (events []string) {
	var lines []string
	for line := range strings.SplitSeq(golden, "\n") {
		if text, part := strings.CutPrefix(line, "> "); part {
			lines = append(lines, text)
		} else if lines != nil {
			events, lines = append(events, strings.Join(lines, "\n")), nil
		}
	}
	return events
}

func TestThePrefixOfPostgreSQLIsReadAlone(t *testing.T) {
	p := newParser(t, "postgresql")
	e := p.in.Event
	e.Keep(append(e.Scratch(), "select 1 -- a@b client=198.51.100.9 x"...))
	p.in.Line = []byte("[811] shop@carts 2026-11-22 19:00:00.123 CET LOG:  statement: select 1 -- a@b client=198.51.100.9 x")
	if err := p.spec.Parse(&p.in); err != nil {
		t.Fatal(err)
	}
	got := string(e.Append(nil))
	if e.Has(event.SourceIP) || !strings.Contains(got, `"pid":811`) || !strings.Contains(got, `"user":{"name":"shop"}`) {
		t.Errorf("got %s", got)
	}
}
