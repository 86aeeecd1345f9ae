package query

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/millrace/millrace/internal/query/address"
)

// fieldName consumes `name:` if it comes next. What precedes a colon is a field only when it looks like one, so that
// times (12:30) and addresses (http://…) can be searched as they are.
func (p *parser) fieldName() (string, bool) {
	var name strings.Builder
	for i := p.pos; i < len(p.text); i++ {
		c := p.text[i]
		switch {
		case c == ':':
			if name.Len() == 0 || strings.HasPrefix(p.text[i:], "://") {
				return "", false
			}
			p.pos = i + 1
			return name.String(), true
		case c == '\\' && i+1 < len(p.text):
			i++
			name.WriteByte(p.text[i])
		case isFieldByte(c, name.Len() == 0):
			name.WriteByte(c)
		default:
			return "", false
		}
	}
	return "", false
}

func isFieldByte(c byte, first bool) bool {
	switch {
	case c == '_' || c == '@' || c >= utf8.RuneSelf, 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		return true
	case first:
		return false
	}
	return c == '.' || c == '-' || '0' <= c && c <= '9'
}

// value parses what follows `field:`, or a bare word or phrase over the given field.
func (p *parser) value(field string) (Node, error) {
	start := p.pos
	if field == "_exists_" {
		w, err := p.word(")")
		if err != nil {
			return nil, err
		}
		if w.wild || w.text == "" {
			return nil, p.fail(start, "_exists_ needs the name of a field, without wildcards")
		}
		p.blanks()
		return Exists{w.text}, nil
	}
	switch c := p.peek(); c {
	case '(':
		return p.group(field)
	case '"':
		text, err := p.phrase()
		if err != nil {
			return nil, err
		}
		return p.addresses(start, Phrase{field, text})
	case '[', '{':
		return p.rangeValue(field)
	case '<', '>':
		if err := p.noField(field, start); err != nil {
			return nil, err
		}
		return p.comparison(field)
	}
	n, err := p.wordValue(field)
	if err != nil {
		return nil, err
	}
	return p.addresses(start, n)
}

// wordValue reads a word or a pattern.
func (p *parser) wordValue(field string) (Node, error) {
	start := p.pos
	if err := p.regexp(field); err != nil {
		return nil, err
	}
	w, err := p.word("()\"")
	if err != nil {
		return nil, err
	}
	if err := cmp.Or(p.suffix(start), p.glued(start)); err != nil {
		return nil, err
	}
	if w.text == "" {
		return nil, p.fail(start, "a value is expected after %q", field+":")
	}
	if c := p.peek(); c == '"' || c == '(' {
		return nil, p.fail(p.pos, "leave a blank before this %c, or put a backslash there", c)
	}
	p.blanks()
	switch {
	case w.raw == "*" && field == MessageField && p.bare(start):
		return All{}, nil
	case w.raw == "*":
		return Exists{field}, nil
	case w.wild:
		return Wildcard{field, w.raw}, nil
	}
	return Term{field, w.text}, nil
}

// bare says that the value at start has no field written before it.
func (p *parser) bare(start int) bool { return start == 0 || p.text[start-1] != ':' }

// comparison parses `>=5` and its like.
func (p *parser) comparison(field string) (Node, error) {
	start := p.pos
	op := p.text[p.pos : p.pos+1]
	p.pos++
	if p.peek() == '=' {
		op += "="
		p.pos++
	}
	p.blanks()
	text, err := p.boundary(field, start, ")")
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, p.fail(start, "a comparison needs a value; %s:* finds where the field exists", field)
	}
	p.blanks()
	n := Range{Field: field, IncludeFrom: true, IncludeTo: true}
	if op[0] == '>' {
		n.From, n.IncludeFrom = text, len(op) == 2
	} else {
		n.To, n.IncludeTo = text, len(op) == 2
	}
	return n, nil
}

// rangeValue parses `[a TO b]` with either kind of bracket on either side.
func (p *parser) rangeValue(field string) (Node, error) {
	open := p.pos
	n := Range{Field: field, IncludeFrom: p.peek() == '['}
	p.pos++
	p.blanks()
	var err error
	if n.From, err = p.boundary(field, open, "]}"); err != nil {
		return nil, err
	}
	p.blanks()
	if !p.operator("TO") {
		return nil, p.fail(p.pos, "a range is written [from TO to]; TO is expected here")
	}
	if n.To, err = p.boundary(field, open, "]}"); err != nil {
		return nil, err
	}
	p.blanks()
	switch p.peek() {
	case ']':
		n.IncludeTo = true
	case '}':
	default:
		return nil, p.fail(open, "this range is not closed")
	}
	p.pos++
	p.blanks()
	// An open end has no bound to include; one spelling keeps equal queries equal.
	n.IncludeFrom = n.IncludeFrom || n.From == ""
	n.IncludeTo = n.IncludeTo || n.To == ""
	return n, nil
}

// boundary reads one end of a range; `*` is open.
func (p *parser) boundary(field string, open int, ends string) (string, error) {
	if p.peek() == '"' {
		text, err := p.phrase()
		if err == nil && text == "" {
			err = p.fail(open, "a range over %q needs a value; write * for an open end", field)
		}
		return text, err
	}
	at := p.pos
	w, err := p.word(ends)
	switch {
	case err != nil:
		return "", err
	case w.raw == "*":
		return "", nil
	case w.wild:
		return "", p.fail(at, "a range over %q takes no wildcards", field)
	case w.text == "":
		return "", p.fail(at, "a range over %q needs a value here", field)
	}
	if _, ok := address.Parse(w.text); !ok && address.Field(field) {
		return "", p.fail(at, "a range over %q needs an IP address here, and %q is none; a network is written %s:192.0.2.0/24", field, w.text, field)
	}
	return w.text, nil
}

// phrase reads a quoted text; a backslash takes the next character literally.
func (p *parser) phrase() (string, error) {
	open := p.pos
	var b strings.Builder
	for i := p.pos + 1; i < len(p.text); i++ {
		switch c := p.text[i]; c {
		case '"':
			p.pos = i + 1
			if err := p.afterClosing(); err != nil {
				return "", err
			}
			p.blanks()
			return b.String(), nil
		case '\\':
			i++
			if i < len(p.text) {
				b.WriteByte(p.text[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", p.fail(open, "this quote is not closed")
}

// rawWord is a word as text with escapes undone, and as a pattern that keeps the escapes of wildcards.
type rawWord struct {
	text string
	raw  string
	wild bool
}

// word reads to the next blank or one of the given bytes.
func (p *parser) word(ends string) (rawWord, error) {
	var text, raw strings.Builder
	wild := false
	for !p.done() {
		r, width := utf8.DecodeRuneInString(p.text[p.pos:])
		if unicode.IsSpace(r) || r < utf8.RuneSelf && strings.IndexByte(ends, byte(r)) >= 0 {
			break
		}
		p.pos += width
		switch r {
		case '*', '?':
			wild = true
			raw.WriteRune(r)
		case '\\':
			if p.done() {
				return rawWord{}, p.fail(p.pos-1, "nothing follows this backslash")
			}
			r, width = utf8.DecodeRuneInString(p.text[p.pos:])
			p.pos += width
			if strings.ContainsRune(`*?\`, r) {
				raw.WriteByte('\\')
			}
			raw.WriteRune(r)
		default:
			raw.WriteRune(r)
		}
		text.WriteRune(r)
	}
	return rawWord{text: text.String(), raw: raw.String(), wild: wild}, nil
}
