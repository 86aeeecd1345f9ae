package desk

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/millrace/millrace/processors/pipeline"
)

// widest is how much of a value or a line is shown on one line.
const widest = 120

// story tells what became of a line, step by step, for people.
func (t *trial) story(line []byte, tried *Tried) error {
	first, rest, joined := strings.Cut(string(line), "\n")
	fmt.Fprintf(t.out, "%d  %s\n", tried.Line, short(first))
	if joined {
		fmt.Fprintf(t.out, "   and %s joined to it\n", plural(1+strings.Count(rest, "\n"), "line"))
	}
	for i := range tried.Steps {
		t.step(&tried.Steps[i])
	}
	r := &tried.Result
	switch {
	case r.Outcome == pipeline.Drop:
		fmt.Fprintf(t.out, "   → dropped by %s\n", r.Cause)
	case r.Outcome == pipeline.DeadLetter:
		fmt.Fprintf(t.out, "   → dead letter: %s\n", r.Cause)
	case r.Failed:
		fmt.Fprintf(t.out, "   → FAILED, kept whole in %s: %s\n", tried.Index, r.Cause)
	default:
		fmt.Fprintf(t.out, "   → %s at %s\n", tried.Index, r.Time.Format(time.RFC3339Nano))
	}
	_, err := t.out.WriteString("\n")
	return err
}

func (t *trial) step(s *pipeline.Trace) {
	name, _ := strings.CutSuffix(s.Path, "."+s.Step)
	mark := "✓"
	switch {
	case s.Skipped:
		mark = "– skipped: its condition does not hold"
	case s.Dropped:
		mark = "✗ drops the line"
	case s.Error != "" && s.Handled:
		mark = "! " + short(s.Error) + " (handled)"
	case s.Error != "":
		mark = "✗ " + short(s.Error)
	}
	fmt.Fprintf(t.out, "   %-14s %-12s %s  %v\n", name, s.Step, mark, s.Took.Round(100*time.Nanosecond))
	width := 0
	for field := range s.Set {
		width = max(width, utf8.RuneCountInString(field))
	}
	for _, field := range slices.Sorted(maps.Keys(s.Set)) {
		fmt.Fprintf(t.out, "     + %-*s  %s\n", min(width, 40), field, short(string(s.Set[field])))
	}
	for _, field := range s.Removed {
		fmt.Fprintf(t.out, "     - %s\n", field)
	}
}

// short is the beginning of a text, on one line.
func short(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '·'
		}
		return r
	}, strings.ToValidUTF8(text, "�"))
	if utf8.RuneCountInString(text) <= widest {
		return text
	}
	return string([]rune(text)[:widest-1]) + "…"
}
