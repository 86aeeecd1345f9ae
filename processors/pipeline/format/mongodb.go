package format

import (
	"bytes"
	"errors"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func mongodbSpec() Spec {
	return Spec{
		Name: "mongodb",
		Summary: "The log of MongoDB: text up to 4.2 (before 3.0 without level and component), JSON from 4.4 on. log.level is MongoDB's " +
			"own letter (i, w, e, f, d1 …); a slow operation's duration is event.duration.",
		Example: `{"t":{"$date":"2026-11-22T19:00:00.123+00:00"},"s":"I","c":"NETWORK","id":22943,"ctx":"listener","msg":"Connection accepted","attr":{"remote":"10.0.0.7:5123"}}`,
		Fields: []string{
			"@timestamp", "log.level", "message", "mongodb.log.component", "mongodb.log.context", "mongodb.log.id", "mongodb.log.attr.*",
			"source.address", "source.ip", "source.port", "event.duration",
		},
		Parse: parseMongoDB,
	}
}

var errMongoDB = errors.New("no line of MongoDB")

var mongoKeys = []rename{
	{"s", "log.level"},
	{"c", "mongodb.log.component"},
	{"ctx", "mongodb.log.context"},
	{"id", "mongodb.log.id"},
	{"svc", "mongodb.log.service"},
}

func parseMongoDB(in *Input) error {
	if len(in.Line) > 0 && in.Line[0] == '{' {
		return parseMongoJSON(in)
	}
	c := cursor{b: in.Line}
	t, ok := c.time(in)
	if !ok || !c.lit(" ") {
		return errMongoDB
	}
	var level, component []byte
	if c.peek() != '[' || !isMongoOld(in.Line) {
		if level = c.word(); !isMongoLevel(level) || !c.spaces() {
			return errMongoDB
		}
		if component = c.word(); !c.spaces() || !isMongoComponent(component) {
			return errMongoDB
		}
	}
	context, ok := c.within('[', ']')
	if !ok && len(component) == 0 {
		return errMongoDB
	}
	c.spaces()
	e := in.Event
	e.Set(event.Timestamp, event.Time(t))
	setText(e, event.LogLevel, level)
	if len(component) > 0 && !isDash(component) {
		setOwn(e, "mongodb.log.component", event.String(component))
	}
	if len(context) > 0 {
		setOwn(e, "mongodb.log.context", event.String(context))
	}
	message := c.rest()
	e.Set(event.Message, event.String(message))
	if at := bytes.LastIndexByte(message, ' '); at > 0 && bytes.HasSuffix(message, []byte("ms")) {
		if ms, ok := seconds(message[at+1 : len(message)-2]); ok {
			e.Set(event.EventDuration, event.Int(int64(ms/1000)))
		}
	}
	return nil
}

// isMongoOld reports whether a line begins as MongoDB wrote it before 3.0: "Mon Nov  3 18:28:32.450 [" up to 2.4, then
// "2014-11-03T18:28:32.450-0500 [".
func isMongoOld(line []byte) bool {
	const date, zone, zoneEnd = len("2014-11-03"), len("2014-11-03T18:28:32.450"), len("2014-11-03T18:28:32.450-0500")
	if weekday := len("Mon "); !isDigit(line[0]) {
		return len(line) > weekday && line[weekday-1] == ' ' && !isDigit(line[weekday])
	}
	return len(line) > zoneEnd && line[date] == 'T' && (line[zone] == '-' || line[zone] == '+') && line[zoneEnd] == ' '
}

// isMongoLevel reports whether a word is one of F E W I D, or D1 to D5.
func isMongoLevel(b []byte) bool {
	return len(b) > 0 && len(b) <= 2 && bytes.IndexByte([]byte("FEWID"), b[0]) >= 0 &&
		(len(b) == 1 || b[0] == 'D' && b[1] >= '1' && b[1] <= '5')
}

func isMongoComponent(b []byte) bool {
	for _, c := range b {
		if (c < 'A' || c > 'Z') && c != '_' && c != '-' {
			return false
		}
	}
	return len(b) > 0
}

func parseMongoJSON(in *Input) error {
	if !bytes.Contains(in.Line, []byte(`"$date"`)) || !bytes.Contains(in.Line, []byte(`"msg"`)) {
		return errMongoDB
	}
	if err := parseJSON(in); err != nil {
		return err
	}
	e := in.Event
	renameAll(e, mongoKeys)
	if v := e.Get(e.Lookup("mongodb.log.component")); v != nil && v.IsText() && isDash(v.Text()) {
		e.Remove(e.Lookup("mongodb.log.component"))
	}
	for _, object := range [...]string{"attr", "truncated", "size"} {
		moveBelow(in, object, "mongodb.log."+object)
	}
	for _, peer := range [...]string{"mongodb.log.attr.remote", "mongodb.log.attr.client"} {
		if v := e.Get(e.Lookup(peer)); v != nil && v.IsText() && !e.Has(event.SourceAddress) {
			address, port := cutPort(v.Text())
			setSource(e, address)
			setCount(e, event.SourcePort, port)
		}
	}
	if v := e.Get(e.Lookup("mongodb.log.attr.durationMillis")); v != nil && v.Kind == event.KindNumber {
		if ms, ok := seconds(v.Bytes()); ok {
			e.Set(event.EventDuration, event.Int(int64(ms/1000)))
		}
	}
	return nil
}

// moveBelow gives all fields below an object another object.
func moveBelow(in *Input, from, to string) {
	e, s := in.Event, &in.Scratch
	s.pairs = s.pairs[:0]
	e.Children(from, func(rest string, v *event.Value) {
		s.pairs = append(s.pairs, pair{id: e.Lookup(from + "." + rest), value: *v})
	})
	for _, p := range s.pairs {
		path := e.Path(p.id)
		e.Remove(p.id)
		setOwn(e, to+path[len(from):], p.value)
	}
}
