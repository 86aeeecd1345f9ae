package format

import (
	"bytes"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// parseElasticAudit reads a line of the audit log before 7.0:
//
//	[2018-06-19T05:16:15,549] [node-1] [rest] [authentication_failed]	origin_address=[203.0.113.7], principal=[eve], uri=[/_search]
//
// The node may be missing.
func parseElasticAudit(in *Input) error {
	c := cursor{b: in.Line}
	if !c.lit("[") {
		return errLoggerLine
	}
	t, ok := c.time(in)
	if !ok || !c.lit("]") {
		return errLoggerLine
	}
	message := bytes.TrimLeft(c.rest(), " ")
	var words [3][]byte // node, layer, action
	count := 0
	for c.spaces(); c.peek() == '[' && count < len(words); c.spaces() {
		if words[count], ok = c.within('[', ']'); !ok {
			return errLoggerLine
		}
		count++
	}
	if count < 2 || !bytes.Contains(c.rest(), []byte("=[")) {
		return errLoggerLine
	}
	e := in.Event
	e.Set(event.Timestamp, event.Time(t))
	if count == len(words) {
		setOwn(e, "elasticsearch.node.name", event.String(words[0]))
	}
	setOwn(e, "elasticsearch.audit.layer", event.String(words[count-2]))
	e.Set(event.EventAction, event.String(words[count-1]))
	e.Set(event.Message, event.String(message))
	setAuditPairs(in, &c)
	return nil
}

// setAuditPairs reads "origin_type=[rest], principal=[eve]", whose values may hold brackets.
func setAuditPairs(in *Input, c *cursor) {
	e := in.Event
	for {
		name := c.while(func(b byte) bool { return b >= 'a' && b <= 'z' || b == '_' })
		if len(name) == 0 || !c.lit("=") {
			return
		}
		value, ok := c.within('[', ']')
		if !ok {
			return
		}
		switch string(name) {
		case "origin_address":
			setSource(e, value)
		case "principal":
			setText(e, event.UserName, value)
		case "uri":
			setURL(e, value)
		default:
			in.Scratch.path = append(append(in.Scratch.path[:0], "elasticsearch.audit."...), name...)
			e.Set(e.Intern(in.Scratch.path), event.String(value))
		}
		c.lit(",")
		c.spaces()
	}
}
