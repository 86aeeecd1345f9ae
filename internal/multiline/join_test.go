package multiline

import (
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/schemas/collect"
)

func TestLinesAreJoinedAsTheAgentJoinsThem(t *testing.T) {
	preset := func(name string) *collect.Multiline {
		return &collect.Multiline{Preset: name, MaxLines: collect.DefaultMaxLines, MaxBytes: collect.DefaultMaxBytes}
	}
	for name, c := range map[string]struct {
		rule  *collect.Multiline
		lines string
		want  []string
	}{
		"without a rule each line is an event": {nil, "a|\tb|", []string{"a", "\tb", ""}},
		"nothing makes no event":               {nil, "none", nil},
		"a trace belongs to the line before it": {
			preset(collect.PresetJava), "failed|java.io.IOException: x|\tat a.B.c(B.java:1)|Caused by: d.E|done",
			[]string{"failed\njava.io.IOException: x\n\tat a.B.c(B.java:1)\nCaused by: d.E", "done"},
		},
		"a traceback may begin behind a message": {
			preset(collect.PresetPython), "ok|2026-11-22 failed: Traceback (most recent call last):|  File \"a\"|KeyError: 1|done",
			[]string{"ok", "2026-11-22 failed: Traceback (most recent call last):\n  File \"a\"\nKeyError: 1", "done"},
		},
		"a trace of .NET goes on behind its end": {
			preset(collect.PresetJava), "failed|System.IO.IOException: x|   at A.B()|--- End of stack trace from previous location ---|   at C.D()|done",
			[]string{"failed\nSystem.IO.IOException: x\n   at A.B()\n--- End of stack trace from previous location ---\n   at C.D()", "done"},
		},
		"a trace of Node.js ends with a brace": {
			preset(collect.PresetJava), "TypeError: x|    at pay (cart.js:1:2) {|  code: 7|}|done", []string{"TypeError: x\n    at pay (cart.js:1:2) {\n  code: 7\n}", "done"},
		},
		"a trace of PHP is numbered": {
			preset(collect.PresetJava), "PHP Fatal error:  Uncaught E: x|Stack trace:|#0 a.php(7): f()|#1 {main}|  thrown in a.php|#done|#1",
			[]string{"PHP Fatal error:  Uncaught E: x\nStack trace:\n#0 a.php(7): f()\n#1 {main}\n  thrown in a.php", "#done", "#1"},
		},
		"a trace without a line before it is an event": {preset(collect.PresetJava), "\tat a.B.c(B.java:1)|done", []string{"\tat a.B.c(B.java:1)", "done"}},
		"a traceback ends with the exception": {
			preset(collect.PresetPython), "failed|Traceback (most recent call last):|  File \"a\"|KeyError: 1|done",
			[]string{"failed\nTraceback (most recent call last):\n  File \"a\"\nKeyError: 1", "done"},
		},
		"a pattern ends events": {
			&collect.Multiline{Mode: collect.ModeEnd, Pattern: `\\$`, Negate: true, MaxLines: 9, MaxBytes: 99}, `a \|b|c`, []string{"a \\\nb", "c"},
		},
		"an event has no more lines than it may":         {&collect.Multiline{Mode: collect.ModeStart, Pattern: "^x", MaxLines: 2, MaxBytes: 99}, "x|a|b|c|x", []string{"x\na", "b\nc", "x"}},
		"an event ends before the line that is too much": {&collect.Multiline{Mode: collect.ModeStart, Pattern: "^x", MaxLines: 9, MaxBytes: 4}, "xx|aa|b", []string{"xx\naa", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			var lines [][]byte
			for _, line := range strings.Split(c.lines, "|") {
				if c.lines != "none" {
					lines = append(lines, []byte(line))
				}
			}
			events, err := Join(c.rule, slices.Values(lines))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for event := range events {
				got = append(got, string(event))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, not %q", got, c.want)
			}
			for range events { // whoever has seen enough may stop
				break
			}
		})
	}
}

func TestARuleThatIsNoneOfOursIsAnError(t *testing.T) {
	for _, m := range []*collect.Multiline{{Preset: "cobol"}, {Mode: "middle", Pattern: "x"}, {Mode: collect.ModeStart, Pattern: "("}} {
		if _, err := Join(m, nil); err == nil {
			t.Errorf("%+v is taken", m)
		}
	}
}

func TestStackTracesAreFoundAndJoined(t *testing.T) {
	for name, c := range map[string]struct {
		lines, preset string
		events        int
	}{
		"of Java":                       {"a|java.lang.Error: x|\tat a.B.<init>(B.java:1)|\tat java.base/c.D.e(Native Method)|b", collect.PresetJava, 2},
		"of Python":                     {"a|Traceback (most recent call last):|  File \"a.py\", line 1|KeyError: 1|b", collect.PresetPython, 2},
		"of Go":                         {"a|panic: x||goroutine 1 [running]:|main.main()|\t/a/b.go:1 +0x1|b", collect.PresetGo, 3},
		"indented lines alone are none": {"a|  b|Caused by rain|c at d(e)", "", 4},
	} {
		t.Run(name, func(t *testing.T) {
			events, preset := JoinTraces(strings.Split(c.lines, "|"))
			if preset != c.preset || len(events) != c.events {
				t.Errorf("%q makes %d events: %q", preset, len(events), events)
			}
		})
	}
}

func TestTheHeadOfAnEventIsItsFirstLine(t *testing.T) {
	if got := Heads([]string{"a\n\tb", "c", ""}); !slices.Equal(got, []string{"a", "c", ""}) {
		t.Errorf("%q", got)
	}
}
