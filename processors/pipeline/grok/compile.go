package grok

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Capture is a field that a pattern finds.
type Capture struct {
	Name string
	Type string // "", "int", "long", "float", "double" or "boolean"
	// Groups are the places in the spans that Match returns, two numbers each; the first that took part counts.
	Groups []int
}

// Pattern is a compiled pattern. It does not change.
type Pattern struct {
	expression string
	re         *regexp.Regexp
	scan       *scanner // nil where the expression has no shape for one
	captures   []Capture
	groups     []int // by our number of a group: its number in re
}

// maxExpression bounds a pattern after its names have been put in.
const maxExpression = 64 << 10

// Compile compiles a pattern; own defines names beside those of the library, and before them.
func Compile(pattern string, own map[string]string) (*Pattern, error) {
	plain := expander{own: own}
	expression, err := plain.expand(pattern, nil)
	if err != nil {
		return nil, err
	}
	p := &Pattern{expression: expression}
	if p.re, err = regexp.Compile(expression); err != nil {
		return nil, fault(err)
	}
	for i, name := range p.re.SubexpNames() {
		if n, ok := groupNumber(name); ok {
			for len(p.groups) <= n {
				p.groups = append(p.groups, 0)
			}
			p.groups[n] = i
		}
	}
	for n, g := range plain.groups {
		at := slices.IndexFunc(p.captures, func(c Capture) bool { return c.Name == g.Name })
		if at < 0 {
			p.captures = append(p.captures, Capture{Name: g.Name, Type: g.Type})
			at = len(p.captures) - 1
		}
		p.captures[at].Groups = append(p.captures[at].Groups, n)
	}
	marked := expander{own: own, mark: true}
	if text, err := marked.expand(pattern, nil); err == nil {
		p.scan = newScanner(text, len(p.groups))
	}
	return p, nil
}

// Captures returns the fields of the pattern.
func (p *Pattern) Captures() []Capture { return p.captures }

// String returns the regular expression that the pattern stands for.
func (p *Pattern) String() string { return p.expression }

// Scans reports whether the pattern has a scanner beside the expression.
func (p *Pattern) Scans() bool { return p.scan != nil }

// Match finds the first match in a text. It returns where each group of Capture.Groups begins and ends, -1 where it did not
// take part; the answer lies in m and holds until it is used again.
func (p *Pattern) Match(text []byte, m *Scratch) ([]int, bool) {
	switch {
	case p.scan == nil:
	case p.scan.begins != nil && !p.scan.anchored:
		m.tries = maxTries
		if _, _, ok, sure := p.scan.search(text, 0, m); ok || sure {
			return m.spans, ok
		}
	default:
		if out, ok, sure := p.scan.match(text, m); ok || sure {
			return out, ok
		}
	}
	return p.matchRE(text, m)
}

func (p *Pattern) matchRE(text []byte, m *Scratch) ([]int, bool) {
	found := p.re.FindSubmatchIndex(text)
	if found == nil {
		return nil, false
	}
	m.spans = m.spans[:0]
	for _, g := range p.groups {
		m.spans = append(m.spans, found[2*g], found[2*g+1])
	}
	return m.spans, true
}

// All calls f for every match in a text with its bounds and those of its groups, as in Match.
func (p *Pattern) All(text []byte, f func(start, end int, spans []int)) {
	for _, m := range p.re.FindAllSubmatchIndex(text, -1) {
		var spans []int
		for _, g := range p.groups {
			spans = append(spans, m[2*g], m[2*g+1])
		}
		f(m[0], m[1], spans)
	}
}

// expander puts the definitions of names into a pattern.
type expander struct {
	own    map[string]string
	mark   bool // fence what the scanner knows by itself
	groups []Capture
	marks  int
	size   int
}

// reference cuts %{NAME:field:type} and (?<field> out of a pattern.
var reference = regexp.MustCompile(`%\{([A-Za-z0-9_]+)(?::([^:}]+))?(?::([^:}]+))?\}|\(\?P?<([A-Za-z@_][^>=!]*)>|\\.`)

