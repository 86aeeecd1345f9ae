package format

import (
	"bytes"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// usualLine is an access line of the shape that nearly all have, cut in one pass from left to right:
//
//	203.0.113.7 - - [22/Nov/2026:19:00:00 +0100] "GET /cart?id=7 HTTP/1.1" 200 512 "REFERRER" "AGENT"
//
// It has one address, a user of one word or none, a path without a fragment, and no quotes but those around its fields, of which
// the last or the last two may be missing. Any other is for accessLine, which takes more care and more time.
type usualLine struct {
	draft  *event.Draft   // of the event; nil: it is no usual line
	fields event.FieldSet // those that the line has
	end    int            // of the last known part
}

var (
	usualFields = event.FieldsOf(event.Timestamp, event.SourceAddress, event.SourceIP, event.HTTPRequestMethod, event.URLOriginal, event.URLPath,
		event.HTTPVersion, event.HTTPResponseStatusCode)
	possibleFields = usualFields.With(event.UserName, event.URLQuery, event.URLExtension, event.HTTPResponseBodyBytes, event.HTTPRequestReferrer,
		event.UserAgentOriginal)
)

// add adds a field that not all lines have.
func (u *usualLine) add(id event.ID, v event.Value) {
	u.draft[id] = v
	u.fields.Add(id)
}

const (
	nobody        = " - - " // before the time of a request of nobody
	beforeUser    = len(" - ")
	timeSize      = len("07/Dec/2016:10:43:23 +0100")
	beforeRequest = `] "`
	beforeMethod  = len("[") + timeSize + len(beforeRequest)
	version       = ` HTTP/1.1" `
	beforeSize    = len(version + "200 ")
	// fewest is how long a line is, at least, from the time on: there are words to look at.
	fewest = beforeMethod + 2*wordSize
)

// cut reports whether the line is a usual one. Dashes are those of accessLine.
func (u *usualLine) cut(in *Input, dashes bool) bool {
	line := in.Line
	client := ipv4(line)
	if client == 0 {
		client = ipv6(line)
	}
	if client <= 0 || client > len(line)-len(nobody)-fewest {
		return false
	}
	at, named := client+len(nobody), dashes
	if string(line[client:at]) != nobody {
		at, named = userEnd(line, client), true
	}
	if !cutSecond(in, line, at) {
		return false
	}
	d := in.Event.Draft(&possibleFields)
	if d == nil {
		return false
	}
	u.draft, u.fields = d, usualFields
	address := event.String(line[:client])
	d[event.Timestamp], d[event.SourceAddress], d[event.SourceIP] = in.Scratch.second.value, address, address
	if named {
		u.add(event.UserName, event.String(line[client+beforeUser:at-len(" ")]))
	}
	at = u.cutRequest(line, at+beforeMethod)
	return at > 0 && u.cutStatus(in, line, at) && u.cutTexts(line, dashes)
}

// userEnd is where the time begins behind an address and a name, or the end of the line: the name holds no space.
func userEnd(line []byte, client int) int {
	i := client + beforeUser
	if string(line[client:i]) != nobody[:beforeUser] {
		return len(line)
	}
	n := bytes.IndexByte(line[i:], '[')
	if n < 2 || bytes.IndexByte(line[i:i+n], ' ') != n-1 {
		return len(line)
	}
	return i + n
}

// cutSecond reads the time at i among what stands around it.
func cutSecond(in *Input, line []byte, i int) bool {
	if i < 0 || i > len(line)-fewest {
		return false
	}
	text := (*[fewest]byte)(line[i:])
	when := (*[timeSize]byte)(text[1:])
	if text[0] != '[' || string(text[1+timeSize:beforeMethod]) != beforeRequest {
		return false
	}
	return in.Scratch.second.is(when) || in.Scratch.second.read(when[:])
}

// cutRequest reads GET /cart?id=7 at i. It returns the index behind it, or -1.
func (u *usualLine) cutRequest(line []byte, i int) int {
	url := methodEnd(line, i)
	if url < 0 {
		return -1
	}
	to, query := urlEnd(line, url)
	if to < 0 {
		return -1
	}
	d := u.draft
	d[event.HTTPRequestMethod], d[event.URLOriginal] = event.String(line[i:url-len(" ")]), event.String(line[url:to])
	path := line[url:to]
	if query > 0 {
		if query < to {
			u.add(event.URLQuery, event.String(line[query:to]))
		}
		path = line[url : query-len("?")]
	}
	d[event.URLPath] = event.String(path)
	if from := extension(path); from > 0 {
		u.add(event.URLExtension, event.String(path[from:]))
	}
	return to
}

// methodEnd is where the path begins behind a method at i and a space, or -1.
func methodEnd(line []byte, i int) int {
	if i < 0 || i > len(line)-wordSize {
		return -1
	}
	if string(line[i:i+len("GET /")]) == "GET /" {
		return i + len("GET ")
	}
	space := i + firstMark(urlMarks(word(line, i)))
	if space == i || line[space] != ' ' || line[space+1] != '/' {
		return -1
	}
	return space + 1
}

// urlEnd is where the URL at i ends, before a space, and where its query begins; 0: it has none. The end is -1 where it is not usual.
func urlEnd(line []byte, i int) (end, query int) {
	for ; ; i += wordSize {
		for marks := urlMarks(word(line, i)); marks != 0; marks &= marks - 1 {
			at := i + firstMark(marks)
			if at >= len(line) {
				return -1, 0
			}
			switch line[at] {
			case ' ':
				return at, query
			case '?':
				if query == 0 {
					query = at + 1
				}
			case '!':
			default:
				return -1, 0
			}
		}
	}
}

// cutStatus reads  HTTP/1.1" 200 512 at i, or 304 - in place of the numbers.
func (u *usualLine) cutStatus(in *Input, line []byte, i int) bool {
	text := in.Scratch.status.of(line, i)
	switch string(text[:len(version)]) {
	case version, ` HTTP/2.0" `, ` HTTP/1.0" `, ` HTTP/3.0" `:
	default:
		return false
	}
	status, size := word(text[:], len(version)), word(text[:], beforeSize)
	if countDigits(status) != len("200") || byte(status) == '0' || byte(status>>24) != ' ' {
		return false
	}
	d := u.draft
	d[event.HTTPVersion] = event.String(text[len(" HTTP/"):len(" HTTP/1.1")])
	d[event.HTTPResponseStatusCode] = event.Number(text[len(version):len(version+"200")])
	n := countDigits(size)
	switch {
	case n > 0:
		u.add(event.HTTPResponseBodyBytes, event.Number(text[beforeSize:beforeSize+n]))
	case byte(size) == '-':
		n = 1
	}
	u.end = i + beforeSize + n
	return n > 0 && n < wordSize && (n == 1 || byte(size) != '0')
}

// cutTexts reads "REFERRER" "AGENT", neither, or the first alone.
func (u *usualLine) cutTexts(line []byte, dashes bool) bool {
	if u.end == len(line) {
		return true
	}
	referrer, end := cutText(line, u.end)
	if end < 0 {
		return false
	}
	if len(referrer) > 1 || len(referrer) == 1 && (dashes || referrer[0] != '-') {
		u.add(event.HTTPRequestReferrer, event.String(referrer))
	}
	if u.end = end; end == len(line) {
		return true
	}
	agent, end := cutText(line, end)
	if end < 0 {
		return false
	}
	if len(agent) > 1 || len(agent) == 1 && (dashes || agent[0] != '-') {
		u.add(event.UserAgentOriginal, event.String(agent))
	}
	u.end = end
	return end == len(line) || line[end] == ' '
}

// cutText reads a space and a text in quotes, in which no quote stands behind a backslash. It returns the index behind them, or -1.
func cutText(line []byte, i int) (text []byte, end int) {
	if i < 0 || i > len(line)-len(` ""`) || line[i] != ' ' || line[i+1] != '"' {
		return nil, -1
	}
	text = line[i+len(` "`):]
	n := bytes.IndexByte(text, '"')
	if n < 0 || n > 0 && text[n-1] == '\\' {
		return nil, -1
	}
	return text[:n], i + len(` ""`) + n
}
