package format

import (
	"bytes"
	"errors"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func mysqlErrorSpec() Spec {
	return Spec{
		Name:    "mysql.error",
		Summary: "The error log of MySQL 5.5 to 9 and of MariaDB, and MySQL's JSON sink. A refused login is an event of authentication.",
		Example: `2026-11-22T19:00:00.123456Z 7 [Warning] [MY-010453] [Server] root@localhost is created with an empty password !`,
		Fields: []string{
			"@timestamp", "log.level", "event.code", "event.provider", "event.action", "event.outcome", "mysql.thread_id", "mysql.error.*",
			"log.origin.*", "user.name", "source.domain", "source.ip", "message",
		},
		Parse: parseMySQLError,
	}
}

var errMySQL = errors.New("no time of MySQL at the start of the line")

func parseMySQLError(in *Input) error {
	if len(in.Line) > 0 && in.Line[0] == '{' {
		return parseMySQLJSON(in)
	}
	c := cursor{b: in.Line}
	t, ok := c.time(in)
	if !ok || !c.spaces() {
		return errMySQL
	}
	thread, ok := mysqlThread(&c)
	if !ok {
		return errMySQL
	}
	level, labelled := c.within('[', ']')
	if labelled && !isLevel(level) {
		return errMySQL
	}
	c.spaces()
	if !labelled && !isUnlabelled(in.Line, c.rest()) {
		return errMySQL
	}
	e := in.Event
	e.Set(event.Timestamp, event.Time(t))
	setOwnCount(e, "mysql.thread_id", thread)
	setText(e, event.LogLevel, level)
	if c.lit("[MY-") {
		code := c.i - len("MY-")
		c.digits()
		e.Set(event.EventCode, event.String(c.b[code:c.i]))
		c.lit("]")
		c.spaces()
		if provider, ok := c.within('[', ']'); ok {
			e.Set(event.EventProvider, event.String(provider))
			c.spaces()
		}
	}
	if !labelled {
		c.lit("- ") // of a crash
	}
	setMySQLMessage(e, c.rest())
	return nil
}

// mysqlThread takes the number of a thread, which 5.6 wrote in hexadecimal where it had no connection.
func mysqlThread(c *cursor) (thread []byte, ok bool) {
	start := c.i
	thread = c.digits()
	if len(thread) == 0 || c.spaces() {
		return thread, true
	}
	c.i = start
	c.lit("0x")
	c.while(func(b byte) bool { return isDigit(b) || b >= 'a' && b <= 'f' })
	return nil, c.spaces() && bytes.HasPrefix(c.rest(), []byte("InnoDB: "))
}

// isUnlabelled reports whether a line without a [level] can be MySQL's: up to 5.6 some have none.
func isUnlabelled(line, message []byte) bool {
	const date = len("261122")
	return isNumber(line[:date]) && line[date] == ' ' || bytes.HasPrefix(message, []byte("InnoDB: ")) ||
		bytes.HasPrefix(message, []byte("mysqld_safe ")) || bytes.HasPrefix(message, []byte("- mysqld got "))
}

// setMySQLMessage sets the message, and who it is about where it says so.
func setMySQLMessage(e *event.Event, message []byte) {
	e.Set(event.Message, event.String(message))
	c := cursor{b: message}
	if _, ok := c.until("Access denied for user '"); ok {
		user, ok := c.until("'@'")
		host, ok2 := c.until("'")
		if ok && ok2 {
			setText(e, event.UserName, user)
			if isIP(host) {
				setSource(e, host)
			} else {
				setText(e, event.SourceDomain, host)
			}
			setKind(e, categoryAuthentication, typeStart, outcomeFailure)
			e.Set(event.EventAction, event.Text("logon-failed"))
		}
		return
	}
	if c = (cursor{b: message}); c.lit("Server socket created on IP: '") {
		if ip, ok := c.until("'"); ok && isIP(ip) {
			e.Set(event.SourceIP, event.String(ip))
		}
	}
}

// mysqlKeys are the keys of MySQL's JSON sink and their fields.
var mysqlKeys = []rename{
	{"err_symbol", "event.code"},
	{"subsystem", "event.provider"},
	{"thread", "mysql.thread_id"},
	{"source_file", "log.origin.file.name"},
	{"source_line", "log.origin.file.line"},
	{"function", "log.origin.function"},
	{"prio", "mysql.error.prio"},
	{"err_code", "mysql.error.err_code"},
	{"SQL_state", "mysql.error.sql_state"},
	{"label", "mysql.error.label"},
	{"log_type", "mysql.error.log_type"},
	{"component", "mysql.error.component"},
	{"ts", "mysql.error.ts"},
	{"buffered", "mysql.error.buffered"},
}

// mysqlPriorities are the levels of MySQL's JSON sink by its numbers.
var mysqlPriorities = [4]string{"system", "error", "warning", "note"}

// parseMySQLJSON reads a line of component_log_sink_json.
func parseMySQLJSON(in *Input) error {
	if !bytes.Contains(in.Line, []byte(`"err_code"`)) {
		return errMySQL
	}
	if err := parseJSON(in); err != nil {
		return err
	}
	e := in.Event
	if v := e.Get(e.Lookup("prio")); v != nil && v.Kind == event.KindNumber && len(v.Bytes()) == 1 && v.Bytes()[0] < '4' && v.Bytes()[0] >= '0' {
		e.Set(event.LogLevel, event.Text(mysqlPriorities[v.Bytes()[0]-'0']))
	}
	renameAll(e, mysqlKeys)
	return nil
}
