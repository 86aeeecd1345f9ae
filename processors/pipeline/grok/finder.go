package grok

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"sync"
)

// Finder finds the matches of a regular expression without a group that counts, and without memory of its own. It exists
// for expressions whose shape lets a scanner search; what it finds is what the expression would.
type Finder struct {
	scan    *scanner
	scratch sync.Pool // of *Scratch
}

// NewFinder returns the finder of an expression, nil if it has no shape for one: where it can match nothing at all, looks
// at what stands before it, or names its groups.
func NewFinder(re *regexp.Regexp) *Finder {
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil || looksBack(tree) || slices.ContainsFunc(re.SubexpNames(), func(name string) bool { return name != "" }) {
		return nil
	}
	scan := newScanner(re.String(), 0)
	if scan == nil || scan.begins == nil {
		return nil
	}
	return &Finder{scan: scan, scratch: sync.Pool{New: func() any { return &Scratch{} }}}
}

// looksBack reports whether an expression asks what stands before it.
func looksBack(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginText, syntax.OpBeginLine, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	return slices.ContainsFunc(re.Sub, looksBack)
}

// Each calls f for the matches in a text, in order, until f says no. It returns the index behind the last of them, and
// whether that was all: if not, only the expression can tell what comes behind that index.
func (x *Finder) Each(text []byte, f func(start, end int) bool) (behind int, all bool) {
	m, _ := x.scratch.Get().(*Scratch)
	defer x.scratch.Put(m)
	m.tries = maxTries
	for {
		start, end, ok, sure := x.scan.search(text, behind, m)
		if !ok {
			return behind, sure
		}
		behind = end
		if !f(start, end) {
			return behind, true
		}
	}
}
