package frame

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/millrace/millrace/schemas/collect"
)

// FuzzUnwrap takes any line: what is found lies within it, and agrees with what a JSON
// decoder reads.
func FuzzUnwrap(f *testing.F) {
	for _, seed := range []string{
		"2026-11-22T10:20:30.5Z stdout P text", "2026-11-22T10:20:30.5Z stderr F:x ", "2026-11-22T10:20:30Z stdout F",
		`{"log":"a\\\"b\n","stream":"stderr","time":"x"}`, `{"attrs":{"a":[1,"}"]},"log":"","stream":"stdout"}`, `{"log":1}`, `{"log"`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line := []byte(text)
		for _, c := range []collect.Container{collect.CRI, collect.Docker, collect.AutoContainer} {
			w := unwrap(c, line)
			if w.from < 0 || w.from > w.to || w.to > len(line) || w.stream < 0 || w.stream >= streams {
				t.Fatalf("%s: %+v of %q", c, w, text)
			}
		}
		w, ok := docker(line)
		var doc struct{ Log *string }
		if !ok || strings.Count(text, `"log"`) != 1 || json.Unmarshal(line, &doc) != nil || doc.Log == nil {
			return
		}
		var own string
		if err := json.Unmarshal([]byte(`"`+text[w.from:w.to]+`"`), &own); err != nil || own != *doc.Log {
			t.Fatalf("the text of %q is %q, not %q: %v", text, *doc.Log, own, err)
		}
		if w.partial != !strings.HasSuffix(own, "\n") && !strings.Contains(text, `\u`) {
			t.Fatalf("%q is partial: %v", text, w.partial)
		}
	})
}

func TestUnwrap(t *testing.T) {
	cases := []struct {
		line, text string
		stream     int
		partial    bool
	}{
		{"2026-11-22T10:20:30.5Z stdout F a b", "a b", stdout, false},
		{"2026-11-22T10:20:30.5+01:00 stderr P:x a", "a", stderr, true},
		{"2026-11-22T10:20:30.5Z stdout F", "", stdout, false},
		{"2026-11-22T10:20:30.5Z stdout X a", "2026-11-22T10:20:30.5Z stdout X a", bare, false},
		{`{"log":"a\n","stream":"stderr"}`, `a\n`, stderr, false},
		{`{ "stream" : "stdout", "log" : "a\\n" }`, `a\\n`, stdout, true},
		{`{"log":{"a":1}}`, `{"log":{"a":1}}`, bare, false},
		{`{"message":"a"}`, `{"message":"a"}`, bare, false},
		{"", "", bare, false},
	}
	for _, c := range cases {
		w := unwrap(collect.AutoContainer, []byte(c.line))
		if got := c.line[w.from:w.to]; got != c.text || w.stream != c.stream || w.partial != c.partial {
			t.Errorf("%q: %q, %+v", c.line, got, w)
		}
	}
}