func (x *expander) expand(pattern string, within []string) (string, error) {
	var out strings.Builder
	last := 0
	for _, m := range reference.FindAllStringSubmatchIndex(pattern, -1) {
		at := func(group int) string {
			if m[2*group] < 0 {
				return ""
			}
			return pattern[m[2*group]:m[2*group+1]]
		}
		if pattern[m[0]] == '\\' {
			continue
		}
		out.WriteString(pattern[last:m[0]])
		last = m[1]
		if name := at(4); name != "" {
			out.WriteString("(?P<" + x.group(name, "") + ">")
			continue
		}
		text, err := x.named(at(1), at(2), at(3), within)
		if err != nil {
			return "", err
		}
		out.WriteString(text)
		if x.size += len(text); x.size > maxExpression {
			return "", fmt.Errorf("the pattern has more than %d bytes when its names are put in", maxExpression)
		}
	}
	out.WriteString(pattern[last:])
	return javaSpelling.Replace(out.String()), nil
}

// javaSpelling spells what Oniguruma writes otherwise than RE2.
var javaSpelling = strings.NewReplacer(`\\`, `\\`, `\h`, `[0-9a-fA-F]`, `\Z`, `\z`, `(?>`, `(?:`)

// named is the text of a name.
func (x *expander) named(name, field, kind string, within []string) (string, error) {
	definition, ok := x.own[name]
	_, overridden := x.own[name]
	if !ok {
		definition, ok = library[name]
	}
	switch {
	case !ok:
		return "", fmt.Errorf("unknown pattern %%{%s}%s", name, x.closest(name))
	case slices.Contains(within, name):
		return "", fmt.Errorf("the pattern %%{%s} contains itself", name)
	case kind != "" && !slices.Contains([]string{"int", "long", "float", "double", "boolean", "string"}, kind):
		return "", fmt.Errorf("unknown type %q of %%{%s}; known: boolean, double, float, int, long, string", kind, name)
	}
	fence := "(?:"
	if field != "" {
		fence = "(?P<" + x.group(field, kind) + ">"
	}
	text, err := x.expand(definition, append(slices.Clip(within), name))
	if err != nil {
		return "", err
	}
	if _, known := shortcuts[name]; known && x.mark && !overridden && !x.redefines(name) {
		x.marks++
		text = "(?P<m" + strconv.Itoa(x.marks) + "_" + name + ">" + text + ")"
	}
	return fence + text + ")", nil
}

// redefines reports whether the user has a definition of his own for what a name is made of.
func (x *expander) redefines(name string) bool {
	for _, m := range reference.FindAllStringSubmatch(library[name], -1) {
		if _, own := x.own[m[1]]; m[1] != "" && (own || x.redefines(m[1])) {
			return true
		}
	}
	return false
}

func (x *expander) closest(name string) string {
	for _, known := range [...]map[string]string{x.own, library} {
		for _, k := range slices.Sorted(maps.Keys(known)) {
			if strings.EqualFold(k, name) || len(k) == len(name) && differences(k, name) == 1 ||
				len(name) > 3 && (strings.HasPrefix(k, name) || strings.HasPrefix(name, k) && len(k) > 3) {
				return fmt.Sprintf("; did you mean %%{%s}?", k)
			}
		}
	}
	return ""
}

func differences(a, b string) (n int) {
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

// group adds a group and returns the name it bears in the expression.
func (x *expander) group(name, kind string) string {
	if kind == "string" {
		kind = ""
	}
	x.groups = append(x.groups, Capture{Name: name, Type: kind})
	return "g" + strconv.Itoa(len(x.groups)-1)
}

// groupNumber reads the name of one of our groups.
func groupNumber(name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, "g")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil
}

// fault says what is wrong with an expression in the words of the pattern's writer.
func fault(err error) error {
	text := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	if strings.Contains(text, "(?=") || strings.Contains(text, "(?!") || strings.Contains(text, "(?<") {
		text += " (looking ahead or behind is not possible: every pattern runs in linear time)"
	}
	return fmt.Errorf("%s", text)
}
