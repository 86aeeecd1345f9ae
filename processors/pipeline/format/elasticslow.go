package format

import (
	"bytes"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// setSlow reads "took[4.5ms], took_millis[4], total_hits[9], source[{…}], id[x]" of Elasticsearch's slow logs, whose source is
// JSON, has brackets of its own, and is the last but for the id.
func setSlow(in *Input, text []byte) {
	c := cursor{b: text}
	for {
		name := c.while(func(b byte) bool { return b >= 'a' && b <= 'z' || b == '_' })
		if len(name) == 0 || c.peek() != '[' {
			return
		}
		var value []byte
		if string(name) == "source" {
			value = c.slowSource()
		} else if text, ok := c.within('[', ']'); ok {
			value = text
		} else {
			return
		}
		setSlowPair(in, name, value)
		c.lit(",")
		c.spaces()
	}
}

// slowSource takes [source], which ends with the text, or before its id.
func (c *cursor) slowSource() []byte {
	rest := c.rest()
	end := bytes.LastIndex(rest, []byte("], id["))
	if end < 0 {
		end = bytes.LastIndexByte(rest, ']')
	}
	if end < 1 {
		c.i = len(c.b)
		return nil
	}
	c.i += end + 1
	return bytes.TrimSpace(rest[1:end])
}

func setSlowPair(in *Input, name, value []byte) {
	if len(value) == 0 {
		return
	}
	e := in.Event
	if string(name) == "took" {
		setTook(e, value)
	}
	in.Scratch.path = append(append(in.Scratch.path[:0], "elasticsearch.slowlog."...), name...)
	e.Set(e.Intern(in.Scratch.path), event.String(value))
}

// tookUnits are the units of Elasticsearch's times.
var tookUnits = map[string]time.Duration{
	"nanos": time.Nanosecond, "micros": time.Microsecond, "ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour,
}

// setTook sets the duration from a time such as 4.5ms.
func setTook(e *event.Event, took []byte) {
	c := cursor{b: took}
	number := c.while(func(b byte) bool { return isDigit(b) || b == '.' })
	unit := tookUnits[string(c.rest())]
	if d, ok := seconds(number); ok && unit > 0 {
		e.Set(event.EventDuration, event.Int(int64(float64(d)*unit.Seconds())))
	}
}

// slowKeys are the keys of the slow logs of Elasticsearch 7, whose lines are JSON.
var slowKeys = []rename{
	{"took", "elasticsearch.slowlog.took"},
	{"took_millis", "elasticsearch.slowlog.took_millis"},
	{"total_hits", "elasticsearch.slowlog.total_hits"},
	{"total_shards", "elasticsearch.slowlog.total_shards"},
	{"search_type", "elasticsearch.slowlog.search_type"},
	{"types", "elasticsearch.slowlog.types"},
	{"stats", "elasticsearch.slowlog.stats"},
	{"doc_type", "elasticsearch.slowlog.doc_type"},
	{"routing", "elasticsearch.slowlog.routing"},
	{"source", "elasticsearch.slowlog.source"},
	{"id", "elasticsearch.slowlog.id"},
}

// setSlowJSON gives what a line of JSON says of a slow request its fields. The request is kept as text: its fields are the user's.
func setSlowJSON(in *Input) {
	e := in.Event
	if v := e.Get(e.Lookup("elasticsearch.type")); v != nil && v.IsText() && bytes.HasSuffix(v.Text(), []byte("_slowlog")) {
		if source := takeObject(in, "source"); source != nil {
			setOwn(e, "source", event.String(source))
		}
		renameAll(e, slowKeys)
	}
	if v := e.Get(e.Lookup("elasticsearch.slowlog.took")); v != nil && v.IsText() {
		setTook(e, v.Text())
	}
	if v := e.Get(e.Lookup("elasticsearch.slowlog.message")); v != nil { // of 8, which has no other
		e.Set(event.Message, *v)
	}
}

// takeObject takes all fields below an object of the line out of the event and returns the object as the line has it.
func takeObject(in *Input, name string) []byte {
	key := []byte(`"` + name + `":`)
	at := bytes.Index(in.Line, key)
	if at < 0 {
		return nil
	}
	text := bytes.TrimLeft(in.Line[at+len(key):], " ")
	if len(text) == 0 || text[0] != '{' {
		return nil
	}
	e, s := in.Event, &in.Scratch
	s.pairs = s.pairs[:0]
	e.Children(name, func(rest string, _ *event.Value) { s.pairs = append(s.pairs, pair{id: e.Lookup(name + "." + rest)}) })
	for _, p := range s.pairs {
		e.Remove(p.id)
	}
	t := tidier{reader: &reader{b: text, e: e, s: s}, dst: e.Scratch()}
	start := len(t.dst)
	if t.value(0) != nil {
		return nil
	}
	e.Keep(t.dst)
	return t.dst[start:len(t.dst):len(t.dst)]
}
