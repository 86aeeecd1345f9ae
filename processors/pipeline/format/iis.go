package format

import (
	"bytes"
	"errors"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/layout"
)

func iisSpec() Spec {
	return Spec{
		Name: "iis.access",
		Summary: "The W3C log of IIS. IIS writes the fields that are switched on in one fixed order; which they are is seen from the line, " +
			"or said by the option fields, as the line #Fields: of the file lists them, in any order. Lines that begin with # are kept as they are. Times are UTC unless the collection says otherwise.",
		Example: `2026-11-22 19:00:00 10.0.0.5 GET /cart id=7 443 alice 203.0.113.7 Mozilla/5.0+(X11) https://shop.example/ 200 0 0 46`,
		Fields: []string{
			"@timestamp", "source.address", "source.ip", "destination.address", "destination.ip", "destination.port", "user.name", "url.original",
			"url.path", "url.query", "url.extension", "url.domain", "http.request.method", "http.request.referrer", "http.request.body.bytes",
			"http.response.status_code", "http.response.body.bytes", "http.version", "user_agent.original", "event.duration", "iis.access.*",
		},
		Parse: parseIIS,
		Shape: Shape{Option: "fields", Make: iisWithFields},
	}
}

var errIIS = errors.New("not in the order of IIS: date, time, server, method, path, query, port, user, client, …, status")

// iisLine is a line cut into its fields, in their order.
type iisLine struct {
	site, computer, server      []byte
	method, stem, query, port   []byte
	user, client, version       []byte
	agent, cookie, referer      []byte
	host, status, sub, win32    []byte
	sent, received, took, extra []byte
	date, clock                 []byte // where columns were named
}

func parseIIS(in *Input) error {
	if len(in.Line) > 0 && in.Line[0] == '#' {
		in.Event.Set(event.Message, event.String(in.Line))
		return nil
	}
	t, n := layout.ISO(in.Line, in.Location)
	if n < len("2026-11-22 19:00:00") || n >= len(in.Line) || in.Line[n] != ' ' {
		return errIIS
	}
	const most = 28
	var words [most][]byte
	count := 0
	c := cursor{b: in.Line, i: n}
	for c.spaces(); !c.end() && count < most; c.spaces() {
		words[count] = c.word()
		count++
	}
	var l iisLine
	if !l.head(words[:count]) {
		return errIIS
	}
	l.set(in.Event, t)
	return nil
}

// head reads the fields up to the client.
func (l *iisLine) head(words [][]byte) bool {
	at := 0
	for at+1 < len(words) && (!isVerb(words[at]) || !isStem(words[at+1])) {
		at++
	}
	const behind = 6 // method to client
	if at > 3 || at+behind >= len(words) {
		return false
	}
	for _, word := range words[:at] {
		switch {
		case addressIP(word) != nil:
			l.server = word
		case l.site == nil:
			l.site = word
		default:
			l.computer = word
		}
	}
	l.method, l.stem, l.query, l.port, l.user, l.client = words[at], words[at+1], words[at+2], words[at+3], words[at+4], words[at+5]
	return isNumber(l.port) && l.tail(words[at+behind:])
}

