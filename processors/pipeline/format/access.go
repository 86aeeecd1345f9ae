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
	i = l.cutTexts(in.Line, i)
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
// can hold quotes; the one that ends the request is followed by a status, or by what stands for none.
func (l *accessLine) cutRequest(line []byte, i int) (int, error) {
	if i = l.requestStart(line, i); i < 0 {
		return 0, errNoRequest
	}
	start := i + 1
	for _, none := range [...]func(request []byte) bool{isWhole, isAny} {
		for from := start; ; {
			quote := bytes.IndexByte(line[from:], '"')
			if quote < 0 {
				break
			}
			quote += from
			l.request = line[start:quote]
			if end, ok := l.cutStatus(line, quote+1, none); ok {
				return end, nil
			}
			from = quote + 1
		}
	}
	return 0, errNoStatus
}

// requestStart is where the quote before a request stands, or -1: at i, or behind some words that a server can be told to write
// between the time and the request: a port, a duration, what TLS was spoken.
func (l *accessLine) requestStart(line []byte, i int) int {
	most := 4
	if len(l.head) == 0 {
		most = 0 // the words are no access line's
	}
	c := cursor{b: line, i: i}
	for range most + 1 {
		if at := skipSpaces(line, c.i); at < len(line) && line[at] == '"' {
			return at
		}
		if _, ok := c.next(); !ok {
			break
		}
	}
	return -1
}

// cutStatus reads " 404 571" at i; the size may be missing. Behind a request that none is true of, a - or a 0 stands for a status
// where none was sent, for a client went away, or a request made no sense.
func (l *accessLine) cutStatus(line []byte, i int, none func(request []byte) bool) (end int, ok bool) {
	if i >= len(line) || line[i] != ' ' {
		return 0, false
	}
	c := cursor{b: line, i: i + 1}
	l.status = c.word()
	isNone := len(l.status) == 1 && (l.status[0] == '-' || l.status[0] == '0')
	isCode := len(l.status) == len("404") && isNumber(l.status)
	if !isCode && (!isNone || !none(l.request)) {
		return 0, false
	}
	c.lit(" ")
	l.size = c.word()
	return c.i, true
}

// isWhole reports whether a text is sure to be a whole request, or none.
func isWhole(request []byte) bool {
	return len(request) == 0 || isDash(request) || isProtocol(request[bytes.LastIndexByte(request, ' ')+1:])
}

// isAny is true of every text: one may have a request in it that no rule foresees.
func isAny([]byte) bool { return true }
