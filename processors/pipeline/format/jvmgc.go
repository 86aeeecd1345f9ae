package format

import (
	"bytes"
	"errors"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func jvmGCSpec() Spec {
	return Spec{
		Name: "jvm.gc",
		Summary: "The log of the JVM's garbage collectors: that of -Xlog from Java 9 on, with any of its decorations that begin with the " +
			"time, and that of -XX:+PrintGCDateStamps before. The time of a pause is event.duration.",
		Example: `[2026-11-22T19:00:00.123+0000][811][gc          ] GC(7) Pause Young (Normal) (G1 Evacuation Pause) 48M->10M(1024M) 3.456ms`,
		Fields:  []string{"@timestamp", "log.level", "process.pid", "event.duration", "jvm.gc.tags", "jvm.gc.uptime", "jvm.gc.id", "message"},
		Parse:   parseJVMGC,
	}
}

var errJVMGC = errors.New("no line of a garbage collector of the JVM")

func parseJVMGC(in *Input) error {
	c := cursor{b: in.Line}
	if c.lit("[") {
		return parseUnifiedGC(in, &c)
	}
	t, ok := c.time(in)
	if !ok || !c.lit(": ") {
		return errJVMGC
	}
	uptime := c.while(func(b byte) bool { return isDigit(b) || b == '.' })
	if !isDecimal(uptime) || !c.lit(": ") {
		return errJVMGC
	}
	e := in.Event
	e.Set(event.Timestamp, event.Time(t))
	setOwn(e, "jvm.gc.uptime", event.Number(uptime))
	setPause(e, c.rest())
	e.Set(event.Message, event.String(c.rest()))
	return nil
}

// gcDecorations are those of -Xlog that we read: [time][pid][level][tags], of which all but the first and the last may be absent.
type gcDecorations struct{ pid, uptime, level, tags []byte }

// parseUnifiedGC reads a line of -Xlog behind its first bracket.
func parseUnifiedGC(in *Input, c *cursor) error {
	t, ok := c.time(in)
	if !ok || !c.lit("]") {
		return errJVMGC
	}
	var d gcDecorations
	for c.peek() == '[' && d.tags == nil {
		text, ok := c.within('[', ']')
		if !ok || !d.keep(bytes.TrimSpace(text)) {
			return errJVMGC
		}
	}
	if d.tags == nil || !c.lit(" ") {
		return errJVMGC
	}
	e := in.Event
	e.Set(event.Timestamp, event.Time(t))
	setText(e, event.LogLevel, d.level)
	setCount(e, event.ProcessPID, d.pid)
	setOwn(e, "jvm.gc.tags", event.String(d.tags))
	if d.uptime != nil {
		setOwn(e, "jvm.gc.uptime", event.Number(d.uptime))
	}
	message := c.rest()
	if c.lit("GC(") {
		setOwnCount(e, "jvm.gc.id", c.digits())
	}
	setPause(e, message)
	e.Set(event.Message, event.String(message))
	return nil
}

// keep notes what stands in a bracket.
func (d *gcDecorations) keep(text []byte) bool {
	switch number, second := bytes.CutSuffix(text, []byte("s")); {
	case isNumber(text):
		d.pid = text
	case second && isDecimal(number):
		d.uptime = number
	case isLevel(text):
		d.level = text
	case isGCTags(text):
		d.tags = text
	default:
		return false
	}
	return true
}

// isGCTags reports whether a text names parts of the JVM that log: gc, or gc,heap; safepoint stands in the same file.
func isGCTags(text []byte) bool {
	first, _, _ := bytes.Cut(text, []byte(","))
	return string(first) == "gc" || string(first) == "safepoint"
}

// setPause sets the duration that a message ends with, as 3.456ms or 0.0021716 secs.
func setPause(e *event.Event, message []byte) {
	if at := bytes.LastIndexByte(message, ' '); at >= 0 {
		if number, ok := bytes.CutSuffix(message[at+1:], []byte("ms")); ok {
			if ms, ok := seconds(number); ok {
				e.Set(event.EventDuration, event.Int(int64(ms/1000)))
			}
			return
		}
	}
	end := bytes.Index(message, []byte(" secs] [Times:"))
	if end < 0 {
		return
	}
	setSeconds(e, message[bytes.LastIndexByte(message[:end], ' ')+1:end])
}
