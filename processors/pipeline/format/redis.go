package format

import (
	"errors"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/layout"
)

func redisSpec() Spec {
	return Spec{
		Name: "redis",
		Summary: "The log of Redis, Valkey and Sentinel: from 1.x on, with the roles of 3.0 on, the lines of signal handlers, and " +
			"Valkey's logfmt. The marks . - * # are the levels debug, verbose, notice and warning.",
		Example: `5092:M 22 Nov 2026 19:00:00.123 * Ready to accept connections tcp`,
		Fields:  []string{"@timestamp", "log.level", "process.pid", "redis.log.role", "message"},
		Parse:   parseRedis,
	}
}

var errRedis = errors.New("no pid, time and mark of Redis")

var redisRoles = map[byte]string{'M': "master", 'S': "slave", 'C': "child", 'X': "sentinel"}

func parseRedis(in *Input) error {
	c := cursor{b: in.Line}
	if c.lit("pid=") {
		return parseValkey(in, &c)
	}
	bracket := c.lit("[")
	pid := c.digits()
	if len(pid) == 0 {
		return errRedis
	}
	role := ""
	if c.lit(":") {
		if !bracket && c.lit("signal-handler (") {
			return redisSignal(in, &c, pid)
		}
		role = redisRoles[c.peek()]
		if role == "" {
			return errRedis
		}
		c.i++
	}
	if bracket && !c.lit("]") || !c.lit(" ") {
		return errRedis
	}
	if !isDigit(c.peek()) { // the day, for 1.x wrote no pid
		pid, c.i = nil, 0
	}
	t, ok := redisTime(in, &c)
	if !ok || !c.lit(" ") {
		return errRedis
	}
	level, ok := redisLevel(c.peek())
	if !ok || len(c.b) > c.i+1 && c.b[c.i+1] != ' ' {
		return errRedis
	}
	c.i++
	c.lit(" ")
	e := in.Event
	e.Set(event.Timestamp, event.Time(t))
	e.Set(event.LogLevel, event.Text(level))
	setCount(e, event.ProcessPID, pid)
	if role != "" {
		setOwn(e, "redis.log.role", event.Text(role))
	}
	e.Set(event.Message, event.String(c.rest()))
	return nil
}

// redisTime reads the time, which Valkey also writes in milliseconds since 1970.
func redisTime(in *Input, c *cursor) (t time.Time, ok bool) {
	if t, ok = c.time(in); ok {
		return t, true
	}
	const digits = len("1700000000000")
	if number := c.digits(); len(number) == digits {
		return layout.Unix(number, 3)
	}
	return t, false
}

// valkeyRoles are the roles in Valkey's logfmt.
var valkeyRoles = map[string]string{"primary": "master", "replica": "slave", "RDB/AOF": "child", "sentinel": "sentinel"}

// parseValkey reads "pid=5092 role=primary timestamp="…" level=notice message="Ready"" behind its first key.
func parseValkey(in *Input, c *cursor) error {
	pid := c.digits()
	if len(pid) == 0 || !c.lit(" role=") {
		return errRedis
	}
	role := valkeyRoles[string(c.word())]
	if role == "" || !c.lit(" timestamp=") {
		return errRedis
	}
	stamp, ok := c.quoted()
	if !ok {
		return errRedis
	}
	t, ok := redisTime(in, &cursor{b: stamp})
	if !ok || !c.lit(" level=") {
		return errRedis
	}
	level := c.word()
	if !c.lit(" message=") {
		return errRedis
	}
	message, ok := c.quoted()
	if !ok {
		return errRedis
	}
	e := in.Event
	e.Set(event.Timestamp, event.Time(t))
	e.Set(event.LogLevel, event.String(level))
	setCount(e, event.ProcessPID, pid)
	setOwn(e, "redis.log.role", event.Text(role))
	e.Set(event.Message, event.String(message))
	return nil
}

func redisLevel(mark byte) (level string, ok bool) {
	switch mark {
	case '.':
		return "debug", true
	case '-':
		return "verbose", true
	case '*':
		return "notice", true
	case '#':
		return "warning", true
	}
	return "", false
}

// redisSignal reads "5092:signal-handler (1496141844) Received SIGINT …" behind its bracket.
func redisSignal(in *Input, c *cursor, pid []byte) error {
	t, ok := layout.Unix(c.digits(), 0)
	if !ok || !c.lit(")") {
		return errRedis
	}
	c.spaces()
	in.Event.Set(event.Timestamp, event.Time(t))
	setCount(in.Event, event.ProcessPID, pid)
	in.Event.Set(event.Message, event.String(c.rest()))
	return nil
}
