package format

import (
	"bytes"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/layout"
)

func postgresqlSpec() Spec {
	return Spec{
		Name: "postgresql",
		Summary: "The log of PostgreSQL: stderr with any log_line_prefix that has the time, csvlog, and jsonlog. " +
			"A duration and the statement it is about become fields; log.level is PostgreSQL's own word (log, detail, statement, …).",
		Example: `2026-11-22 19:00:00.123 UTC [151] shop@carts LOG:  duration: 12.437 ms  statement: select * from carts`,
		Fields: []string{
			"@timestamp", "log.level", "process.pid", "user.name", "source.address", "source.ip", "source.port", "event.duration", "event.code",
			"postgresql.log.database", "postgresql.log.query", "postgresql.log.query_step", "postgresql.log.query_name",
			"postgresql.log.session_line_number", "postgresql.log.*", "message",
		},
		Parse: parsePostgreSQL,
	}
}

var errPostgreSQL = errors.New("no time and severity of PostgreSQL")

// pgSeverities are the words before a message.
var pgSeverities = func() map[string]bool {
	words := map[string]bool{}
	for _, word := range []string{
		"LOG", "ERROR", "FATAL", "PANIC", "WARNING", "NOTICE", "INFO", "DEBUG", "DEBUG1", "DEBUG2", "DEBUG3", "DEBUG4", "DEBUG5", "DETAIL", "HINT",
		"QUERY", "CONTEXT", "LOCATION", "STATEMENT", "BACKTRACE",
	} {
		words[word] = true
	}
	return words
}()

func parsePostgreSQL(in *Input) error {
	if len(in.Line) > 0 && in.Line[0] == '{' {
		return parsePostgreSQLJSON(in)
	}
	c := cursor{b: in.Line}
	if c.lit("<") {
		c.spaces()
	}
	t, timed := c.time(in)
	if timed && c.peek() == ',' {
		if err := parsePostgreSQLCSV(in, event.Time(t)); err == nil {
			return nil
		}
	}
	prefix, level, message, ok := cutSeverity(c.rest())
	if !ok {
		return errPostgreSQL
	}
	if !timed {
		if t, prefix, ok = cutPrefixTime(in, prefix); !ok {
			return errPostgreSQL
		}
	}
	e := in.Event
	e.Set(event.Timestamp, event.Time(t))
	e.Set(event.LogLevel, event.String(level))
	setPrefix(e, prefix)
	setPostgreSQLMessage(e, cutState(e, bytes.TrimLeft(message, " ")))
	return nil
}

// cutSeverity finds the severity that stands first: a word of PostgreSQL's and a colon, or, as the server may speak another
// language, any word of capitals before a colon and two blanks, which is how it ends its prefix.
func cutSeverity(b []byte) (prefix, level, message []byte, ok bool) {
	const longest = 300 // of a prefix
	head := b[:min(len(b), longest)]
	for from := 0; ; {
		colon := bytes.Index(head[from:], []byte(": "))
		if colon < 0 {
			return nil, nil, nil, false
		}
		colon += from
		start := colon
		for start > from && (isCapital(head[start-1]) || isDigit(head[start-1])) {
			start--
		}
		word, after := head[start:colon], b[colon+len(": "):]
		apart := start == 0 || head[start-1]|0x20 < 'a' || head[start-1]|0x20 > 'z'
		if apart && (pgSeverities[string(word)] || len(after) > 0 && after[0] == ' ' && isSeverity(word)) {
			return b[:start], word, after, true
		}
		from = colon + 1
	}
}

// isCapital reports whether a byte is a capital letter, or of a letter that is not of ASCII.
func isCapital(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 0x80 }

// isSeverity reports whether a word can be a severity in a language that we do not speak.
func isSeverity(word []byte) bool {
	const least = 3
	if len(word) < least || isDigit(word[0]) || !utf8.Valid(word) {
		return false
	}
	return bytes.Equal(word, bytes.ToUpper(word))
}

// cutPrefixTime finds a date and time in a prefix that does not begin with it, or seconds since 1970, and takes it out.
func cutPrefixTime(in *Input, prefix []byte) (t time.Time, rest []byte, ok bool) {
	const least = len("2006-01-02 15:04:05")
	for i := range prefix {
		if !isDigit(prefix[i]) || i > 0 && (isDigit(prefix[i-1]) || prefix[i-1] == '.') {
			continue
		}
		t, n := layout.Any(prefix[i:], in.At, in.Location)
		if n < least {
			c := cursor{b: prefix, i: i}
			number := c.while(func(b byte) bool { return isDigit(b) || b == '.' })
			if n = len(number); bytes.IndexByte(number, '.') < 0 {
				continue
			}
			if t, ok = readEpoch(number); !ok {
				continue
			}
		}
		buffer := in.Event.Scratch()
		start := len(buffer)
		buffer = append(append(buffer, prefix[:i]...), prefix[i+n:]...)
		in.Event.Keep(buffer)
		return t, buffer[start:len(buffer):len(buffer)], true
	}
	return t, nil, false
}

// cutState cuts the SQLSTATE off a message, where log_error_verbosity puts it: "42P01: relation …".
func cutState(e *event.Event, message []byte) []byte {
	const length = 5
	if len(message) < length+2 || message[length] != ':' || message[length+1] != ' ' {
		return message
	}
	digits := 0
	for _, c := range message[:length] {
		switch {
		case isDigit(c):
			digits++
		case c < 'A' || c > 'Z':
			return message
		}
	}
	if digits < 2 {
		return message
	}
	e.Set(event.EventCode, event.String(message[:length]))
	return message[length+2:]
}

// setPostgreSQLMessage sets the message, and from "duration: 5.345 ms  execute S_1: select 1" the parts it has.
func setPostgreSQLMessage(e *event.Event, message []byte) {
	e.Set(event.Message, event.String(message))
	c := cursor{b: message}
	if c.lit("duration: ") {
		if ms, ok := seconds(c.word()); ok {
			e.Set(event.EventDuration, event.Int(int64(ms/1000)))
		}
		c.lit(" ms")
		c.spaces()
	}
	for _, step := range [...]string{"statement", "execute", "parse", "bind", "fastpath function call"} {
		if !c.lit(step) {
			continue
		}
		if c.spaces() {
			name, ok := c.until(": ")
			if !ok {
				return
			}
			if string(name) != "<unnamed>" {
				setOwn(e, "postgresql.log.query_name", event.String(name))
			}
		} else if !c.lit(": ") {
			return
		}
		setOwn(e, "postgresql.log.query_step", event.Text(step))
		setOwn(e, "postgresql.log.query", event.String(c.rest()))
		return
	}
}
