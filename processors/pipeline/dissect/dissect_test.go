package dissect

import (
	"reflect"
	"strings"
	"testing"
)

// match returns what a pattern cuts, by key; nil if it does not fit.
func match(t testing.TB, pattern, line string) map[string]string {
	t.Helper()
	p, err := Compile(pattern)
	if err != nil {
		t.Fatal(err)
	}
	parts, ok := p.Match([]byte(line), nil)
	if !ok {
		return nil
	}
	if len(parts) != len(p.Keys()) {
		t.Fatalf("%d parts for %d keys", len(parts), len(p.Keys()))
	}
	got := map[string]string{}
	for i, k := range p.Keys() {
		if k.Role != Skip {
			got[k.Name] += "|" + string(parts[i])
		}
	}
	return got
}

func TestAPatternCutsALine(t *testing.T) {
	for name, c := range map[string]struct {
		pattern, line string
		want          map[string]string
	}{
		"keys and literals":            {"%{a} - %{b} [%{c}]", "1 - 2 [3 4]", map[string]string{"a": "|1", "b": "|2", "c": "|3 4"}},
		"the last key takes the rest":  {"%{a} %{b}", "1 2 3", map[string]string{"a": "|1", "b": "|2 3"}},
		"text behind a last literal":   {"%{a} [%{b}]", "1 [2] 3", map[string]string{"a": "|1", "b": "|2"}},
		"an empty value":               {"%{a},%{b},%{c}", "1,,3", map[string]string{"a": "|1", "b": "|", "c": "|3"}},
		"padding":                      {"%{a->} %{b}", "1    2", map[string]string{"a": "|1", "b": "|2"}},
		"padding that is skipped":      {"%{->} %{b}", "x    2", map[string]string{"b": "|2"}},
		"no padding without its mark":  {"%{a} %{b}", "1  2", map[string]string{"a": "|1", "b": "| 2"}},
		"a literal before all":         {"<%{a}>", "<1>", map[string]string{"a": "|1"}},
		"a literal before all, absent": {"<%{a}>", "1>", nil},
		"a literal that is missing":    {"%{a} - %{b}", "1 2", nil},
		"skipped keys":                 {"%{} %{?x} %{c}", "1 2 3", map[string]string{"c": "|3"}},
		"appended keys":                {"%{+a/2} %{+a/1} %{a}", "1 2 3", map[string]string{"a": "|1|2|3"}},
		"named by the line":            {"%{*k}=%{&k} %{b}", "x=1 2", map[string]string{"k": "|x|1", "b": "|2"}},
		"long literals":                {"%{a}<-->%{b}", "1<--><2", map[string]string{"a": "|1", "b": "|<2"}},
		"an empty line":                {"%{a}", "", map[string]string{"a": "|"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := match(t, c.pattern, c.line); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestTheOrderOfAppendedKeysIsKept(t *testing.T) {
	p, err := Compile("%{+a/2->} %{+a/1} %{+a}")
	if err != nil {
		t.Fatal(err)
	}
	var orders []int
	for _, k := range p.Keys() {
		orders = append(orders, k.Order)
	}
	if !reflect.DeepEqual(orders, []int{2, 1, 0}) {
		t.Error(orders)
	}
}

func TestAWrongPatternSaysWhatIsWrong(t *testing.T) {
	for pattern, want := range map[string]string{
		"":                  "the pattern has no key such as %{name}",
		"plain":             "the pattern has no key such as %{name}",
		"%{a} %{b":          "the key at column 6 does not end with }",
		"%{a}%{b}":          "nothing stands between two keys, so where one ends is unknown (column 1)",
		"%{+} x":            "the key has no name (column 1)",
		"%{+a/x} %{b}":      `"x" is not a place; write %{+a/1} (column 1)`,
		"%{a} %{a}":         `the key "a" is there twice; write %{+a} to append`,
		"%{*k} %{b}":        "%{*k} and %{&k} belong together, one of each",
		"%{*k} %{*k} %{&k}": "%{*k} and %{&k} belong together, one of each",
		"%{ a } %{b}":       `" a " is not a key (column 1)`,
		"%{%{a}} %{b}":      `"%{a" is not a key (column 1)`,
	} {
		if _, err := Compile(pattern); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", pattern, err, want)
		}
	}
}

func FuzzPartsAndLiteralsMakeUpTheLine(f *testing.F) {
	f.Add("%{a} - %{b->} [%{c}] %{+a}", "1 - 2   [3] 4")
	f.Add("<%{*k}=%{&k}>", "<a=b>")
	f.Fuzz(func(t *testing.T, pattern, line string) {
		p, err := Compile(pattern)
		if err != nil {
			return
		}
		parts, ok := p.Match([]byte(line), nil)
		if !ok {
			return
		}
		rest, found := strings.CutPrefix(line, string(p.start))
		for i, k := range p.Keys() {
			if !found {
				t.Fatalf("part %d of %q is not in its place", i, line)
			}
			rest, found = strings.CutPrefix(rest, string(parts[i])+string(k.until))
			for k.padded && len(k.until) > 0 && strings.HasPrefix(rest, string(k.until)) {
				rest = rest[len(k.until):]
			}
		}
		if !found {
			t.Fatalf("the last part of %q is not in its place", line)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	p, err := Compile(`%{ip} - %{user} [%{when}] "%{verb} %{path} HTTP/%{version}" %{status} %{size} "%{referrer}" "%{agent}"`)
	if err != nil {
		b.Fatal(err)
	}
	line := []byte(`203.0.113.7 - - [22/Nov/2026:18:59:31 +0000] "GET /catalog/48213?ref=home HTTP/1.1" 200 18423 "-" "Mozilla/5.0 (X11; Linux)"`)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	var parts [][]byte
	for b.Loop() {
		parts, _ = p.Match(line, parts[:0])
	}
}
