package format

import (
	"bytes"
	"errors"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/layout"
)

var (
	errNoAccessTime = errors.New("no [day/month/year:time zone] in the line")
	errNoRequest    = errors.New("no quoted request behind the time")
	errNoStatus     = errors.New("no status and size behind the request")
)

// accessLine is an access line cut into its parts.
type accessLine struct {
	head     []byte // everything before the [
	when     []byte
	time     event.Value
	request  []byte
	status   []byte // three digits
	size     []byte // digits, or -
	referrer []byte
	agent    []byte
	tail     []byte // what stands behind the known fields
	dashes   bool   // a - for the user, the referrer or the user agent is kept as it is, and does not mean nothing
	usual    usualLine
}

// accessFields are the fields of common and combined lines.
var accessFields = []string{
	"@timestamp", "source.address", "source.ip", "user.name", "http.request.method", "http.request.referrer",
	"http.response.status_code", "http.response.body.bytes", "http.version", "url.original", "url.path", "url.query",
	"url.fragment", "url.extension", "url.scheme", "url.domain", "url.port", "user_agent.original",
	"destination.ip", "destination.port",
}

// parseAccess reads a common or combined line and sets its fields. Dashes are those of accessLine.
func parseAccess(in *Input, dashes bool) error {
	var u usualLine
	if u.cut(in, dashes) {
		in.Event.Commit(&u.fields)
		return nil
	}
	l := accessLine{dashes: dashes}
	if err := l.cutAny(in); err != nil {
		return err
	}
	l.set(in)
	return nil
}

// cut cuts a line into its parts.
func (l *accessLine) cut(in *Input) error {
	if u := &l.usual; u.cut(in, l.dashes) {
		l.tail = in.Line[skipSpaces(in.Line, u.end):]
		return nil
	}
	l.usual.draft = nil
	return l.cutAny(in)
}

// cutAny cuts a line that need not be a usual one.
func (l *accessLine) cutAny(in *Input) error {
	i, err := l.cutTime(in.Line)
	if err != nil {
		return err
	}
	if l.time, err = in.accessTime(l.when); err != nil {
		return err
	}
	if i, err = l.cutRequest(in.Line, i); err != nil {
		return err
	}
	l.referrer, i = quotedField(in.Line, i)
	l.agent, i = quotedField(in.Line, i)
	l.tail = in.Line[skipSpaces(in.Line, i):]
	return nil
}

// accessTime reads the time of a line. That of the line before is remembered: a busy server writes many in one second.
func (in *Input) accessTime(when []byte) (event.Value, error) {
	last := &in.Scratch.second
	if len(when) == timeSize && (last.is((*[timeSize]byte)(when)) || last.read(when)) {
		return last.value, nil
	}
	t, n := layout.Any(when, in.At, in.Location)
	if n == 0 || n != len(when) {
		return event.Value{}, errNoAccessTime
	}
	return event.Time(t), nil
}

func (l *accessLine) set(in *Input) {
	e := in.Event
	if l.usual.draft != nil {
		e.Commit(&l.usual.fields)
		return
	}
	e.Set(event.Timestamp, l.time)
	setClient(e, l.head, l.dashes)
	setRequest(e, l.request)
	setCount(e, event.HTTPResponseStatusCode, l.status)
	setCount(e, event.HTTPResponseBodyBytes, l.size)
	set := setUnlessDash
	if l.dashes {
		set = setText
	}
	set(e, event.HTTPRequestReferrer, l.referrer)
	set(e, event.UserAgentOriginal, l.agent)
}

// cutTime finds " [time] " and returns the index behind it. A user name may hold brackets, so the content is looked at.
func (l *accessLine) cutTime(line []byte) (int, error) {
	for from := 0; ; {
		open := bytes.IndexByte(line[from:], '[')
		if open < 0 {
			return 0, errNoAccessTime
		}
		open += from
		end := open + 1 + len("07/Dec/2016:10:43:23 +0100")
		if end >= len(line) || line[end] != ']' {
			end = open + 1 + bytes.IndexByte(line[open+1:], ']')
		}
		if end > open+len("2/Jan/2006") && isDigit(line[open+1]) && (line[open+3] == '/' || line[open+2] == '/' || line[open+5] == '-') {
			l.head, l.when = bytes.TrimRight(line[:open], " "), line[open+1:end]
			return end + 1, nil
		}
		from = open + 1
	}
}

