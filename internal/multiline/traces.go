package multiline

import (
	"regexp"
	"strings"

	"github.com/millrace/millrace/schemas/collect"
)

// traces are lines that nothing but a stack trace has.
var traces = []struct {
	preset string
	line   *regexp.Regexp
}{
	{collect.PresetJava, regexp.MustCompile(`^(\s+at [\w.$/<>]+\(.*\)|Caused by: [\w.$]+(:.*)?)\s*$`)},
	{collect.PresetPython, regexp.MustCompile(`^\W*Traceback \(most recent call last\):\s*$`)},
	{collect.PresetGo, regexp.MustCompile(`^goroutine \d+ \[.+\]:\s*$`)},
}

// JoinTraces makes events of lines among which stack traces lie, by the preset that knows
// them. Where there are none the preset is empty and the events are the lines.
func JoinTraces(lines []string) (events []string, preset string) {
	most := 0
	for _, t := range traces {
		n := 0
		for _, line := range lines {
			if t.line.MatchString(line) {
				n++
			}
		}
		if n > most {
			most, preset = n, t.preset
		}
	}
	if preset == "" {
		return lines, ""
	}
	m := &collect.Multiline{Preset: preset, MaxLines: collect.DefaultMaxLines, MaxBytes: collect.DefaultMaxBytes}
	joined, err := Join(m, func(yield func([]byte) bool) {
		for _, line := range lines {
			if !yield([]byte(line)) {
				return
			}
		}
	})
	if err != nil {
		panic(err) // the preset is one of ours
	}
	for event := range joined {
		events = append(events, string(event))
	}
	return events, preset
}

// Heads are the first lines of events: what kind of message one is does not hang on the
// trace behind it.
func Heads(events []string) []string {
	first := make([]string, len(events))
	for i, event := range events {
		first[i], _, _ = strings.Cut(event, "\n")
	}
	return first
}
