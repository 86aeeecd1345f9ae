package query

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxLength is the longest query text in bytes: room for any query a person writes and for pasted lines.
	MaxLength = 8 << 10
	// MaxDepth bounds the nesting of parentheses and NOTs, which bounds the recursion of everything that walks the tree.
	MaxDepth = 50
	// MaxTerms bounds the size of the tree, and with it the work for each document in the live tail.
	MaxTerms = 512
)

// Error says what is wrong with a query text. Column counts characters from 1.
type Error struct {
	Column int
	Msg    string
}

func (e *Error) Error() string { return fmt.Sprintf("query column %d: %s", e.Column, e.Msg) }

// Parse parses query text. Blank text matches everything. Every error is an *Error.
func Parse(text string) (Node, error) {
	if len(text) > MaxLength {
		return nil, &Error{Column: 1, Msg: fmt.Sprintf("the query has %d bytes; at most %d are allowed", len(text), MaxLength)}
	}
	if !utf8.ValidString(text) {
		return nil, &Error{Column: 1, Msg: "the query is not valid UTF-8"}
	}
	p := &parser{text: text}
	p.blanks()
	if p.done() {
		return All{}, nil
	}
	n, err := p.or(MessageField)
	if err != nil {
		return nil, err
	}
	if !p.done() { // only a closing parenthesis ends or() early
		return nil, p.fail(p.pos, "this ) closes nothing; write \\) for the character itself")
	}
	return n, nil
}

// parser descends over the text; pos is the next byte.
type parser struct {
	text   string
	pos    int
	depth  int
	groups int // parentheses that are open
	terms  int
}

func (p *parser) fail(pos int, format string, args ...any) error {
	return &Error{Column: utf8.RuneCountInString(p.text[:pos]) + 1, Msg: fmt.Sprintf(format, args...)}
}

func (p *parser) done() bool { return p.pos >= len(p.text) }

func (p *parser) peek() byte {
	if p.done() {
		return 0
	}
	return p.text[p.pos]
}

func (p *parser) blanks() {
	for !p.done() {
		r, width := utf8.DecodeRuneInString(p.text[p.pos:])
		if !unicode.IsSpace(r) {
			return
		}
		p.pos += width
	}
}

// enter counts one level of nesting; leave must follow when it succeeds.
func (p *parser) enter(pos int) error {
	p.depth++
	if p.depth > MaxDepth {
		return p.fail(pos, "the query is nested more than %d deep", MaxDepth)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// operator consumes one of the given operators if it comes next. A word operator must be followed by a blank, a
// parenthesis or the end.
func (p *parser) operator(names ...string) bool {
	rest := p.text[p.pos:]
	for _, name := range names {
		if !strings.HasPrefix(rest, name) {
			continue
		}
		after := rest[len(name):]
		if !unicode.IsLetter(rune(name[0])) || after == "" || strings.IndexByte(" \t\r\n()", after[0]) >= 0 {
			p.pos += len(name)
			p.blanks()
			return true
		}
	}
	return false
}

func (p *parser) or(field string) (Node, error) {
	var parts []Node
	for {
		n, err := p.and(field)
		if err != nil {
			return nil, err
		}
		parts = append(parts, n)
		if !p.operator("OR", "||") {
			return or(parts), nil
		}
	}
}

func (p *parser) and(field string) (Node, error) {
	var parts []Node
	var words []small
	for {
		if name := p.smallOperator(); name != "" {
			words = append(words, small{name: name, at: p.pos, part: len(parts)})
		}
		n, err := p.unary(field)
		if err != nil {
			return nil, err
		}
		parts = append(parts, n)
		p.blanks()
		if p.operator("AND", "&&") {
			continue
		}
		if p.done() || p.peek() == ')' || p.atOr() {
			if err := p.refuseSmall(words, parts); err != nil {
				return nil, err
			}
			return and(parts), nil
		}
	}
}

// atOr looks whether OR comes next, without consuming it.
func (p *parser) atOr() bool {
	at := p.pos
	found := p.operator("OR", "||")
	p.pos = at
	return found
}

func (p *parser) unary(field string) (Node, error) {
	start := p.pos
	switch {
	case p.operator("NOT", "!", "-"):
		if err := p.enter(start); err != nil {
			return nil, err
		}
		defer p.leave()
		n, err := p.unary(field)
		if err != nil {
			return nil, err
		}
		return Not{n}, nil
	case p.operator("+"):
		if err := p.enter(start); err != nil {
			return nil, err
		}
		defer p.leave()
		return p.unary(field)
	}
	return p.primary(field)
}

func (p *parser) primary(field string) (Node, error) {
	start := p.pos
	p.terms++
	if p.terms > MaxTerms {
		return nil, p.fail(p.pos, "the query has more than %d terms", MaxTerms)
	}
	switch {
	case p.done():
		return nil, p.fail(p.pos, "the query ends where a term is expected")
	case p.peek() == '(':
		return p.group(field)
	case p.peek() == ')':
		return nil, p.fail(p.pos, "a term is expected before this )")
	case p.operator("AND", "&&", "OR", "||"):
		return nil, p.fail(start, "an operator needs a term on each side; write it in lower case or in quotes to search for the word")
	}
	if name, ok := p.fieldName(); ok {
		return p.value(name)
	}
	if strings.HasPrefix(p.text[p.pos:], "*:*") {
		p.pos += len("*:*")
		return All{}, nil
	}
	return p.value(field)
}

func (p *parser) group(field string) (Node, error) {
	open := p.pos
	if err := p.enter(open); err != nil {
		return nil, err
	}
	defer p.leave()
	p.pos++
	p.blanks()
	p.groups++
	n, err := p.or(field)
	p.groups--
	if err != nil {
		return nil, err
	}
	if p.peek() != ')' {
		return nil, p.fail(open, "this ( is not closed")
	}
	p.pos++
	if err := p.afterClosing(); err != nil {
		return nil, err
	}
	p.blanks()
	return n, nil
}
