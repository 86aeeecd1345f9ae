package grok

import (
	"regexp/syntax"
	"strings"
)

// scanner walks a text once, taking at each part of an expression the first choice that is possible.
type scanner struct {
	root     node
	groups   int
	anchored bool // the expression matches at the start of a text or not at all
	begins   *set // what a match can begin with; nil: it may be nothing, or is not known
}

// What a node answers beside the index behind what it took.
const (
	never   = -1 // it cannot match here, whatever its choices
	unknown = -2 // another choice than the first might match: ask the expression
)

// node matches a part of an expression at an index of the text.
type node interface {
	match(m *Scratch, i int) int
}

// Scratch is memory that matching reuses. It is not safe for concurrent use.
type Scratch struct {
	text  []byte
	spans []int
	tries int // how many places of a text may still be tried in vain
}

// maxTries bounds the places at which a search may begin to match in vain: each may read the text to its end, which an
// expression needs to do but once.
const maxTries = 64

// newScanner returns the scanner of an expression, nil if it has no shape for one.
func newScanner(expression string, groups int) *scanner {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil
	}
	re = re.Simplify()
	b := scanBuilder{}
	root, _, ok := b.node(re, set{done: true})
	if !ok {
		return nil
	}
	s := &scanner{root: root, groups: groups, anchored: isAnchored(re)}
	if begins, ok := first(re, set{done: true}); ok && !nullable(re) && !begins.done {
		s.begins = &begins
	}
	return s
}

func isAnchored(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginText:
		return true
	case syntax.OpConcat, syntax.OpCapture:
		return isAnchored(re.Sub[0])
	}
	return false
}

// match reports a match, or that there surely is none.
func (s *scanner) match(text []byte, m *Scratch) (spans []int, ok, sure bool) {
	spans = m.spans[:0]
	for range s.groups {
		spans = append(spans, -1, -1)
	}
	m.text, m.spans = text, spans
	end := s.root.match(m, 0)
	m.text = nil
	return spans, end >= 0, end == never && s.anchored
}

// search finds the first match from an index on; its groups are in the scratch memory. If it is not sure, only the
// expression can tell whether there is one.
func (s *scanner) search(text []byte, from int, m *Scratch) (start, end int, ok, sure bool) {
	m.text = text
	defer func() { m.text = nil }()
	for i := from; i < len(text); i++ {
		if !s.begins.has(text[i]) {
			continue
		}
		if text[i] >= 0x80 { // it could be within a character
			return 0, 0, false, false
		}
		m.spans = m.spans[:0]
		for range s.groups {
			m.spans = append(m.spans, -1, -1)
		}
		if end = s.root.match(m, i); end >= 0 {
			return i, end, true, true
		}
		if m.tries--; end == unknown || m.tries < 0 {
			return 0, 0, false, false
		}
	}
	return 0, 0, false, true
}

// scanBuilder makes nodes of expressions. Each comes with the set of what can follow it, which tells where a run ends and
// whether another choice could help; single says that there is none.
type scanBuilder struct{}

func (b scanBuilder) node(re *syntax.Regexp, follow set) (n node, single, ok bool) {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return list(nil), true, true
	case syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary:
		return assertion(re.Op), true, true
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return foldedLiteral(re.Rune)
		}
		return literal(string(re.Rune)), true, true
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		class, ok := first(re, set{})
		return one{class}, true, ok
	case syntax.OpCapture:
		return b.capture(re, follow)
	case syntax.OpConcat:
		return b.concat(re.Sub, follow)
	case syntax.OpAlternate:
		return b.alternate(re.Sub, follow)
	case syntax.OpQuest:
		return b.quest(re, follow)
	case syntax.OpStar, syntax.OpPlus:
		return b.repeat(re, follow)
	}
	return nil, false, false
}

