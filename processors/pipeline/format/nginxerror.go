package format

import (
	"bytes"
	"errors"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func nginxErrorSpec() Spec {
	return Spec{
		Name:    "nginx.error",
		Summary: "The error log of nginx. What it adds about the request (client, server, request, upstream, host, referrer) becomes fields, and stays in the message.",
		Example: `2026/11/22 19:00:00 [error] 31#31: *7 open() "/srv/a" failed (2: No such file or directory), client: 203.0.113.7, server: shop, request: "GET /a HTTP/1.1", host: "shop"`,
		Fields: []string{
			"@timestamp", "log.level", "process.pid", "process.thread.id", "nginx.error.connection_id", "message", "source.address", "source.ip",
			"source.port", "url.*", "http.request.method", "http.version", "http.request.referrer", "nginx.error.server", "nginx.error.upstream",
		},
		Parse: parseNginxError,
	}
}

var errNginxError = errors.New("no date, [level] and pid#tid: at the start of the line")

func parseNginxError(in *Input) error {
	c := cursor{b: in.Line}
	t, ok := c.time(in)
	if !ok || !c.lit(" [") {
		return errNginxError
	}
	level, ok := c.until("] ")
	if !ok || !isLevel(level) {
		return errNginxError
	}
	pid := c.digits()
	if !c.lit("#") || len(pid) == 0 {
		return errNginxError
	}
	thread := c.digits()
	if !c.lit(": ") && !c.lit(":") {
		return errNginxError
	}
	e := in.Event
	e.Set(event.Timestamp, event.Time(t))
	e.Set(event.LogLevel, event.String(level))
	setCount(e, event.ProcessPID, pid)
	setCount(e, event.ProcessThreadID, thread)
	if c.lit("*") {
		setOwnCount(e, "nginx.error.connection_id", c.digits())
		c.lit(" ")
	}
	message := c.rest()
	e.Set(event.Message, event.String(message))
	if at := bytes.Index(message, []byte(", client: ")); at >= 0 {
		setNginxRequest(e, message[at:])
	}
	return nil
}

// setNginxRequest reads `, client: 203.0.113.7, server: shop, request: "GET / HTTP/1.1", …`.
func setNginxRequest(e *event.Event, details []byte) {
	c := cursor{b: details}
	for c.lit(", ") {
		name, ok := c.until(": ")
		if !ok {
			return
		}
		value, ok := c.quoted()
		if !ok {
			value = c.while(func(b byte) bool { return b != ',' })
		}
		switch string(name) {
		case "client":
			address, port := value, []byte(nil)
			if !isIP(value) && string(value) != "unix:" {
				address, port = cutPort(value)
			}
			setSource(e, address)
			setCount(e, event.SourcePort, port)
		case "request":
			setRequest(e, value)
		case "host":
			host, port := cutPort(value)
			setText(e, event.URLDomain, host)
			setCount(e, event.URLPort, port)
		case "referrer":
			setUnlessDash(e, event.HTTPRequestReferrer, value)
		case "server", "upstream":
			if len(value) > 0 {
				setOwn(e, "nginx.error."+string(name), event.String(value))
			}
		}
	}
}
