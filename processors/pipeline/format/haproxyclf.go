package format

import (
	"bytes"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// clf reads what `option httplog clf` writes behind the client: the common log format, in which texts are quoted and the
// numbers of a group stand apart.
func (l *haproxyLine) clf(in *Input, c *cursor) (ok bool) {
	if l.accepted, ok = c.time(in); !ok || !c.lit("] ") {
		return false
	}
	l.request = c.field()
	l.status, l.size = c.field(), c.field()
	c.field() // what stands for a referrer
	c.field() // and for a user agent
	l.port = c.field()
	millis := c.field()
	l.frontend, l.backend, l.server = c.field(), c.field(), c.field()
	const timers, connections, queues = 5, 5, 2
	l.timers = c.group(in.Event, timers)
	l.termination = c.field()
	l.connections = c.group(in.Event, connections)
	l.queues = c.group(in.Event, queues)
	if !isNumber(l.port) || !isNumber(millis) || !isTimers(l.timers) || !isTimers(l.connections) || len(l.queues) == 0 {
		return false
	}
	if ms, ok := seconds(millis); ok && ms < 1000*time.Second {
		l.accepted = l.accepted.Add(ms / 1000)
	}
	c.field() // request cookie
	c.field() // response cookie
	c.spaces()
	if captured := c.rest(); len(captured) > 0 && string(captured) != `"" ""` {
		l.captured = captured
	}
	return true
}

// field takes a word, or a text in quotes.
func (c *cursor) field() []byte {
	c.spaces()
	if text, ok := c.quoted(); ok {
		return text
	}
	return c.word()
}

// group takes n words and joins them by slashes, as the other formats of HAProxy have them.
func (c *cursor) group(e *event.Event, n int) []byte {
	buffer := e.Scratch()
	start := len(buffer)
	for i := range n {
		if i > 0 {
			buffer = append(buffer, '/')
		}
		buffer = append(buffer, c.field()...)
	}
	e.Keep(buffer)
	return buffer[start:len(buffer):len(buffer)]
}

// secured reads what `option httpslog` writes behind the request: codes of errors and whether the session was resumed, then
// server name, version and cipher. Formats of the user's own often end in version and cipher alone.
func (l *haproxyLine) secured(rest []byte) {
	const codes = 5 // of the connection, the handshake, the client's certificate, its authorities; then whether it resumed
	c := cursor{b: rest}
	for word, ok := c.next(); ok; word, ok = c.next() {
		if at := bytes.LastIndexByte(word, '/'); at > 0 && isTLSVersion(word[bytes.LastIndexByte(word[:at], '/')+1:at]) {
			version := bytes.LastIndexByte(word[:at], '/') + 1
			l.tlsName, l.tlsVersion, l.tlsCipher = word[:max(version-1, 0)], word[version:at], word[at+1:]
		} else if bytes.Count(word, []byte("/")) == codes-1 {
			at := bytes.LastIndexByte(word, '/')
			l.tlsErrors, l.tlsResumed = word[:at], word[at+1:]
		}
	}
}

// setTLSVersion sets number and name of TLSv1.3 or SSLv3.
func setTLSVersion(e *event.Event, version []byte) {
	if !isTLSVersion(version) {
		return
	}
	name := "tls"
	if version[0] == 'S' {
		name = "ssl"
	}
	setText(e, event.TLSVersion, version[len("TLSv"):])
	setOwn(e, "tls.version_protocol", event.Text(name))
}

func isTLSVersion(b []byte) bool {
	return bytes.HasPrefix(b, []byte("TLSv")) || bytes.HasPrefix(b, []byte("SSLv"))
}

// setTLS sets what secured has found.
func (l *haproxyLine) setTLS(e *event.Event) {
	failed := len(bytes.Trim(l.tlsErrors, "0/-")) > 0
	if l.tlsVersion != nil {
		setOwn(e, "tls.established", event.Bool(!failed))
		setTLSVersion(e, l.tlsVersion)
		setUnlessDash(e, event.TLSCipher, l.tlsCipher)
		if len(l.tlsName) > 0 && !isDash(l.tlsName) {
			setOwn(e, "tls.client.server_name", event.String(l.tlsName))
		}
		if len(l.tlsResumed) == 1 && isDigit(l.tlsResumed[0]) {
			setOwn(e, "tls.resumed", event.Bool(l.tlsResumed[0] != '0'))
		}
	}
	if failed {
		setOwn(e, "haproxy.tls_errors", event.String(l.tlsErrors))
	}
}
