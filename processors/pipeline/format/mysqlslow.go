package format

import (
	"bytes"
	"errors"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/layout"
)

func mysqlSlowSpec() Spec {
	return Spec{
		Name: "mysql.slow",
		Summary: "The slow query log of MySQL, MariaDB and Percona Server: one event from # User@Host (or # Time) to the end of its query. " +
			"Figures become mysql.slowlog.* in lower case.",
		Example: "# User@Host: shop[shop] @ web-1 [10.0.0.7]  Id: 7\n# Query_time: 2.5  Lock_time: 0.000100 Rows_sent: 1  Rows_examined: 90000\nSET timestamp=1795374000;\nSELECT * FROM carts;",
		Fields: []string{
			"@timestamp", "event.duration", "user.name", "source.domain", "source.ip", "mysql.thread_id", "mysql.slowlog.query",
			"mysql.slowlog.schema", "mysql.slowlog.*", "message",
		},
		Parse: parseMySQLSlow,
	}
}

var errMySQLSlow = errors.New("no # Query_time: in the event")

// slowQuery is what was found so far.
type slowQuery struct {
	e     *event.Event
	in    *Input
	begun time.Time // of a # Time line
	stamp []byte    // of SET timestamp
}

func parseMySQLSlow(in *Input) error {
	if !bytes.HasPrefix(in.Line, []byte("# ")) || !bytes.Contains(in.Line, []byte("# Query_time: ")) {
		return errMySQLSlow
	}
	q := slowQuery{e: in.Event, in: in}
	rest := in.Line
	for len(rest) > 0 && rest[0] == '#' {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		q.header(bytes.TrimRight(line[1:], " \r"))
	}
	q.statements(rest)
	if t, ok := layout.Unix(q.stamp, 0); ok {
		q.e.Set(event.Timestamp, event.Time(t))
	} else if !q.begun.IsZero() {
		q.e.Set(event.Timestamp, event.Time(q.begun))
	}
	return nil
}

// header reads one line that begins with #.
func (q *slowQuery) header(line []byte) {
	c := cursor{b: line}
	c.spaces()
	switch {
	case c.lit("Time: "):
		c.spaces()
		if t, ok := c.time(q.in); ok {
			q.begun = t
		}
	case c.lit("User@Host: "):
		q.client(&c)
	case c.lit("explain:"), c.lit("administrator command"):
	default:
		q.pairs(&c)
	}
}

// client reads "shop[shop] @ web-1 [10.0.0.7]  Id: 7".
func (q *slowQuery) client(c *cursor) {
	user := c.while(func(b byte) bool { return b != '[' && b != ' ' })
	setText(q.e, event.UserName, user)
	if current, ok := c.within('[', ']'); ok {
		q.own("current_user", current)
	}
	if _, ok := c.until("@ "); !ok {
		return
	}
	host := c.while(func(b byte) bool { return b != '[' && b != ' ' })
	setText(q.e, event.SourceDomain, host)
	c.spaces()
	if ip, ok := c.within('[', ']'); ok && len(ip) > 0 {
		setSource(q.e, ip)
	}
	q.pairs(c)
}

// pairs reads "Query_time: 2.5  Lock_time: 0.1 Schema: shop". A name followed by another has no value.
func (q *slowQuery) pairs(c *cursor) {
	for c.spaces(); !c.end(); c.spaces() {
		name := c.word()
		if len(name) < 2 || name[len(name)-1] != ':' {
			return
		}
		name = name[:len(name)-1]
		c.spaces()
		start := c.i
		value := c.word()
		if len(value) > 0 && value[len(value)-1] == ':' {
			c.i, value = start, nil // the next name
		}
		q.pair(name, value)
	}
}

func (q *slowQuery) pair(name, value []byte) {
	if len(value) == 0 {
		return
	}
	path := append(append(q.in.Scratch.path[:0], "mysql.slowlog."...), name...)
	q.in.Scratch.path = path
	lower := path[len("mysql.slowlog."):]
	for i, c := range lower {
		if c >= 'A' && c <= 'Z' {
			lower[i] = c | 0x20
		}
	}
	switch string(lower) {
	case "query_time":
		setSeconds(q.e, value)
		return
	case "id", "thread_id":
		setOwnCount(q.e, "mysql.thread_id", value)
		return
	}
	id := q.e.Intern(path)
	switch {
	case isNumber(value):
		setCount(q.e, id, value)
	case isDecimal(value):
		q.e.Set(id, event.Number(value))
	case string(value) == "Yes" || string(value) == "No":
		q.e.Set(id, event.Bool(value[0] == 'Y'))
	default:
		q.e.Set(id, event.String(value))
	}
}

// isDecimal reports whether b is a number as JSON writes it: 0.000100.
func isDecimal(b []byte) bool {
	whole, fraction, ok := bytes.Cut(b, []byte("."))
	return ok && isNumber(whole) && isNumber(fraction) && (len(whole) == 1 || whole[0] != '0')
}

func (q *slowQuery) own(name string, value []byte) {
	setOwn(q.e, "mysql.slowlog."+name, event.String(value))
}

// statements reads use, SET timestamp, and the query up to the # Time of the next event.
func (q *slowQuery) statements(text []byte) {
	for {
		c := cursor{b: text}
		if c.lit("use ") {
			if schema, ok := c.until(";"); ok {
				q.own("schema", bytes.Trim(schema, "` "))
				text = bytes.TrimLeft(c.rest(), "\r\n")
				continue
			}
		}
		if c.lit("SET ") {
			if found, ok := c.until(";"); ok && bytes.Contains(found, []byte("timestamp=")) {
				_, stamp, _ := bytes.Cut(found, []byte("timestamp="))
				q.stamp, _, _ = bytes.Cut(stamp, []byte(","))
				text = bytes.TrimLeft(c.rest(), "\r\n")
				continue
			}
		}
		break
	}
	text = beforeNext(text)
	if text = bytes.TrimSpace(text); len(text) > 0 {
		q.own("query", text)
		q.e.Set(event.Message, event.String(text))
	}
}

// beforeNext cuts off what the agent joined to a query: the head of the next event, and the banner of a server that started.
func beforeNext(text []byte) []byte {
	for _, header := range [...]string{"\n# Time: ", "\n# User@Host: "} {
		if at := bytes.LastIndex(text, []byte(header)); at >= 0 {
			text = text[:at]
		}
	}
	if at := bytes.LastIndex(text, []byte(". started with:")); at >= 0 {
		line := bytes.LastIndexByte(text[:at], '\n') + 1
		if bytes.Contains(text[line:at], []byte(", Version: ")) {
			return text[:line]
		}
	}
	return text
}