// cutRequest cuts "request" status size from index i on and returns the index behind the size. Requests that are no HTTP
// can hold quotes; the one that ends the request is followed by a status.
func (l *accessLine) cutRequest(line []byte, i int) (int, error) {
	i = skipSpaces(line, i)
	if i >= len(line) || line[i] != '"' {
		return 0, errNoRequest
	}
	start := i + 1
	for from := start; ; {
		quote := bytes.IndexByte(line[from:], '"')
		if quote < 0 {
			return 0, errNoStatus
		}
		quote += from
		if end, ok := l.cutStatus(line, quote+1); ok {
			l.request = line[start:quote]
			return end, nil
		}
		from = quote + 1
	}
}

// cutStatus reads " 404 571" at i; the size may be missing.
func (l *accessLine) cutStatus(line []byte, i int) (end int, ok bool) {
	if i+4 > len(line) || line[i] != ' ' || !isDigit(line[i+1]) || !isDigit(line[i+2]) || !isDigit(line[i+3]) {
		return 0, false
	}
	if i+4 < len(line) && line[i+4] != ' ' {
		return 0, false
	}
	l.status = line[i+1 : i+4]
	start := min(i+5, len(line))
	end = start
	for end < len(line) && line[end] != ' ' {
		end++
	}
	l.size = line[start:end]
	return end, true
}

// quotedField reads a quoted field at i, or nothing where there is none. A quote behind a backslash, or one that no space
// follows, belongs to the text.
func quotedField(line []byte, i int) (text []byte, end int) {
	start := skipSpaces(line, i)
	if start >= len(line) || line[start] != '"' {
		return nil, i
	}
	start++
	for from := start; ; {
		quote := bytes.IndexByte(line[from:], '"')
		if quote < 0 {
			return line[start:], len(line) // cut off
		}
		quote += from
		if (quote+1 == len(line) || line[quote+1] == ' ') && !escaped(line[start:quote]) {
			return line[start:quote], quote + 1
		}
		from = quote + 1
	}
}

// escaped reports whether the text ends in an odd number of backslashes.
func escaped(text []byte) bool {
	n := 0
	for n < len(text) && text[len(text)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// setRequest sets the fields of GET /path HTTP/1.1. What does not look like that stays in message alone.
func setRequest(e *event.Event, request []byte) {
	space := bytes.IndexByte(request, ' ')
	if space <= 0 {
		return
	}
	url := request[space+1:]
	if at := bytes.LastIndexByte(url, ' '); at >= 0 && isProtocol(url[at+1:]) {
		e.Set(event.HTTPVersion, event.String(url[at+1+len("HTTP/"):]))
		url = url[:at] // whatever the method is, it was a request
	} else if !isMethod(request[:space]) {
		return
	}
	e.Set(event.HTTPRequestMethod, event.String(request[:space]))
	setURL(e, url)
}

func isMethod(b []byte) bool {
	const longest = 20 // UPDATEREDIRECTREF has 17 letters
	for _, c := range b {
		if c < 'A' || c > 'Z' {
			if c != '-' && c != '_' {
				return false
			}
		}
	}
	return len(b) > 1 && len(b) <= longest
}

// isProtocol reports whether b is HTTP/ and a version: 1.1, 2.0 or 3.
func isProtocol(b []byte) bool {
	const name = "HTTP/"
	if len(b) <= len(name) || len(b) > len(name)+4 || string(b[:len(name)]) != name {
		return false
	}
	for _, c := range b[len(name):] {
		if !isDigit(c) && c != '.' {
			return false
		}
	}
	return true
}

func setUnlessDash(e *event.Event, id event.ID, text []byte) {
	if len(text) == 0 || len(text) == 1 && text[0] == '-' {
		return
	}
	e.Set(id, event.String(text))
}

// setCount sets a number, which - and anything else but digits is not.
func setCount(e *event.Event, id event.ID, digits []byte) {
	if !isNumber(digits) {
		return
	}
	for len(digits) > 1 && digits[0] == '0' {
		digits = digits[1:] // JSON has no leading zeros
	}
	e.Set(id, event.Number(digits))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func skipSpaces(b []byte, i int) int {
	for i < len(b) && b[i] == ' ' {
		i++
	}
	return i
}
