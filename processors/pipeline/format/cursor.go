package format

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/layout"
)

// cursor walks over a line from left to right. Each method that finds nothing leaves it where it was.
type cursor struct {
	b []byte
	i int
}

func (c *cursor) rest() []byte { return c.b[c.i:] }

func (c *cursor) end() bool { return c.i >= len(c.b) }

func (c *cursor) peek() byte {
	if c.i < len(c.b) {
		return c.b[c.i]
	}
	return 0
}

// lit takes the text if it stands here.
func (c *cursor) lit(text string) bool {
	if c.i+len(text) > len(c.b) || string(c.b[c.i:c.i+len(text)]) != text {
		return false
	}
	c.i += len(text)
	return true
}

// spaces takes any number of blanks and reports whether there were some.
func (c *cursor) spaces() bool {
	start := c.i
	for c.i < len(c.b) && (c.b[c.i] == ' ' || c.b[c.i] == '\t') {
		c.i++
	}
	return c.i > start
}

// word takes what stands before the next space.
func (c *cursor) word() []byte {
	return c.while(func(b byte) bool { return b != ' ' && b != '\n' && b != '\t' })
}

// next takes blanks and the word behind them, unless the line or all of the text ends there.
func (c *cursor) next() (word []byte, ok bool) {
	c.spaces()
	word = c.word()
	return word, len(word) > 0
}

// while takes the bytes that keep says to.
func (c *cursor) while(keep func(byte) bool) []byte {
	start := c.i
	for c.i < len(c.b) && keep(c.b[c.i]) {
		c.i++
	}
	return c.b[start:c.i]
}

// digits takes a run of digits.
func (c *cursor) digits() []byte { return c.while(isDigit) }

// until takes what stands before the text, and the text.
func (c *cursor) until(text string) (found []byte, ok bool) {
	at := bytes.Index(c.b[c.i:], []byte(text))
	if at < 0 {
		return nil, false
	}
	found = c.b[c.i : c.i+at]
	c.i += at + len(text)
	return found, true
}

// within takes [text] or (text), whose ends are given; the text may hold such pairs itself.
func (c *cursor) within(open, end byte) (text []byte, ok bool) {
	if c.peek() != open {
		return nil, false
	}
	depth := 0
	for i := c.i; i < len(c.b); i++ {
		switch c.b[i] {
		case '\n':
			return nil, false
		case end:
			if depth--; depth == 0 {
				text = c.b[c.i+1 : i]
				c.i = i + 1
				return text, true
			}
		case open:
			depth++
		}
	}
	return nil, false
}

// quoted takes "text", in which \" is no end.
func (c *cursor) quoted() (text []byte, ok bool) {
	if c.peek() != '"' {
		return nil, false
	}
	start := c.i + 1
	for from := start; ; {
		at := bytes.IndexByte(c.b[from:], '"')
		if at < 0 {
			return nil, false
		}
		at += from
		if !escaped(c.b[start:at]) {
			c.i = at + 1
			return c.b[start:at], true
		}
		from = at + 1
	}
}

// time takes a time in any shape that layout.Any knows.
func (c *cursor) time(in *Input) (t time.Time, ok bool) {
	t, n := layout.Any(c.b[c.i:], in.At, in.Location)
	if n == 0 {
		return t, false
	}
	c.i += n
	return t, true
}

// level takes a word that is a level.
func (c *cursor) level() (word []byte, ok bool) {
	start := c.i
	word = c.while(func(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' || isDigit(b) || b == '_' })
	if !isLevel(word) {
		c.i = start
		return nil, false
	}
	return word, true
}

// isLevel reports whether a word is a level that loggers write.
func isLevel(word []byte) bool {
	if len(word) < 2 || isDigit(word[0]) {
		return false
	}
	_, level := Level(word)
	return level != ""
}

// setText sets a field to a text that is not empty.
func setText(e *event.Event, id event.ID, text []byte) {
	if len(text) > 0 {
		e.Set(id, event.String(text))
	}
}

// setOwn sets a field that is not of ECS, by its path.
func setOwn(e *event.Event, path string, v event.Value) { e.Set(e.InternText(path), v) }

// unescape decodes what Go's quoting writes: \" \\ \n \x1b \u00e4 and their kin, and \/. Text without a backslash is returned as it
// is, and so is what is no such escape.
func unescape(e *event.Event, text []byte) []byte {
	if bytes.IndexByte(text, '\\') < 0 {
		return text
	}
	buffer := e.Scratch()
	start := len(buffer)
	for i := 0; i < len(text); {
		if text[i] != '\\' || i+1 == len(text) {
			buffer = append(buffer, text[i])
			i++
			continue
		}
		switch c := text[i+1]; c {
		case 'n':
			buffer = append(buffer, '\n')
		case 'r':
			buffer = append(buffer, '\r')
		case 't':
			buffer = append(buffer, '\t')
		case '"', '\\', '/':
			buffer = append(buffer, c)
		default:
			var n int
			buffer, n = appendEscaped(buffer, text[i:])
			i += n
			continue
		}
		i += len(`\n`)
	}
	e.Keep(buffer)
	return buffer[start:len(buffer):len(buffer)]
}

// appendEscaped appends the character of an escape of Go, or the backslash alone if it is none. It returns how many bytes that took.
func appendEscaped(dst, text []byte) (out []byte, n int) {
	const longest = len(`\U0010ffff`)
	escape := string(text[:min(len(text), longest)])
	r, wide, rest, err := strconv.UnquoteChar(escape, '"')
	switch {
	case err != nil:
		return append(dst, '\\'), 1
	case wide:
		return utf8.AppendRune(dst, r), len(escape) - len(rest)
	}
	return append(dst, byte(r)), len(escape) - len(rest)
}
