package format

import (
	"bytes"
	"errors"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func postgresqlSpec() Spec {
	return Spec{
		Name: "postgresql",
		Summary: "The log of PostgreSQL: stderr with any log_line_prefix that begins with the time, csvlog, and jsonlog. " +
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

// pgSeverities are the words before a message, each with its colon.
var pgSeverities = func() (words [][]byte) {
	for _, word := range []string{
		"LOG", "ERROR", "FATAL", "PANIC", "WARNING", "NOTICE", "INFO", "DEBUG", "DEBUG1", "DEBUG2", "DEBUG3", "DEBUG4", "DEBUG5", "DETAIL", "HINT",
		"QUERY", "CONTEXT", "LOCATION", "STATEMENT", "BACKTRACE",
	} {
		words = append(words, []byte(word+": "))
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
	t, ok := c.time(in)
	if !ok || c.end() {
		return errPostgreSQL
	}
	if c.peek() == ',' {
		return parsePostgreSQLCSV(in, event.Time(t))
	}
	prefix, level, message, ok := cutSeverity(c.rest())
	if !ok {
		return errPostgreSQL
	}
	e := in.Event
	e.Set(event.Timestamp, event.Time(t))
	e.Set(event.LogLevel, event.String(level))
	setPrefix(e, prefix)
	setPostgreSQLMessage(e, bytes.TrimLeft(message, " "))
	return nil
}

// cutSeverity finds the severity that stands first.
func cutSeverity(b []byte) (prefix, level, message []byte, ok bool) {
	const longest = 300 // of a prefix
	head, at := b[:min(len(b), longest)], -1
	for _, word := range pgSeverities {
		found := bytes.Index(head, word)
		if found < 0 || at >= 0 && found > at || found > 0 && (head[found-1]|0x20 >= 'a' && head[found-1]|0x20 <= 'z') {
			continue
		}
		at, level = found, word[:len(word)-2]
		head = b[:found+len(word)]
	}
	if at < 0 {
		return nil, nil, nil, false
	}
	return b[:at], level, b[at+len(level)+2:], true
}

// setPrefix reads what log_line_prefix put behind the time: [pid] or [pid-line], user@database, host(port), key=value.
func setPrefix(e *event.Event, prefix []byte) {
	for len(prefix) > 0 {
		i := bytes.IndexAny(prefix, " ,;|:")
		word := prefix
		if i >= 0 {
			word, prefix = prefix[:i], prefix[i+1:]
		} else {
			prefix = nil
		}
		setPrefixWord(e, word)
	}
}

func setPrefixWord(e *event.Event, word []byte) {
	if key, value, ok := bytes.Cut(word, []byte("=")); ok {
		setPrefixPair(e, key, trimBrackets(value))
		return
	}
	if user, database, ok := bytes.Cut(word, []byte("@")); ok {
		setText(e, event.UserName, trimBrackets(user))
		if len(database) > 0 {
			setOwn(e, "postgresql.log.database", event.String(trimBrackets(database)))
		}
		return
	}
	if at := bytes.IndexByte(word, '('); at > 0 && word[len(word)-1] == ')' && isNumber(word[at+1:len(word)-1]) {
		setSource(e, word[:at])
		setCount(e, event.SourcePort, word[at+1:len(word)-1])
		return
	}
	pid, line, _ := bytes.Cut(trimBrackets(word), []byte("-"))
	switch {
	case !isNumber(pid):
	case !e.Has(event.ProcessPID):
		setCount(e, event.ProcessPID, pid)
		setOwnCount(e, "postgresql.log.session_line_number", line)
	default: // [pid]: [line-1]
		setOwnCount(e, "postgresql.log.session_line_number", pid)
	}
}

func setPrefixPair(e *event.Event, key, value []byte) {
	if len(value) == 0 {
		return
	}
	switch string(key) {
	case "user":
		e.Set(event.UserName, event.String(value))
	case "db", "database":
		setOwn(e, "postgresql.log.database", event.String(value))
	case "app", "application":
		setOwn(e, "postgresql.log.application_name", event.String(value))
	case "client", "host", "remote":
		if at := bytes.IndexByte(value, '('); at > 0 {
			setCount(e, event.SourcePort, bytes.TrimSuffix(value[at+1:], []byte(")")))
			value = value[:at]
		}
		setSource(e, value)
	case "pid":
		setCount(e, event.ProcessPID, value)
	}
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
