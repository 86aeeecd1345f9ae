package document

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// MaxDepth bounds nesting, and so the recursion of the parser.
	MaxDepth = 64
	// maxPaths bounds the parser's memory of field names; beyond it names are allocated each time.
	maxPaths = 10_000
)

// Parser reads documents. The zero value is ready; it keeps the names of fields it has seen.
type Parser struct {
	s     string
	pos   int
	path  []byte
	paths map[string]*field
	doc   *Doc
}

// Parse reads one document into d, reusing its leaves. d holds slices of source. The error says what is wrong where; it
// is ErrNoTime when the text is good JSON and only the time is missing.
func (p *Parser) Parse(source string, d *Doc) error {
	if p.paths == nil {
		p.paths = make(map[string]*field)
	}
	d.Source, d.Time, d.Leaves, d.fields = source, 0, d.Leaves[:0], d.fields[:0]
	p.s, p.pos, p.path, p.doc = source, 0, p.path[:0], d
	defer func() { p.s, p.doc = "", nil }()
	p.blanks()
	if p.peek() != '{' {
		return p.fail("a document must be a JSON object")
	}
	if err := p.object(0); err != nil {
		return err
	}
	p.blanks()
	if p.pos < len(p.s) {
		return p.fail("text follows the document")
	}
	return d.setTime()
}

func (p *Parser) fail(format string, args ...any) error {
	return fmt.Errorf("byte %d: %s", p.pos, fmt.Sprintf(format, args...))
}

func (p *Parser) peek() byte {
	if p.pos < len(p.s) {
		return p.s[p.pos]
	}
	return 0
}

func (p *Parser) blanks() {
	for p.pos < len(p.s) {
		switch p.s[p.pos] {
		case ' ', '\t', '\r', '\n':
			p.pos++
		default:
			return
		}
	}
}

func (p *Parser) object(depth int) error {
	if depth >= MaxDepth {
		return p.fail("the document is nested more than %d deep", MaxDepth)
	}
	p.pos++
	p.blanks()
	if p.peek() == '}' {
		p.pos++
		return nil
	}
	for {
		if err := p.member(depth); err != nil {
			return err
		}
		switch p.blanks(); p.peek() {
		case ',':
			p.pos++
			p.blanks()
		case '}':
			p.pos++
			return nil
		default:
			return p.fail("a comma or } is expected")
		}
	}
}

// member reads `"key": value` with the key appended to the path.
func (p *Parser) member(depth int) error {
	if p.peek() != '"' {
		return p.fail("a field name in quotes is expected")
	}
	key, err := p.str()
	if err != nil {
		return err
	}
	p.blanks()
	if p.peek() != ':' {
		return p.fail("a colon is expected after %q", key)
	}
	p.pos++
	p.blanks()
	outer := len(p.path)
	if outer > 0 {
		p.path = append(p.path, '.')
	}
	p.path = append(p.path, key...)
	err = p.value(depth + 1)
	p.path = p.path[:outer]
	return err
}

func (p *Parser) array(depth int) error {
	if depth >= MaxDepth {
		return p.fail("the document is nested more than %d deep", MaxDepth)
	}
	p.pos++
	p.blanks()
	if p.peek() == ']' {
		p.pos++
		return nil
	}
	for {
		if err := p.value(depth + 1); err != nil {
			return err
		}
		switch p.blanks(); p.peek() {
		case ',':
			p.pos++
			p.blanks()
		case ']':
			p.pos++
			return nil
		default:
			return p.fail("a comma or ] is expected")
		}
	}
}

func (p *Parser) value(depth int) error {
	switch c := p.peek(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		s, err := p.str()
		if err == nil {
			p.leaf(s, String)
		}
		return err
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	case p.word("true"):
		p.leaf("true", Bool)
	case p.word("false"):
		p.leaf("false", Bool)
	case p.word("null"):
	default:
		return p.fail("a value is expected")
	}
	return nil
}

