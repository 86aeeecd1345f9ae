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
	url    int            // where it ends
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
	nobody        = "- "
	beforeUser    = " - "
	timeSize      = len("07/Dec/2016:10:43:23 +0100")
	beforeRequest = `] "`
	beforeMethod  = len("[") + timeSize + len(beforeRequest)
	beforeVersion = len(" HTTP/")
	beforeStatus  = len(` HTTP/1.1" `)
)

// cut reports whether the line is a usual one. Dashes are those of accessLine.
func (u *usualLine) cut(in *Input, dashes bool) bool {
	line := in.Line
	client := ipv4(line)
	if client == 0 {
		client = ipv6(line)
	}
	user := client + len(beforeUser)
	if client == 0 || len(line) < user+len(nobody)+beforeMethod+2*wordSize || string(line[client:user]) != beforeUser {
		return false
	}
	open := user + len(nobody)
	if string(line[user:open]) != nobody {
		if open = userEnd(line, user); len(line) < open+beforeMethod+2*wordSize {
			return false
		}
	}
	if !cutSecond(in, (*[beforeMethod]byte)(line[open:])) {
		return false
	}
	if u.draft, u.fields = in.Event.Draft(&possibleFields), usualFields; u.draft == nil {
		return false
	}
	address := event.String(line[:client])
	u.draft[event.Timestamp], u.draft[event.SourceAddress], u.draft[event.SourceIP] = in.Scratch.second.value, address, address
	if end := open - len(" "); dashes || end-user > 1 || line[user] != '-' {
		u.add(event.UserName, event.String(line[user:end]))
	}
	return u.cutRequest(line, open+beforeMethod) && u.cutStatus(line) && u.cutTexts(line, dashes)
}

// userEnd is where the time begins behind a name at i, or the end of the line: the name holds no space.
func userEnd(line []byte, i int) int {
	n := bytes.IndexByte(line[i:], '[')
	if n < 2 || bytes.IndexByte(line[i:i+n], ' ') != n-1 {
		return len(line)
	}
	return i + n
}

// cutSecond reads the time among what stands around it.
func cutSecond(in *Input, text *[beforeMethod]byte) bool {
	when := (*[timeSize]byte)(text[1:])
	if text[0] != '[' || string(text[1+timeSize:]) != beforeRequest {
		return false
	}
	return in.Scratch.second.is(when) || in.Scratch.second.read(when[:])
}

// cutRequest reads GET /cart?id=7 HTTP/1.1" at i.
func (u *usualLine) cutRequest(line []byte, i int) bool {
	space := i + firstMark(urlMarks(word(line, i)))
	if space == i || line[space] != ' ' || line[space+1] != '/' {
		return false
	}
	u.draft[event.HTTPRequestMethod] = event.String(line[i:space])
	url, query := space+1, 0
	for i = url; i+wordSize <= len(line); i += wordSize {
		for marks := urlMarks(word(line, i)); marks != 0; marks &= marks - 1 {
			at := i + firstMark(marks)
			switch line[at] {
			case ' ':
				u.addURL(line, url, query, at)
				return u.cutVersion(line, at)
			case '?':
				if query == 0 {
					query = at + 1
				}
			case '!':
			default:
				return false
			}
		}
	}
	return false
}

// addURL adds the parts of the URL between two indices; that of its query is 0 if it has none.
func (u *usualLine) addURL(line []byte, from, query, to int) {
	u.url = to
	u.draft[event.URLOriginal] = event.String(line[from:to])
	if query > 0 {
		if query < to {
			u.add(event.URLQuery, event.String(line[query:to]))
		}
		to = query - len("?")
	}
	u.draft[event.URLPath] = event.String(line[from:to])
	if at := extension(line[from:to]); at > 0 {
		u.add(event.URLExtension, event.String(line[from+at:to]))
	}
}

// cutVersion reads HTTP/1.1" behind a URL.
func (u *usualLine) cutVersion(line []byte, at int) bool {
	if at+beforeStatus > len(line) {
		return false
	}
	switch string(line[at : at+beforeStatus]) {
	case ` HTTP/1.1" `, ` HTTP/2.0" `, ` HTTP/1.0" `, ` HTTP/3.0" `:
		u.draft[event.HTTPVersion] = event.String(line[at+beforeVersion : at+beforeVersion+len("1.1")])
		return true
	}
	return false
}

// cutStatus reads 200 512, or 304 -.
func (u *usualLine) cutStatus(line []byte) bool {
	i := u.url + beforeStatus
	w := word(line, i)
	if countDigits(w) != len("200") || byte(w) == '0' || byte(w>>24) != ' ' {
		return false
	}
	u.draft[event.HTTPResponseStatusCode] = event.Number(line[i : i+len("200")])
	i += len("200 ")
	w = word(line, i)
	n := countDigits(w)
	switch {
	case n > 0:
		u.add(event.HTTPResponseBodyBytes, event.Number(line[i:i+n]))
	case byte(w) == '-':
		n = 1
	}
	u.end = i + n
	return n > 0 && n < wordSize && (n == 1 || byte(w) != '0') && (u.end == len(line) || line[u.end] == ' ')
}

// cutTexts reads "REFERRER" "AGENT", neither, or the first alone.
func (u *usualLine) cutTexts(line []byte, dashes bool) bool {
	return u.end == len(line) || u.cutText(line, event.HTTPRequestReferrer, dashes) &&
		(u.end == len(line) || u.cutText(line, event.UserAgentOriginal, dashes))
}

// cutText reads a space and a text in quotes, in front of which and behind which no backslash stands.
func (u *usualLine) cutText(line []byte, id event.ID, dashes bool) bool {
	from := u.end + len(` "`)
	if from >= len(line) || string(line[u.end:from]) != ` "` {
		return false
	}
	n := bytes.IndexByte(line[from:], '"')
	if n < 0 {
		return false
	}
	to := from + n
	if n > 1 || n == 1 && (dashes || line[from] != '-') {
		u.add(id, event.String(line[from:to]))
	}
	u.end = to + 1
	return line[to-1] != '\\' && (u.end == len(line) || line[u.end] == ' ')
}
