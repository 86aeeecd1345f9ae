package event

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestAMessageIsEscapedLikeAnyString(t *testing.T) {
	odd := []string{`"`, `\`, "\n", "\t", "\x00", "\x1f", "\x7f", "é", "日本", "\xff", "é\xff", "!", "#", "]"}
	for n := range 100 {
		for range 60 {
			text := []byte(strings.Repeat("a plain text ", 8)[:n])
			for range rand.IntN(4) {
				at := rand.IntN(len(text) + 1)
				text = append(text[:at:at], append([]byte(odd[rand.IntN(len(odd))]), text[at:]...)...)
			}
			checkEscape(t, text)
		}
	}
	for n := range 3 * maxEscapes {
		checkEscape(t, []byte(strings.Repeat(`\`, n)))
		checkEscape(t, []byte(strings.Repeat("\t three ", n)))
	}
}

// checkEscape compares escape with AppendString: what it writes, whether it does, and the places it takes note of.
func checkEscape(t *testing.T, text []byte) {
	t.Helper()
	var l line
	want, valid := appendInner(nil, text)
	room := make([]byte, len(text)+escapeRoom)
	ok := l.escape(room, text)
	if can := valid && len(want) <= len(text)+maxEscapes && !bytes.Contains(want, []byte(`\u`)); ok != can {
		t.Fatalf("%q: escaped %v, want %v", text, ok, can)
	}
	if !ok {
		return
	}
	if got := room[:len(text)+l.count]; !bytes.Equal(got, want) {
		t.Fatalf("%q:\ngot  %q\nwant %q", text, got, want)
	}
	for i, at := range l.escapes[1 : 1+l.count] {
		if want[at+i] != '\\' {
			t.Fatalf("%q: no escape at %d", text, at)
		}
	}
	if wide := bytes.ContainsFunc(text, func(r rune) bool { return r > 0x7f }); l.wide != wide {
		t.Fatalf("%q: wide %v", text, l.wide)
	}
}
