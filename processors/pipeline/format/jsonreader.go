package format

import (
	"bytes"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// maxNesting bounds how deep objects and arrays of a line may nest, for the stack's sake.
const maxNesting = 100

// maxArrayNesting bounds it inside an array; one that nests deeper stays as text, for Elasticsearch would refuse the event.
const maxArrayNesting = 12

// reader reads JSON and flattens its objects. It is lenient in one point: control characters inside strings are taken.
type reader struct {
	b []byte
	i int
	e *event.Event
	s *Scratch
}

func (r *reader) peek() byte {
	if r.i < len(r.b) {
		return r.b[r.i]
	}
	return 0
}

func (r *reader) space() {
	for r.i < len(r.b) {
		switch r.b[r.i] {
		case ' ', '\t', '\n', '\r':
			r.i++
		default:
			return
		}
	}
}

func (r *reader) fail(text string) error {
	return fmt.Errorf("not JSON: %s at byte %d", text, r.i)
}

// fields reads an object and adds its leaves below the path in s.path.
func (r *reader) fields(depth int) error {
	if depth > maxNesting {
		return r.fail("nested too deep")
	}
	r.i++ // {
	base := len(r.s.path)
	for first := true; ; first = false {
		r.space()
		if r.peek() == '}' && first {
			r.i++
			if base > 0 {
				return r.add(event.Raw(emptyObject))
			}
			return nil
		}
		if err := r.key(); err != nil {
			return err
		}
		if err := r.field(depth); err != nil {
			return err
		}
		r.s.path = r.s.path[:base]
		r.space()
		switch r.peek() {
		case ',':
			r.i++
		case '}':
			r.i++
			return nil
		default:
			return r.fail("no comma or } behind a value")
		}
	}
}

var emptyObject = []byte("{}")

// key reads a key and its colon, and adds the key to s.path.
func (r *reader) key() error {
	if r.peek() != '"' {
		return r.fail("no key")
	}
	key, plain, err := r.str()
	if err != nil {
		return err
	}
	if len(r.s.path) > 0 {
		r.s.path = append(r.s.path, '.')
	}
	if plain {
		r.s.path = append(r.s.path, key[1:len(key)-1]...)
	} else {
		r.s.path = appendUnquoted(r.s.path, key)
	}
	r.space()
	if r.peek() != ':' {
		return r.fail("no colon behind a key")
	}
	r.i++
	r.space()
	return nil
}

// field reads the value of the path in s.path.
func (r *reader) field(depth int) error {
	switch c := r.peek(); c {
	case '{':
		return r.fields(depth + 1)
	case '"':
		text, plain, err := r.str()
		if err != nil {
			return err
		}
		if plain {
			return r.add(event.Quoted(text))
		}
		return r.add(event.String(r.unquote(text)))
	case '[':
		return r.array()
	default:
		start := r.i
		if err := r.literal(); err != nil {
			return err
		}
		return r.add(literalValue(r.b[start:r.i]))
	}
}

func literalValue(text []byte) event.Value {
	switch text[0] {
	case 't', 'f':
		return event.Bool(text[0] == 't')
	case 'n':
		return event.Value{}
	}
	return event.Number(text)
}

// add notes the value of the path in s.path.
func (r *reader) add(v event.Value) error {
	if len(r.s.pairs) >= maxFields {
		return errTooMany
	}
	r.s.pairs = append(r.s.pairs, pair{id: r.s.paths.intern(r.e, len(r.s.pairs), r.s.path), value: v})
	return nil
}

// str reads a string with its quotes. It is plain if it can be copied into a document as it is.
func (r *reader) str() (quoted []byte, plain bool, err error) {
	start := r.i
	plain, ascii := true, true
	for r.i++; r.i < len(r.b); r.i++ {
		r.i = event.PlainEnd(r.b, r.i)
		if r.i >= len(r.b) {
			break
		}
		switch c := r.b[r.i]; {
		case c == '"':
			r.i++
			quoted = r.b[start:r.i]
			return quoted, plain && (ascii || utf8.Valid(quoted)), nil
		case c == '\\':
			if r.i+1 >= len(r.b) {
				return nil, false, r.fail("a string that does not end")
			}
			r.i++
			switch r.b[r.i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if r.i+4 >= len(r.b) || hex4(r.b[r.i+1:]) < 0 {
					return nil, false, r.fail("a wrong \\u escape")
				}
				plain = false // a lone surrogate is no text
			default:
				return nil, false, r.fail("a wrong escape")
			}
		case c < 0x20:
			plain = false
		default:
			ascii = false
		}
	}
	return nil, false, r.fail("a string that does not end")
}

// unquote decodes a string into the event's scratch memory.
func (r *reader) unquote(quoted []byte) []byte {
	buffer := r.e.Scratch()
	start := len(buffer)
	buffer = appendUnquoted(buffer, quoted)
	r.e.Keep(buffer)
	return buffer[start:len(buffer):len(buffer)]
}

// appendUnquoted appends the text of a string whose escapes have been checked.
func appendUnquoted(dst, quoted []byte) []byte {
	b := quoted[1 : len(quoted)-1]
	for len(b) > 0 {
		at := bytes.IndexByte(b, '\\')
		if at < 0 {
			return append(dst, b...)
		}
		dst = append(dst, b[:at]...)
		c := b[at+1]
		b = b[at+2:]
		switch c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			code := hex4(b)
			b = b[4:]
			if utf16.IsSurrogate(code) {
				low := rune(-1)
				if len(b) >= 6 && b[0] == '\\' && b[1] == 'u' {
					low = hex4(b[2:])
				}
				if code = utf16.DecodeRune(code, low); code != utf8.RuneError {
					b = b[6:]
				}
			}
			dst = utf8.AppendRune(dst, code)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// hex4 reads four hexadecimal digits, -1 if they are none.
func hex4(b []byte) (code rune) {
	if len(b) < 4 {
		return -1
	}
	for _, c := range b[:4] {
		switch {
		case isDigit(c):
			code = code<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			code = code<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			code = code<<4 | rune(c-'A'+10)
		default:
			return -1
		}
	}
	return code
}

// literal reads true, false, null or a number.
func (r *reader) literal() error {
	for _, word := range [...]string{"true", "false", "null"} {
		if r.i+len(word) <= len(r.b) && string(r.b[r.i:r.i+len(word)]) == word {
			r.i += len(word)
			return nil
		}
	}
	return r.number()
}

func (r *reader) number() error {
	if r.peek() == '-' {
		r.i++
	}
	switch c := r.peek(); {
	case c == '0':
		r.i++
	case isDigit(c):
		r.digits()
	default:
		return r.fail("no value")
	}
	if r.peek() == '.' {
		r.i++
		if !r.digits() {
			return r.fail("a number that ends in a point")
		}
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		r.i++
		if c := r.peek(); c == '+' || c == '-' {
			r.i++
		}
		if !r.digits() {
			return r.fail("a number without its exponent")
		}
	}
	return nil
}

func (r *reader) digits() bool {
	start := r.i
	for r.i < len(r.b) && isDigit(r.b[r.i]) {
		r.i++
	}
	return r.i > start
}