func (b scanBuilder) capture(re *syntax.Regexp, follow set) (node, bool, bool) {
	if mark, name, ok := strings.Cut(re.Name, "_"); ok && strings.HasPrefix(mark, "m") {
		return shortcuts[name], false, true
	}
	inner, single, ok := b.node(re.Sub[0], follow)
	n, ours := groupNumber(re.Name)
	if !ours || !ok {
		return inner, single, ok
	}
	return group{inner, n}, single, true
}

func (b scanBuilder) concat(subs []*syntax.Regexp, follow set) (node, bool, bool) {
	out := make(list, len(subs))
	all := true
	for i := len(subs) - 1; i >= 0; i-- {
		n, single, ok := b.node(subs[i], follow)
		if !ok {
			return nil, false, false
		}
		out[i] = element{node: n, single: single}
		all = all && single
		if follow, ok = first(subs[i], follow); !ok {
			return nil, false, false
		}
	}
	sure := true
	for i := range out {
		single := out[i].single
		out[i].single = sure // of all before it
		sure = sure && single
	}
	return out, all, true
}

func (b scanBuilder) alternate(subs []*syntax.Regexp, follow set) (node, bool, bool) {
	out := &choice{}
	single := true
	var before set
	for _, sub := range subs {
		n, one, ok := b.node(sub, follow)
		begin, known := first(sub, follow)
		if !ok || !known {
			return nil, false, false
		}
		single = single && one && !nullable(sub) && !begin.meets(before)
		before = before.union(begin)
		out.options = append(out.options, n)
		out.begins = append(out.begins, begin)
		out.empty = append(out.empty, nullable(sub))
	}
	out.groups = groupsOf(subs...)
	return out, single, true
}

func (b scanBuilder) quest(re *syntax.Regexp, follow set) (node, bool, bool) {
	if re.Flags&syntax.NonGreedy != 0 {
		return nil, false, false
	}
	n, single, ok := b.node(re.Sub[0], follow)
	begin, known := first(re.Sub[0], follow)
	if !ok || !known || nullable(re.Sub[0]) {
		return nil, false, false
	}
	return &optional{n, begin, groupsOf(re.Sub[0])}, single && !begin.meets(follow) && !follow.done, true
}

func (b scanBuilder) repeat(re *syntax.Regexp, follow set) (node, bool, bool) {
	least := 0
	if re.Op == syntax.OpPlus {
		least = 1
	}
	lazy := re.Flags&syntax.NonGreedy != 0
	switch sub := re.Sub[0]; sub.Op {
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		class, ok := first(sub, set{})
		if !ok {
			return nil, false, false
		}
		single := !class.meets(follow) && !follow.done
		if lazy {
			return &lazyRun{class.table(), follow.table(), class.without(follow).table(), follow, least}, single, true
		}
		return &run{class.table(), follow, least, class.meets(follow) && !follow.done}, single, true
	default:
		if lazy || nullable(sub) || len(groupsOf(sub)) > 0 {
			return nil, false, false
		}
		begin, ok := first(sub, follow)
		if !ok {
			return nil, false, false
		}
		n, single, ok := b.node(sub, begin.union(follow))
		return loop{n, begin, least}, single && !begin.meets(follow) && !follow.done, ok
	}
}

// groupsOf lists our groups in expressions: those to forget when a choice fails.
func groupsOf(list ...*syntax.Regexp) (groups []int) {
	for _, re := range list {
		if n, ok := groupNumber(re.Name); re.Op == syntax.OpCapture && ok {
			groups = append(groups, n)
		}
		groups = append(groups, groupsOf(re.Sub...)...)
	}
	return groups
}

// foldedLiteral is text in any case.
func foldedLiteral(text []rune) (node, bool, bool) {
	out := make(list, 0, len(text))
	for _, r := range text {
		class, ok := folded(r)
		if !ok {
			return nil, false, false
		}
		out = append(out, element{node: one{class}, single: true})
	}
	return out, true, true
}
