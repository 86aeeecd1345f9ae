package format

import (
	"bytes"
	"errors"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/layout"
)

// loggerPattern is the layout of a user's own program, compiled from the pattern in the configuration of Log4j or Logback
// (see compilePattern). It is stricter than a loggerLayout: text of the pattern must stand in the line as it is, and what a
// conversion wrote ends where the text behind it begins. Only blanks around what is padded do not count.
type loggerPattern []patternPart

// patternPart is a conversion and the text behind it. The first part may be text alone.
type patternPart struct {
	kind   byte // as in loggerLayout; 'o' is a field of its own, '-' is left out, 0 is nothing
	text   string
	behind []byte         // text, to look for
	path   string         // of 'o'
	layout *layout.Layout // of 'd', nil: ISO 8601, whose end is seen
	zone   *time.Location // of 'd', nil: the source's
	padded bool
}

// parse reads a line and returns where that ends: at its end, or before further lines, of which the pattern says nothing.
// Fields beside those of loggers are noted in the input's scratch memory.
func (l loggerPattern) parse(in *Input, found *loggerLine) (end int, ok bool) {
	c := cursor{b: in.Line}
	for i := range l {
		p := &l[i]
		if p.kind != 0 && !p.take(&c, in, found, i == len(l)-1) || !c.lit(p.text) {
			return 0, false
		}
	}
	return c.i, c.end() || c.peek() == '\n'
}

// take reads what a conversion wrote; last says that no text follows.
func (p *patternPart) take(c *cursor, in *Input, found *loggerLine, last bool) bool {
	if p.padded {
		c.spaces()
	}
	if p.kind == 'd' {
		return p.takeTime(c, in, found)
	}
	if p.kind == 'm' && last && p.text == "" {
		found.message = c.rest()
		c.i = len(c.b)
		return true
	}
	end, ok := p.end(c)
	if !ok {
		return false
	}
	text := c.b[c.i:end]
	c.i = end
	if p.padded {
		text = bytes.TrimRight(text, " ")
	}
	return p.keep(in, found, text)
}

// end is where the conversion ends: before its text, of a message before the last such text of the line.
func (p *patternPart) end(c *cursor) (int, bool) {
	line := c.rest()
	if at := bytes.IndexByte(line, '\n'); at >= 0 && p.text != "\n" {
		line = line[:at]
	}
	if p.text == "" {
		return c.i + len(line), true
	}
	find := bytes.Index
	if p.kind == 'm' {
		find = bytes.LastIndex
	}
	at := find(line, p.behind)
	if p.text == "\n" {
		at = bytes.IndexByte(line, '\n')
	}
	return c.i + at, at >= 0
}

// keep notes a text. Numbers must be such; the level and the logger are whatever the program calls them.
func (p *patternPart) keep(in *Input, found *loggerLine, text []byte) bool {
	switch p.kind {
	case 'p':
		found.level = text
		return len(text) > 0
	case 'c':
		found.logger = text
	case 't':
		found.thread = text
	case 'F':
		found.file = text
	case 'L':
		found.line = text
		return isNumber(text) || len(text) == 1 && text[0] == '?'
	case 'P':
		found.pid = text
		return isNumber(text)
	case 'm':
		found.message = text
	case 'o':
		if len(text) > 0 {
			in.Scratch.pairs = append(in.Scratch.pairs, pair{in.Event.InternText(p.path), event.String(text)})
		}
	}
	return true
}

// takeTime reads the time: where its end cannot be seen, up to the first text that may follow it and leaves a time.
func (p *patternPart) takeTime(c *cursor, in *Input, found *loggerLine) bool {
	loc := p.zone
	if loc == nil {
		loc = in.Location
	}
	if p.layout == nil {
		t, n := layout.ISO(c.rest(), loc)
		found.time, found.timed = t, n > 0
		c.i += n
		return n > 0
	}
	const most = 8 // such texts within a time: blanks, colons
	end := c.i
	for range most {
		at := len(c.b) - end
		if p.text != "" {
			if at = bytes.Index(c.b[end:], p.behind); at < 0 {
				return false
			}
		}
		if t, err := p.layout.Parse(c.b[c.i:end+at], in.At, loc); err == nil {
			found.time, found.timed = t, true
			c.i = end + at
			return true
		}
		end += at + 1
		if end > len(c.b) {
			return false
		}
	}
	return false
}

var errPattern = errors.New("not in the layout of the pattern")

// parsePattern sets the fields of a line in the layout of a pattern.
func parsePattern(in *Input, l loggerPattern) error {
	found := &in.Scratch.logger
	*found, in.Scratch.pairs = loggerLine{}, in.Scratch.pairs[:0]
	end, ok := l.parse(in, found)
	if !ok {
		return errPattern
	}
	rest := in.Line[end:]
	if at := traceStart(rest); at >= 0 {
		setTrace(in.Event, rest[at:])
		rest = bytes.TrimRight(rest[:at], " \n\t\r")
	}
	if len(rest) > 0 { // more lines of the message, behind what ends its first one
		buffer := in.Event.Scratch()
		start := len(buffer)
		buffer = append(append(buffer, found.message...), rest...)
		in.Event.Keep(buffer)
		found.message = buffer[start:len(buffer):len(buffer)]
	}
	found.set(in.Event)
	for _, p := range in.Scratch.pairs {
		in.Event.Set(p.id, p.value)
	}
	return nil
}