// isVerb reports whether a word can be a method: IIS logs what it was sent, be it in lower case.
func isVerb(word []byte) bool {
	for _, c := range word {
		if (c|0x20 < 'a' || c|0x20 > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return len(word) > 1
}

// isStem reports whether a word can be a URL's path. A word is empty where a line feed follows.
func isStem(word []byte) bool {
	return len(word) > 0 && (word[0] == '/' || word[0] == '*')
}

// tail reads the fields behind the client: those that the browser sent, then numbers.
func (l *iisLine) tail(words [][]byte) bool {
	const version = "HTTP/"
	if bytes.HasPrefix(words[0], []byte(version)) {
		l.version, words = words[0][len(version):], words[1:]
	}
	at := 0
	for at < len(words) && !isStatus(words, at) {
		at++
	}
	if at == len(words) || at > 4 {
		return false
	}
	l.browser(words[:at])
	l.status = words[at]
	rest := words[at+1:]
	numbers := 0
	for numbers < len(rest) && numbers < 5 && isNumber(rest[numbers]) {
		numbers++
	}
	for i, field := range [...]*[]byte{&l.sub, &l.win32} {
		if i < numbers {
			*field = rest[i]
		}
	}
	if numbers > 2 {
		l.took = rest[numbers-1]
	}
	if numbers > 3 {
		l.sent = rest[2]
	}
	if numbers > 4 {
		l.received = rest[3]
	}
	if numbers < len(rest) {
		l.extra = rest[numbers]
	}
	return true
}

// isStatus reports whether the word at i is a status: three digits, followed by a number or by nothing.
func isStatus(words [][]byte, i int) bool {
	return len(words[i]) == 3 && isNumber(words[i]) && (i+1 == len(words) || isNumber(words[i+1]))
}

// browser gives the words between client and status their fields: user agent, cookie, referer, host, any of them missing.
func (l *iisLine) browser(words [][]byte) {
	if len(words) == 0 {
		return
	}
	l.agent, words = words[0], words[1:]
	switch len(words) {
	case 1:
		l.referer = words[0]
	case 2:
		if isURL(words[0]) || !isURL(words[1]) && bytes.IndexByte(words[0], '=') < 0 {
			l.referer, l.host = words[0], words[1]
		} else {
			l.cookie, l.referer = words[0], words[1]
		}
	case 3:
		l.cookie, l.referer, l.host = words[0], words[1], words[2]
	}
}

func isURL(b []byte) bool { return bytes.Contains(b, []byte("://")) }

func (l *iisLine) set(e *event.Event, t time.Time) {
	e.Set(event.Timestamp, event.Time(t))
	if len(l.method) > 0 && !isDash(l.method) {
		e.Set(event.HTTPRequestMethod, event.String(l.method))
	}
	if len(l.stem) > 0 && !isDash(l.stem) {
		setURL(e, l.stem)
	}
	setUnlessDash(e, event.URLQuery, l.query)
	setUnlessDash(e, event.UserName, l.user)
	if l.client != nil {
		setSource(e, l.client)
	}
	if l.server != nil && !isDash(l.server) {
		e.Set(event.DestinationAddress, event.String(l.server))
		if ip := addressIP(l.server); ip != nil {
			e.Set(event.DestinationIP, event.String(ip))
		}
	}
	setCount(e, event.DestinationPort, l.port)
	setText(e, event.HTTPVersion, l.version)
	if !isDash(l.agent) {
		setText(e, event.UserAgentOriginal, plusToSpace(e, l.agent))
	}
	setUnlessDash(e, event.HTTPRequestReferrer, l.referer)
	host, _ := cutPort(l.host)
	setUnlessDash(e, event.URLDomain, host)
	setStatus(e, l.status)
	setCount(e, event.HTTPResponseBodyBytes, l.sent)
	setCount(e, event.HTTPRequestBodyBytes, l.received)
	if ms, ok := seconds(l.took); ok {
		e.Set(event.EventDuration, event.Int(int64(ms/1000)))
	}
	setOwnCount(e, "iis.access.sub_status", l.sub)
	setOwnCount(e, "iis.access.win32_status", l.win32)
	for _, f := range [...]struct {
		path string
		text []byte
	}{{"iis.access.site_name", l.site}, {"iis.access.server_name", l.computer}, {"iis.access.cookie", l.cookie}, {"iis.access.forwarded", l.extra}} {
		if len(f.text) > 0 && !isDash(f.text) {
			setOwn(e, f.path, event.String(f.text))
		}
	}
}

// plusToSpace turns the + that IIS writes for spaces back.
func plusToSpace(e *event.Event, text []byte) []byte {
	if bytes.IndexByte(text, '+') < 0 {
		return text
	}
	buffer := e.Scratch()
	start := len(buffer)
	buffer = append(buffer, text...)
	e.Keep(buffer)
	out := buffer[start:len(buffer):len(buffer)]
	for i, c := range out {
		if c == '+' {
			out[i] = ' '
		}
	}
	return out
}
