package format

import (
	"bytes"
	"errors"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// loggerLayout is a layout of Log4j, Logback and their kin, compiled from a pattern with these conversions:
//
//	%d time   %p level   %t thread   %c logger   %m message, the rest   %P process id
//	%F file   %L line    %X anything without a blank, maybe nothing
//	%> the message begins here, with what other conversions read of it
//
// A blank in the pattern is one blank or more. Before other text the line may have blanks, for fields are padded. What stands
// between two brackets of the pattern may hold pairs of such brackets itself.
type loggerLayout []loggerOp

type loggerOp struct {
	kind byte // a conversion, ' ', or 0 for text
	text string
	end  byte // of a conversion within brackets: the closing one
}

// loggerLine is what a layout found.
type loggerLine struct {
	time                         time.Time
	timed                        bool
	level, thread, logger, pid   []byte
	file, line, context, message []byte
	from                         int // where the message begins, if %> said so

	seen seenTime
}

// seenTime is the time that the layouts tried so far have read in the line, so that it is not read again for each of them.
type seenTime struct {
	time    time.Time
	looked  bool
	at, end int // the same where there is none
}

// read reads the time at the cursor.
func (s *seenTime) read(c *cursor, in *Input) (t time.Time, ok bool) {
	if !s.looked || s.at != c.i {
		s.looked, s.at = true, c.i
		s.time, _ = c.time(in)
		s.end = c.i
	}
	c.i = s.end
	return s.time, s.end > s.at
}

var errLoggerLine = errors.New("not in a layout of this logger")

// loggerLayouts compiles patterns.
func loggerLayouts(patterns ...string) []loggerLayout {
	layouts := make([]loggerLayout, len(patterns))
	for i, p := range patterns {
		layouts[i] = compileLogger(p)
	}
	return layouts
}

func compileLogger(pattern string) (l loggerLayout) {
	closing := map[byte]byte{'[': ']', '(': ')'}
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '%':
			i++
			l = append(l, loggerOp{kind: pattern[i]})
		case c == ' ':
			l = append(l, loggerOp{kind: ' '})
		case closing[c] != 0 && i+3 < len(pattern) && pattern[i+1] == '%' && pattern[i+3] == closing[c] && pattern[i+2] != 'd' && pattern[i+2] != 'p':
			l = append(l, loggerOp{kind: pattern[i+2], text: pattern[i : i+1], end: closing[c]})
			i += 3
		default:
			l = append(l, loggerOp{text: pattern[i : i+1]})
		}
	}
	return l
}

// parse matches a whole line.
func (l loggerLayout) parse(in *Input, found *loggerLine) bool {
	c := cursor{b: in.Line}
	for i := range l {
		if !l[i].take(&c, in, found, l.after(i)) {
			return false
		}
	}
	return true
}

// after returns the byte that ends the conversion at i.
func (l loggerLayout) after(i int) byte {
	if i+1 == len(l) || l[i+1].text == "" {
		return ' '
	}
	return l[i+1].text[0]
}

func (o *loggerOp) take(c *cursor, in *Input, found *loggerLine, end byte) (ok bool) {
	if o.end != 0 {
		text, ok := c.within(o.text[0], o.end)
		if !ok {
			return false
		}
		return o.keep(bytes.TrimSpace(text), found)
	}
	switch o.kind {
	case 0:
		if !c.lit(o.text) {
			c.spaces()
			return c.lit(o.text)
		}
		return true
	case ' ':
		return c.spaces() || c.end()
	case 'd':
		found.time, ok = found.seen.read(c, in)
		found.timed = ok
		return ok
	case 'p':
		found.level, ok = c.level()
		return ok
	case '>':
		found.from = c.i
		return true
	case 'm':
		found.message = c.rest()
		if found.from > 0 {
			found.message = c.b[found.from:]
		}
		c.i = len(c.b)
		return true
	}
	return o.keep(c.while(func(b byte) bool { return b != end && b != ' ' && b != '\n' }), found)
}

// keep notes the text of a conversion.
func (o *loggerOp) keep(text []byte, found *loggerLine) bool {
	switch o.kind {
	case 't':
		found.thread = text
	case 'c':
		found.logger = text
		return isClass(text) || (o.end != 0 || bytes.Contains(text, []byte("::"))) && isNamed(text)
	case 'P':
		found.pid = text
		return isNumber(text)
	case 'F':
		found.file = text
		return len(text) > 0
	case 'L':
		found.line = text
		return isNumber(text) || len(text) == 1 && text[0] == '?'
	case 'X':
		found.context = text
	}
	return true
}

// isClass reports whether text can be the name of a logger: org.acme.Cart, o.a.k.c.Log$, state.change.logger, /[Catalina].
func isClass(text []byte) bool {
	for _, c := range text {
		if !isClassByte(c) {
			return false
		}
	}
	return len(text) > 0
}

func isClassByte(c byte) bool {
	if c|0x20 >= 'a' && c|0x20 <= 'z' || isDigit(c) || c >= 0x80 {
		return true
	}
	switch c {
	case '.', '$', '_', '-', '/', '[', ']', '#', '<', '>':
		return true
	}
	return false
}

// isNamed reports whether text between brackets can be the name of a logger: a class, maybe of a process or a module, as
// org.jboss.as.process.Server:server-one.status, org.jboss.as.process.Host Controller.status and shop::cart.
func isNamed(text []byte) bool {
	dotted := false
	for _, c := range text {
		dotted = dotted || c == '.' || c == ':'
		if c != ' ' && c != ':' && !isClassByte(c) {
			return false
		}
	}
	return dotted && text[0]|0x20 >= 'a' && text[0]|0x20 <= 'z'
}

// parseLogger tries layouts in order and sets the fields of the first that matches.
func parseLogger(in *Input, layouts []loggerLayout, more func(*Input, *loggerLine)) error {
	found := &in.Scratch.logger
	found.seen = seenTime{}
	for _, l := range layouts {
		*found = loggerLine{seen: found.seen}
		if !l.parse(in, found) {
			continue
		}
		if more != nil {
			more(in, found)
		}
		found.set(in.Event)
		return nil
	}
	return errLoggerLine
}

func (f *loggerLine) set(e *event.Event) {
	if f.timed {
		e.Set(event.Timestamp, event.Time(f.time))
	}
	setText(e, event.LogLevel, f.level)
	setText(e, event.ProcessThreadName, f.thread)
	setText(e, event.LogLogger, f.logger)
	setText(e, event.LogOriginFileName, f.file)
	setCount(e, event.LogOriginFileLine, f.line)
	setCount(e, event.ProcessPID, f.pid)
	setMessage(e, f.message)
}

// setMessage sets the message, and the fields of a stack trace that stands behind its first line.
func setMessage(e *event.Event, message []byte) {
	if at := traceStart(message); at >= 0 {
		setTrace(e, message[at:])
		if message = bytes.TrimRight(message[:at], " \n\t\r"); len(message) == 0 {
			return
		}
	}
	e.Set(event.Message, event.String(message))
}