func (p *Parser) word(w string) bool {
	if strings.HasPrefix(p.s[p.pos:], w) {
		p.pos += len(w)
		return true
	}
	return false
}

func (p *Parser) leaf(text string, kind Kind) {
	f, ok := p.paths[string(p.path)]
	if !ok {
		f = newField(string(p.path))
		if len(p.paths) < maxPaths {
			p.paths[f.path] = f
		}
	}
	p.doc.Leaves = append(p.doc.Leaves, Leaf{Path: f.path, Text: text, Kind: kind})
	p.doc.fields = append(p.doc.fields, f)
}

func (p *Parser) digits() bool {
	start := p.pos
	for p.pos < len(p.s) && '0' <= p.s[p.pos] && p.s[p.pos] <= '9' {
		p.pos++
	}
	return p.pos > start
}

func (p *Parser) number() error {
	start := p.pos
	if p.peek() == '-' {
		p.pos++
	}
	if p.peek() == '0' {
		p.pos++
	} else if !p.digits() {
		return p.fail("a digit is expected")
	}
	if p.peek() == '.' {
		p.pos++
		if !p.digits() {
			return p.fail("a digit is expected")
		}
	}
	if c := p.peek(); c == 'e' || c == 'E' {
		p.pos++
		if c := p.peek(); c == '+' || c == '-' {
			p.pos++
		}
		if !p.digits() {
			return p.fail("a digit is expected")
		}
	}
	p.leaf(Canonical(p.s[start:p.pos]), Number)
	return nil
}

// str reads a string in quotes; without escapes it is a slice of the source.
func (p *Parser) str() (string, error) {
	start := p.pos + 1
	for i := start; i < len(p.s); i++ {
		c := p.s[i]
		if c != '"' && c != '\\' && c >= ' ' {
			continue
		}
		switch c {
		case '"':
			p.pos = i + 1
			return p.s[start:i], nil
		case '\\':
			p.pos = i
			return p.escaped(start)
		default:
			p.pos = i
			return "", p.fail("a control character must be escaped")
		}
	}
	p.pos = len(p.s)
	return "", p.fail("a string is not closed")
}

// escaped goes on reading a string at its first backslash.
func (p *Parser) escaped(start int) (string, error) {
	b := append(make([]byte, 0, 2*(p.pos-start)+32), p.s[start:p.pos]...)
	for p.pos < len(p.s) {
		switch c := p.s[p.pos]; {
		case c == '"':
			p.pos++
			return string(b), nil
		case c < ' ':
			return "", p.fail("a control character must be escaped")
		case c != '\\':
			b = append(b, c)
			p.pos++
		default:
			r, ok := p.escape()
			if !ok {
				return "", p.fail("this escape is not JSON")
			}
			b = utf8.AppendRune(b, r)
		}
	}
	return "", p.fail("a string is not closed")
}

// escape reads one escape sequence, or two when they are a surrogate pair.
func (p *Parser) escape() (rune, bool) {
	if p.pos+1 >= len(p.s) {
		return 0, false
	}
	c := p.s[p.pos+1]
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		p.pos += 2
		return rune("\"\\/\b\f\n\r\t"[i]), true
	}
	r, ok := p.hex(p.pos)
	if c != 'u' || !ok {
		return 0, false
	}
	p.pos += 6
	if utf16.IsSurrogate(r) {
		low, ok := p.hex(p.pos)
		if pair := utf16.DecodeRune(r, low); ok && pair != utf8.RuneError {
			p.pos += 6
			return pair, true
		}
		return utf8.RuneError, true
	}
	return r, true
}

// hex reads \uXXXX at pos.
func (p *Parser) hex(pos int) (rune, bool) {
	if pos+6 > len(p.s) || p.s[pos] != '\\' || p.s[pos+1] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(p.s[pos+2:pos+6], 16, 16)
	return rune(v), err == nil
}
