package format

import (
	"bytes"
	"errors"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func apacheErrorSpec() Spec {
	return Spec{
		Name:    "apache.error",
		Summary: "The error log of Apache httpd, as 2.2 and 2.4 write it.",
		Example: `[Sun Nov 22 19:00:00.123456 2026] [core:error] [pid 7:tid 140] [client 203.0.113.7:5123] AH00128: File does not exist: /srv/a`,
		Fields: []string{
			"@timestamp", "log.level", "process.pid", "process.thread.id", "source.address", "source.ip", "source.port", "event.code",
			"http.request.referrer", "apache.error.module", "log.origin.file.name", "log.origin.file.line", "message",
		},
		Parse: parseApacheError,
	}
}

var errApacheError = errors.New("no [time] and [level] at the start of the line")

// apacheError is an error line cut into its parts.
type apacheError struct {
	module, level, pid, thread, client, message []byte

	code, file, line []byte
}

func parseApacheError(in *Input) error {
	c := cursor{b: in.Line}
	if !c.lit("[") {
		return errApacheError
	}
	t, ok := c.time(in)
	if !ok || !c.lit("] ") {
		return errApacheError
	}
	var l apacheError
	if !l.cut(&c) {
		return errApacheError
	}
	in.Event.Set(event.Timestamp, event.Time(t))
	l.set(in.Event)
	return nil
}

func (l *apacheError) cut(c *cursor) bool {
	level, ok := c.within('[', ']')
	if !ok {
		return false
	}
	if at := bytes.IndexByte(level, ':'); at >= 0 {
		l.module, level = level[:at], level[at+1:]
	}
	if l.level = level; !isLevel(level) {
		return false
	}
	c.spaces()
	if c.lit("[pid ") {
		l.pid = c.digits()
		if c.lit(":tid ") {
			l.thread = c.digits()
		}
		if !c.lit("]") {
			return false
		}
		c.spaces()
	}
	if c.lit("[remote ") { // a server behind a proxy
		if l.client, ok = c.until("] "); !ok {
			return false
		}
	}
	l.message = c.rest()
	if c.lit("[client ") {
		if l.client, ok = c.until("] "); ok {
			l.message = c.rest()
		}
	} else {
		l.details(c)
	}
	l.code = c.apacheCode()
	return true
}

// details reads what may stand before the client, which all stays in the message: where the program says it, at the level of
// debug, and an error of the system: mod_ssl.c(42): (70014)End of file found: [client 203.0.113.7:5123] …
func (l *apacheError) details(c *cursor) {
	start := c.i
	file := c.while(isFileByte)
	open := c.lit("(")
	if line := c.digits(); open && bytes.Contains(file, []byte(".c")) && c.lit("): ") {
		l.file, l.line = file, line
	} else {
		c.i = start
	}
	if c.peek() == '(' {
		for _, next := range [...]string{": [client ", ": AH"} {
			if at := bytes.Index(c.rest(), []byte(next)); at > 0 {
				c.i += at + len(": ")
				break
			}
		}
	}
	if c.lit("[client ") {
		l.client, _ = c.until("] ")
	}
}

func isFileByte(b byte) bool {
	return b|0x20 >= 'a' && b|0x20 <= 'z' || isDigit(b) || b == '_' || b == '.' || b == '-'
}

// apacheCode takes AH00128 before a colon.
func (c *cursor) apacheCode() []byte {
	const size = len("AH00128")
	m := c.rest()
	if len(m) > size && m[0] == 'A' && m[1] == 'H' && isNumber(m[2:size]) && m[size] == ':' {
		return m[:size]
	}
	return nil
}

func (l *apacheError) set(e *event.Event) {
	e.Set(event.LogLevel, event.String(l.level))
	setCount(e, event.ProcessPID, l.pid)
	setCount(e, event.ProcessThreadID, l.thread)
	if len(l.module) > 0 {
		setOwn(e, "apache.error.module", event.String(l.module))
	}
	if len(l.client) > 0 {
		address, port := l.client, []byte(nil)
		if at := bytes.LastIndexByte(address, ':'); at > 0 && len(l.pid) > 0 && isIP(address[:at]) {
			address, port = address[:at], address[at+1:] // 2.4 writes the port always, and no brackets
		} else if !isIP(address) {
			address, port = cutPort(address)
		}
		setSource(e, address)
		setCount(e, event.SourcePort, port)
	}
	setText(e, event.EventCode, l.code)
	setText(e, event.LogOriginFileName, l.file)
	setCount(e, event.LogOriginFileLine, l.line)
	const referer = ", referer: "
	if at := bytes.LastIndex(l.message, []byte(referer)); at >= 0 {
		setText(e, event.HTTPRequestReferrer, l.message[at+len(referer):])
	}
	e.Set(event.Message, event.String(l.message))
}
