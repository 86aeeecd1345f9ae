package format

import (
	"bytes"
	"errors"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func haproxySpec() Spec {
	return Spec{
		Name: "haproxy",
		Summary: "The log of HAProxy, through syslog or bare: its HTTP (also in CLF), HTTPS and TCP formats, failed connections, and the connections it logs " +
			"by default. Everything else it says is a message.",
		Example: `Nov 22 19:00:00 lb-1 haproxy[7]: 203.0.113.7:5123 [22/Nov/2026:19:00:00.123] www~ shop/web-1 0/0/1/55/56 200 3097 - - ---- 2/2/0/0/0 0/0 "GET /cart HTTP/1.1"`,
		Fields: []string{
			"@timestamp", "host.hostname", "process.name", "process.pid", "source.address", "source.ip", "source.port", "destination.ip",
			"destination.port", "http.request.method", "http.version", "http.response.status_code", "http.response.bytes", "url.*",
			"event.duration", "haproxy.frontend_name", "haproxy.backend_name", "haproxy.server_name", "haproxy.termination_state",
			"haproxy.timers", "haproxy.connections", "haproxy.queues", "haproxy.captured", "haproxy.mode", "haproxy.tls_errors",
			"tls.version", "tls.cipher", "tls.client.server_name", "tls.resumed", "message",
		},
		Parse: parseHAProxy,
	}
}

var errHAProxy = errors.New("no line of HAProxy")

// haproxyLine is what HAProxy wrote, cut into its parts.
type haproxyLine struct {
	client, port                       []byte // port: where it does not stand behind the client's address
	accepted                           time.Time
	frontend, backend, server          []byte
	timers, status, size               []byte
	termination, connections, queues   []byte
	captured, request, failure, target []byte
	mode                               []byte
	tlsName, tlsVersion, tlsCipher     []byte
	tlsErrors, tlsResumed              []byte
}

func parseHAProxy(in *Input) error {
	line := in.Line
	priority := -1
	if len(line) > 0 && line[0] == '<' {
		var n int
		priority, n = cutPriority(line)
		line = line[n:]
		if version, n := cutVersion(line); n > 0 {
			return parseHAProxy5424(in, line[n:], priority, version)
		}
	}
	h := header3164{message: line}
	logged := h.cut(in, line) == nil
	if logged && !bytes.HasPrefix(h.tag, []byte("haproxy")) {
		return errHAProxy
	}
	var l haproxyLine
	known := l.read(in, h.message)
	if !known && !logged {
		return errHAProxy
	}
	e := in.Event
	if logged {
		setPriority(e, priority)
		h.set(e)
	}
	if known {
		l.set(e)
	}
	return nil
}

// parseHAProxy5424 reads a line behind priority and version, as a log with "format rfc5424" has them.
func parseHAProxy5424(in *Input, line []byte, priority, version int) error {
	var h header5424
	if h.cut(in, line) != nil || !bytes.HasPrefix(h.app, []byte("haproxy")) {
		return errHAProxy
	}
	var l haproxyLine
	known := l.read(in, h.message)
	h.set(in, priority, version)
	if known {
		l.set(in.Event)
	}
	return nil
}

// read reads what HAProxy wrote, if it tells of a connection or a request.
func (l *haproxyLine) read(in *Input, message []byte) bool {
	return l.connect(message) || l.cut(in, message)
}

// connect reads "Connect from 10.0.0.1:40780 to 10.0.0.2:5000 (main/HTTP)".
func (l *haproxyLine) connect(message []byte) (ok bool) {
	c := cursor{b: message}
	if !c.lit("Connect from ") {
		return false
	}
	if l.client, ok = c.until(" to "); !ok {
		return false
	}
	l.target = c.word()
	c.spaces()
	if name, ok := c.within('(', ')'); ok {
		l.frontend, l.mode, _ = bytes.Cut(name, []byte("/"))
	}
	return true
}

// cut reads a line of the HTTP, HTTPS or TCP format, or of a connection that failed.
func (l *haproxyLine) cut(in *Input, message []byte) (ok bool) {
	c := cursor{b: message}
	l.client = c.word()
	if isIP(l.client) && c.lit(" - - [") {
		return l.clf(in, &c)
	}
	if !c.lit(" [") || bytes.IndexByte(l.client, ':') < 0 {
		return false
	}
	if l.accepted, ok = c.time(in); !ok || !c.lit("] ") {
		return false
	}
	l.frontend = c.word()
	if at := len(l.frontend) - 1; at > 0 && l.frontend[at] == ':' { // frontend/bind: what went wrong
		l.frontend, _, _ = bytes.Cut(l.frontend[:at], []byte("/"))
		c.spaces()
		l.failure = c.rest()
		return true
	}
	c.spaces()
	if l.backend, l.server, ok = bytes.Cut(c.word(), []byte("/")); !ok {
		return false
	}
	return l.numbers(&c)
}

// numbers reads what stands behind the server. Some put a field of their own before the timers.
func (l *haproxyLine) numbers(c *cursor) bool {
	c.spaces()
	if l.timers = c.word(); !isTimers(l.timers) {
		c.spaces()
		if l.timers = c.word(); !isTimers(l.timers) {
			return false
		}
	}
	c.spaces()
	l.size = c.word()
	c.spaces()
	next := c.word()
	if isNumber(bytes.TrimPrefix(next, []byte("+"))) { // of HTTP
		l.status, l.size = l.size, next
		c.spaces()
		c.word() // request cookie
		c.spaces()
		c.word() // response cookie
		c.spaces()
		next = c.word()
	}
	l.termination = next
	c.spaces()
	l.connections = c.word()
	c.spaces()
	l.queues = c.word()
	c.spaces()
	start := c.i
	for c.peek() == '{' {
		if _, ok := c.within('{', '}'); !ok {
			break
		}
		l.captured = c.b[start:c.i]
		c.spaces()
	}
	var end int
	l.request, end = quotedField(c.b, c.i)
	l.secured(c.b[end:])
	return len(l.connections) > 0
}

// isTimers reports whether a word is 0/0/1/55/+56 or 0/-1/-1.
func isTimers(b []byte) bool {
	slashes := 0
	for _, c := range b {
		if c == '/' {
			slashes++
		} else if !isDigit(c) && c != '-' && c != '+' {
			return false
		}
	}
	return slashes >= 2
}

func (l *haproxyLine) set(e *event.Event) {
	if !l.accepted.IsZero() {
		e.Set(event.Timestamp, event.Time(l.accepted))
	}
	if l.port == nil {
		at := max(bytes.LastIndexByte(l.client, ':'), 0) // an address of IPv6 stands without brackets
		l.client, l.port = l.client[:at], bytes.TrimPrefix(l.client[at:], []byte(":"))
	}
	setSource(e, trimBrackets(l.client))
	setCount(e, event.SourcePort, l.port)
	if l.target != nil {
		address, port := cutPort(l.target)
		if isIP(address) {
			e.Set(event.DestinationIP, event.String(address))
		}
		setCount(e, event.DestinationPort, port)
	}
	if total := bytes.TrimPrefix(l.timers[bytes.LastIndexByte(l.timers, '/')+1:], []byte("+")); isNumber(total) {
		if ms, ok := seconds(total); ok {
			e.Set(event.EventDuration, event.Int(int64(ms/1000)))
		}
	}
	setStatus(e, l.status)
	setCount(e, event.HTTPResponseBytes, bytes.TrimPrefix(l.size, []byte("+")))
	setRequest(e, l.request)
	setText(e, event.ErrorMessage, l.failure)
	l.setTLS(e)
	for _, f := range [...]struct {
		path string
		text []byte
	}{
		{"haproxy.frontend_name", bytes.TrimSuffix(l.frontend, []byte("~"))},
		{"haproxy.backend_name", l.backend},
		{"haproxy.server_name", l.server},
		{"haproxy.timers", l.timers},
		{"haproxy.termination_state", l.termination},
		{"haproxy.connections", l.connections},
		{"haproxy.queues", l.queues},
		{"haproxy.captured", l.captured},
		{"haproxy.mode", l.mode},
	} {
		if len(f.text) > 0 {
			setOwn(e, f.path, event.String(f.text))
		}
	}
}
