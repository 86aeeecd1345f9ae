package ledger

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

const seed = 42

// found books every line of the file as the index should have it.
func found(l *Ledger, file string, n int, but func(n int, text string) []string) {
	for i := range n {
		for _, text := range but(i, Indexed(Line(seed, file, i))) {
			l.Found(text)
		}
	}
}

func TestABalanceTellsWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		but  func(n int, text string) []string
		want Balance
	}{
		"all lines once": {
			func(_ int, text string) []string { return []string{text} },
			Balance{Written: 100},
		},
		"one line is dropped": {
			func(n int, text string) []string {
				if n == 17 {
					return nil
				}
				return []string{text}
			},
			Balance{Written: 100, Lost: 1, LostRanges: []Range{{"h/a", 17, 17}}},
		},
		"a range and the last line are dropped": {
			func(n int, text string) []string {
				if n >= 5 && n < 8 || n == 99 {
					return nil
				}
				return []string{text}
			},
			Balance{Written: 100, Lost: 4, LostRanges: []Range{{"h/a", 5, 7}, {"h/a", 99, 99}}},
		},
		"a line comes twice, another three times": {
			func(n int, text string) []string {
				switch n {
				case 3:
					return []string{text, text}
				case 4:
					return []string{text, text, text}
				}
				return []string{text}
			},
			Balance{Written: 100, Duplicate: 2, DuplicateRanges: []Range{{"h/a", 3, 4}}},
		},
		"a line has lost its end": {
			func(n int, text string) []string {
				if n == 8 {
					return []string{text[:20]}
				}
				return []string{text}
			},
			Balance{Written: 100, Mangled: 1, MangledSamples: []Mangled{
				{"h/a", 8, Indexed(Line(seed, "h/a", 8))[:20], short(Indexed(Line(seed, "h/a", 8)))},
			}},
		},
		"lines that nobody wrote": {
			func(n int, text string) []string {
				if n == 0 {
					return []string{text, "nonsense", "h/a 100 x", "h/b 1 x"}
				}
				return []string{text}
			},
			Balance{Written: 100, Foreign: 3, ForeignSamples: []string{"nonsense", "h/a 100 x", "h/b 1 x"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := New(seed, map[string]int{"h/a": 100})
			found(l, "h/a", 100, c.but)
			if got := l.Balance(); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
			if got := l.Balance().Clean(); got != (name == "all lines once") {
				t.Errorf("clean: %v", got)
			}
		})
	}
}

func TestLinesAreAFunctionOfTheirPlaceAndOfEveryKind(t *testing.T) {
	var longOnes, strange, returns int
	for n := range 20000 {
		line := Line(seed, "web-1/a", n)
		if line != Line(seed, "web-1/a", n) {
			t.Fatal("a line differs from itself")
		}
		if file, got, ok := Parse(line); !ok || file != "web-1/a" || got != n {
			t.Fatalf("%.40q is read as %q %d %v", line, file, got, ok)
		}
		if strings.Contains(line, "\n") {
			t.Fatalf("line %d holds a line feed", n)
		}
		if len(line) > 1000 {
			longOnes++
		}
		if !utf8.ValidString(line) {
			strange++
		}
		if strings.HasSuffix(line, "\r") {
			returns++
		}
	}
	if longOnes == 0 || strange == 0 || returns == 0 {
		t.Errorf("%d long, %d not UTF-8, %d with a carriage return", longOnes, strange, returns)
	}
	if Line(1, "a", 0) == Line(2, "a", 0) || Line(1, "a", 0) == Line(1, "b", 0) {
		t.Error("seed or file make no difference")
	}
}

func TestWhatIsIndexedIsValidText(t *testing.T) {
	for line, want := range map[string]string{"a": "a", "a\r": "a", "a\r\r": "a\r", "\xff\xfeä\xc3": "\uFFFD\uFFFDä\uFFFD", "\x00": "\x00"} {
		if got := Indexed(line); got != want {
			t.Errorf("%q is indexed as %q, want %q", line, got, want)
		}
	}
}

func TestWithinFindsTheRangeOfALine(t *testing.T) {
	all := []Range{{"a", 3, 5}, {"a", 9, 9}, {"b", 0, 1}}
	for _, c := range []struct {
		file string
		n    int
		want bool
	}{{"a", 3, true}, {"a", 5, true}, {"a", 6, false}, {"a", 9, true}, {"b", 0, true}, {"b", 2, false}, {"c", 0, false}} {
		if _, got := Within(all, c.file, c.n); got != c.want {
			t.Errorf("%s %d: %v", c.file, c.n, got)
		}
	}
}
