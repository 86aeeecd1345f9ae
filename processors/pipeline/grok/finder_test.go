package grok

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// found are the matches of an expression in a text, by its finder where that knows.
func found(t *testing.T, re *regexp.Regexp, text string) (matches [][]int, byFinder bool) {
	t.Helper()
	x := NewFinder(re)
	if x == nil {
		return nil, false
	}
	behind, all := x.Each([]byte(text), func(start, end int) bool {
		matches = append(matches, []int{start, end})
		return true
	})
	if n := len(matches); n > 0 && behind != matches[n-1][1] {
		t.Errorf("%s in %q: behind %d, not behind the last of %v", re, text, behind, matches)
	}
	if !all { // the expression goes on
		for _, m := range re.FindAllStringIndex(text[behind:], -1) {
			matches = append(matches, []int{behind + m[0], behind + m[1]})
		}
	}
	return matches, all
}

func TestAFinderFindsWhatTheExpressionFinds(t *testing.T) {
	for expression, texts := range map[string][]string{
		`[0-9]+`:            {"/catalog/items/48213?page=2", "", "7", "no digit"},
		`,\s*`:              {"admin, ops,dev,  x,", ",,"},
		`/[0-9a-f]{4}(-|/)`: {"/api/12ab-/0000/x/12a/ffff-"},
		`took \d+ ms`:       {"took 17 ms", "it took 1 s, then took 22 ms and took ", "took took 3 ms"},
		`ab|a`:              {"abaab"},
		`(?i)error\b`:       {"Error, ERRORS"},
		`é+`:                {"aéé b"},
		`"[^"]*"$`:          {`x "a" "b"`},
		`a[a-z]+X`:          {strings.Repeat("a", 300) + "X", strings.Repeat("a", 300)},
	} {
		re := regexp.MustCompile(expression)
		for _, text := range texts {
			got, _ := found(t, re, text)
			if NewFinder(re) == nil {
				continue
			}
			if diff := cmp.Diff(re.FindAllStringIndex(text, -1), got); diff != "" {
				t.Errorf("%s in %q: %s", expression, text, diff)
			}
		}
	}
}

func TestCommonExpressionsHaveAFinder(t *testing.T) {
	for _, expression := range []string{`[0-9]+`, `,\s*`, `/[0-9]+`, `\s+`, `\d{4}-\d{4}`, `[^a-zA-Z0-9]`} {
		if _, all := found(t, regexp.MustCompile(expression), "/catalog/items/48213, and 1234-5678 more"); !all {
			t.Errorf("%s leaves it to the expression", expression)
		}
	}
	for _, expression := range []string{`^a`, `\bword`, `a*`, `(?P<m_ip>x)`, `(?m)^x`} {
		if NewFinder(regexp.MustCompile(expression)) != nil {
			t.Errorf("%s has a finder", expression)
		}
	}
}

func FuzzFinder(f *testing.F) {
	for _, expression := range []string{`[0-9]+`, `,\s*`, `a(b|c)+?d`, `x?y{2,3}[^z]`, `(?i)é|k`, `.+;`, `[^"]+"`} {
		f.Add(expression, "/catalog/items/48213, abcd yyy é K ;\" \xff")
	}
	f.Fuzz(func(t *testing.T, expression, text string) {
		re, err := regexp.Compile(expression)
		if err != nil || len(expression) > 200 {
			return
		}
		if NewFinder(re) == nil {
			return
		}
		got, _ := found(t, re, text)
		if diff := cmp.Diff(re.FindAllStringIndex(text, -1), got); diff != "" {
			t.Errorf("%s in %q: %s", expression, text, diff)
		}
		p, err := Compile(strings.ReplaceAll(expression, "%{", ""), nil)
		if err != nil || len(p.captures) > 0 {
			return
		}
		if _, ok := p.Match([]byte(text), &Scratch{}); ok != p.re.MatchString(text) {
			t.Errorf("the pattern %s in %q: %v", expression, text, ok)
		}
	})
}
