package grok

import "regexp/syntax"

// set says with which byte something can begin. Bytes from 0x80 on stand for all characters beyond ASCII together.
type set struct {
	ascii [2]uint64
	high  bool
	end   bool // can stand at the end of the text
	done  bool // nothing has to follow: the pattern is at its end
}

func (s *set) add(c byte) {
	if c >= 0x80 {
		s.high = true
		return
	}
	s.ascii[c>>6] |= 1 << (c & 63)
}

func (s *set) has(c byte) bool {
	if c >= 0x80 {
		return s.high
	}
	return s.ascii[c>>6]&(1<<(c&63)) != 0
}

func (s set) union(o set) set {
	return set{
		ascii: [2]uint64{s.ascii[0] | o.ascii[0], s.ascii[1] | o.ascii[1]},
		high:  s.high || o.high, end: s.end || o.end, done: s.done || o.done,
	}
}

// table is the set as a look-up by byte.
func (s set) table() *[256]bool {
	var t [256]bool
	for c := range t {
		t[c] = s.has(byte(c))
	}
	return &t
}

// without is the set without the bytes of another.
func (s set) without(o set) set {
	s.ascii[0] &^= o.ascii[0]
	s.ascii[1] &^= o.ascii[1]
	s.high = s.high && !o.high
	return s
}

// meets reports whether both can begin with the same byte. What may end needs no byte to do so.
func (s set) meets(o set) bool {
	return s.ascii[0]&o.ascii[0] != 0 || s.ascii[1]&o.ascii[1] != 0 || s.high && o.high
}

// classSet is the set of a class of characters; ok is false where it holds some characters beyond ASCII and not others.
func classSet(ranges []rune) (s set, ok bool) {
	const last = 0x10FFFF
	for i := 0; i < len(ranges); i += 2 {
		lo, hi := ranges[i], ranges[i+1]
		for c := lo; c <= hi && c < 0x80; c++ {
			s.add(byte(c))
		}
		if hi >= 0x80 {
			if lo > 0x80 || hi < last {
				return s, false
			}
			s.high = true
		}
	}
	return s, true
}

// first is the set of what an expression can begin with, before what follows it.
func first(re *syntax.Regexp, follow set) (set, bool) {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return follow, true
	case syntax.OpEndText:
		return set{end: true}, true
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return folded(re.Rune[0])
		}
		var s set
		s.add(byte(min(re.Rune[0], 0x80)))
		return s, true
	case syntax.OpCharClass:
		return classSet(re.Rune)
	case syntax.OpAnyChar:
		return classSet([]rune{0, 0x10FFFF})
	case syntax.OpAnyCharNotNL:
		return classSet([]rune{0, '\n' - 1, '\n' + 1, 0x10FFFF})
	case syntax.OpCapture, syntax.OpPlus:
		return first(re.Sub[0], follow)
	case syntax.OpStar, syntax.OpQuest:
		s, ok := first(re.Sub[0], follow)
		return s.union(follow), ok
	case syntax.OpConcat:
		return firstOfAll(re.Sub, follow)
	case syntax.OpAlternate:
		var all set
		for _, sub := range re.Sub {
			s, ok := first(sub, follow)
			if !ok {
				return set{}, false
			}
			all = all.union(s)
		}
		return all, true
	}
	return set{}, false
}

func firstOfAll(list []*syntax.Regexp, follow set) (set, bool) {
	for i := len(list) - 1; i >= 0; i-- {
		var ok bool
		if follow, ok = first(list[i], follow); !ok {
			return set{}, false
		}
	}
	return follow, true
}

// nullable reports whether an expression can match nothing.
func nullable(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return false
	case syntax.OpCapture, syntax.OpPlus:
		return nullable(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !nullable(sub) {
				return false
			}
		}
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if nullable(sub) {
				return true
			}
		}
		return false
	}
	return true
}

// folded is the set of a character in any case; ok is false where a character beyond ASCII folds to it.
func folded(r rune) (s set, ok bool) {
	lower := r | 0x20
	if r >= 0x80 || lower == 'k' || lower == 's' {
		return s, false
	}
	s.add(byte(r))
	if lower >= 'a' && lower <= 'z' {
		s.add(byte(lower))
		s.add(byte(lower &^ 0x20))
	}
	return s, true
}
