package grok

import (
	"regexp/syntax"
	"unicode/utf8"
)

type (
	// literal is text.
	literal string
	// one is one character.
	one struct{ class set }
	// assertion takes nothing.
	assertion syntax.Op
	// group notes what its node takes.
	group struct {
		node
		number int
	}
	// list is one node behind the other.
	list []element
	// choice is the first of its nodes that matches.
	choice struct {
		options []node
		begins  []set
		empty   []bool
		groups  []int
	}
	// optional is a node or nothing.
	optional struct {
		node
		begin  set
		groups []int
	}
	// run is as many characters of a class as there are, and as what follows leaves.
	run struct {
		class  *[256]bool
		follow set
		least  int
		gives  bool // what follows can be of the class
	}
	// lazyRun is as few characters of a class as what follows allows.
	lazyRun struct {
		class, next *[256]bool
		passes      *[256]bool // those of the class with which what follows does not begin
		follow      set
		least       int
	}
	// loop is a node as often as it matches.
	loop struct {
		node
		begin set
		least int
	}
)

// element is a node of a list; single says that all nodes before it had no other choice.
type element struct {
	node   node
	single bool
}

func (n literal) match(m *Scratch, i int) int {
	if len(m.text)-i < len(n) || string(m.text[i:i+len(n)]) != string(n) {
		return never
	}
	return i + len(n)
}

func (n one) match(m *Scratch, i int) int {
	if i >= len(m.text) || !n.class.has(m.text[i]) {
		return never
	}
	if m.text[i] < utf8.RuneSelf {
		return i + 1
	}
	_, size := utf8.DecodeRune(m.text[i:])
	return i + size
}

func (n assertion) match(m *Scratch, i int) int {
	holds := false
	switch syntax.Op(n) {
	case syntax.OpBeginText:
		holds = i == 0
	case syntax.OpEndText:
		holds = i == len(m.text)
	case syntax.OpWordBoundary:
		holds = (i > 0 && isWord(m.text[i-1])) != (i < len(m.text) && isWord(m.text[i]))
	}
	if !holds {
		return never
	}
	return i
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (n group) match(m *Scratch, i int) int {
	end := n.node.match(m, i)
	if end >= 0 {
		m.spans[2*n.number], m.spans[2*n.number+1] = i, end
	}
	return end
}

func (n list) match(m *Scratch, i int) int {
	for k := range n {
		end := n[k].node.match(m, i)
		if end < 0 {
			if end == never && n[k].single {
				return never
			}
			return unknown
		}
		i = end
	}
	return i
}

func (n *choice) match(m *Scratch, i int) int {
	for k, option := range n.options {
		if !n.empty[k] && (i >= len(m.text) && !n.begins[k].end || i < len(m.text) && !n.begins[k].has(m.text[i])) {
			continue
		}
		end := option.match(m, i)
		if end != never {
			return end
		}
		m.forget(n.groups)
	}
	return never
}

func (m *Scratch) forget(groups []int) {
	for _, g := range groups {
		m.spans[2*g], m.spans[2*g+1] = -1, -1
	}
}

func (n *optional) match(m *Scratch, i int) int {
	if i >= len(m.text) || !n.begin.has(m.text[i]) {
		return i
	}
	end := n.node.match(m, i)
	if end == never {
		m.forget(n.groups)
		return i
	}
	return end
}

func (n *run) match(m *Scratch, i int) int {
	end := i
	if n.gives && n.follow.high {
		return unknown // it could end inside a character
	}
	for end < len(m.text) && n.class[m.text[end]] {
		end++
	}
	if n.gives {
		for end >= i+n.least && !n.follows(m, end) {
			end--
		}
	}
	if end < i+n.least {
		return never
	}
	return end
}

// follows reports whether what follows can begin at an index.
func (n *run) follows(m *Scratch, i int) bool {
	if i >= len(m.text) {
		return n.follow.end
	}
	return n.follow.has(m.text[i])
}

func (n *lazyRun) match(m *Scratch, i int) int {
	if n.follow.high {
		return unknown // it could end inside a character
	}
	text, end := m.text, i
	for ; end < i+n.least; end++ {
		if end >= len(text) || !n.class[text[end]] {
			return never
		}
	}
	if n.follow.done {
		return end
	}
	for end < len(text) && n.passes[text[end]] {
		end++
	}
	if end < len(text) && n.next[text[end]] || end == len(text) && n.follow.end {
		return end
	}
	return never
}

func (n loop) match(m *Scratch, i int) int {
	for count := 0; ; count++ {
		if i < len(m.text) && n.begin.has(m.text[i]) {
			end := n.node.match(m, i)
			if end >= 0 {
				i = end
				continue
			}
			if end == unknown {
				return unknown
			}
		}
		if count < n.least {
			return never
		}
		return i
	}
}
