package step

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/millrace/millrace/processors/pipeline/grok"
)

// splitter finds the separators of a text: a literal, or a regular expression. One that ends in a look ahead, as in
// " (?=[a-z]+=)", is taken, too: what it looks at is not part of the separator.
type splitter struct {
	literal []byte
	re      *regexp.Regexp
	ahead   bool         // the separator is the first group
	finder  *grok.Finder // of re, where it has one
}

func newSplitter(pattern string) (*splitter, error) {
	if !strings.ContainsAny(pattern, `\.+*?()|[]{}^$`) {
		return &splitter{literal: []byte(pattern)}, nil
	}
	s := &splitter{}
	expression := javaRegexp(pattern)
	if at := strings.LastIndex(expression, "(?="); at >= 0 && strings.HasSuffix(expression, ")") {
		expression, s.ahead = "("+expression[:at]+")(?:"+expression[at+len("(?="):], true
	}
	var err error
	if s.re, err = regexp.Compile(expression); err != nil {
		return nil, err
	}
	if s.literal = []byte(pattern); strings.HasPrefix(pattern, `\`) && len(pattern) == 2 && !isWordByte(pattern[1]) {
		return &splitter{literal: []byte{pattern[1]}}, nil
	}
	if !s.ahead {
		s.finder = grok.NewFinder(s.re)
	}
	return s, nil
}

// next returns where the first separator in text from i on begins and ends.
func (s *splitter) next(text []byte, i int) (start, end int, ok bool) {
	if s.re == nil {
		at := bytes.Index(text[i:], s.literal)
		return i + at, i + at + len(s.literal), at >= 0
	}
	m := s.re.FindSubmatchIndex(text[i:])
	if m == nil {
		return 0, 0, false
	}
	if s.ahead {
		return i + m[2], i + m[3], true
	}
	return i + m[0], i + m[1], true
}

// each calls f for the parts of text between separators. A separator without length parts characters.
func (s *splitter) each(text []byte, f func(part []byte) error) error {
	last := 0
	var fault error
	if s.finder != nil {
		_, all := s.finder.Each(text, func(start, end int) bool {
			fault = f(text[last:start])
			last = end
			return fault == nil
		})
		if fault != nil {
			return fault
		}
		if all {
			return f(text[last:])
		}
	}
	for at := last; at < len(text); {
		start, end, ok := s.next(text, at)
		if !ok {
			break
		}
		if end == start {
			if at = start + 1; start == 0 || start >= len(text) {
				continue
			}
		}
		if err := f(text[last:start]); err != nil {
			return err
		}
		last, at = end, max(end, at)
	}
	return f(text[last:])
}

// cost is the work that looking at n bytes takes.
func (s *splitter) cost(n int) int {
	if s.re == nil {
		return n
	}
	return n * regexpCost
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
