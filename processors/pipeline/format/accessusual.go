package format

import (
	"bytes"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// usualLine is an access line of the shape that nearly all have, cut in one pass from left to right:
//
//	203.0.113.7 - - [22/Nov/2026:19:00:00 +0100] "GET /cart?id=7 HTTP/1.1" 200 512 "REFERRER" "AGENT"
//
// It has an address of IPv4 and nobody logged in, a path without a fragment, and no quotes but those around its fields, of
// which the last or the last two may be missing. Any other is for accessLine, which takes more care and more time.
type usualLine struct {
	line []byte // nil: it is none
	time event.Value
	end  int // of the last known part

	address, method, path, query, url, version, status, size, referrer, agent span
}

// span is a part of a line; an empty one is missing.
type span struct{ from, to int }

func (s span) of(line []byte) []byte { return line[s.from:s.to] }

const (
	beforeTime    = " - - ["
	timeSize      = len("07/Dec/2016:10:43:23 +0100")
	beforeRequest = `] "`
	beforeMethod  = len(beforeTime) + timeSize + len(beforeRequest)
	beforeVersion = len(" HTTP/")
	beforeStatus  = len(` HTTP/1.1" `)
)

// cut reports whether the line is a usual one.
func (u *usualLine) cut(in *Input) bool {
	line := in.Line
	u.address.to = ipv4(line)
	if u.address.to == 0 || !u.cutTime(in) || !u.cutRequest(line) || !u.cutStatus(line) || !u.cutTexts(line) {
		return false
	}
	u.line = line
	return true
}

// cutTime reads the time, which most often is that of the line before.
func (u *usualLine) cutTime(in *Input) bool {
	if len(in.Line) < u.address.to+beforeMethod {
		return false
	}
	text := (*[beforeMethod]byte)(in.Line[u.address.to:])
	if string(text[:len(beforeTime)]) != beforeTime || string(text[len(beforeTime)+timeSize:]) != beforeRequest {
		return false
	}
	when := (*[timeSize]byte)(text[len(beforeTime):])
	if last := &in.Scratch.second; last.is(when) {
		u.time = last.value
		return true
	}
	if !isDigit(when[0]) || when[2] != '/' {
		return false
	}
	var err error
	u.time, err = in.accessTime(when[:])
	return err == nil
}

// cutRequest reads GET /cart?id=7 HTTP/1.1".
func (u *usualLine) cutRequest(line []byte) bool {
	i := u.address.to + beforeMethod
	if i+2*wordSize > len(line) {
		return false
	}
	letters := firstMark(urlMarks(word(line, i)))
	u.method = span{i, i + letters}
	if i += letters; letters == 0 || line[i] != ' ' || line[i+1] != '/' {
		return false
	}
	u.url.from, u.path.from = i+1, i+1
	for i++; i+wordSize <= len(line); i += wordSize {
		for marks := urlMarks(word(line, i)); marks != 0; marks &= marks - 1 {
			at := i + firstMark(marks)
			switch line[at] {
			case ' ':
				return u.endURL(line, at)
			case '?':
				if u.path.to == 0 {
					u.path.to, u.query.from = at, at+1
				}
			case '!':
			default:
				return false
			}
		}
	}
	return false
}

// endURL ends the URL, behind which the version ends the request.
func (u *usualLine) endURL(line []byte, at int) bool {
	u.url.to = at
	if u.path.to == 0 {
		u.path.to = at
	} else {
		u.query.to = at
	}
	if at+beforeStatus > len(line) {
		return false
	}
	switch string(line[at : at+beforeStatus]) {
	case ` HTTP/1.1" `, ` HTTP/2.0" `, ` HTTP/1.0" `, ` HTTP/3.0" `:
		u.version = span{at + beforeVersion, at + beforeVersion + len("1.1")}
		return true
	}
	return false
}

// cutStatus reads 200 512, or 304 -.
func (u *usualLine) cutStatus(line []byte) bool {
	i := u.url.to + beforeStatus
	w := word(line, i)
	if countDigits(w) != len("200") || byte(w) == '0' || byte(w>>24) != ' ' {
		return false
	}
	u.status = span{i, i + len("200")}
	i += len("200 ")
	w = word(line, i)
	n := countDigits(w)
	if u.size = (span{i, i + n}); n == 0 && byte(w) == '-' {
		n++
	}
	u.end = i + n
	return n > 0 && n < wordSize && (n == 1 || byte(w) != '0') && (u.end == len(line) || line[u.end] == ' ')
}

// cutTexts reads "REFERRER" "AGENT", neither, or the first alone.
func (u *usualLine) cutTexts(line []byte) (ok bool) {
	if u.end == len(line) {
		return true
	}
	if u.referrer, ok = u.cutText(line); !ok || u.end == len(line) {
		return ok
	}
	u.agent, ok = u.cutText(line)
	return ok
}

// cutText reads a space and a text in quotes, in front of which and behind which no backslash stands.
func (u *usualLine) cutText(line []byte) (s span, ok bool) {
	rest := line[u.end:]
	if len(rest) < len(` ""`) || rest[0] != ' ' || rest[1] != '"' {
		return s, false
	}
	n := bytes.IndexByte(rest[2:], '"')
	if n < 0 {
		return s, false
	}
	s.from = u.end + 2
	s.to = s.from + n
	u.end = s.to + 1
	return s, line[s.to-1] != '\\' && (u.end == len(line) || line[u.end] == ' ')
}

// set sets the fields of the line.
func (u *usualLine) set(e *event.Event, dashes bool) {
	line := u.line
	e.Set(event.Timestamp, u.time)
	address := u.address.of(line)
	if dashes {
		e.Set(event.UserName, event.String(line[len(address)+len(" - "):][:1]))
	}
	e.Set(event.SourceAddress, event.String(address))
	e.Set(event.SourceIP, event.String(address))
	e.Set(event.HTTPVersion, event.String(u.version.of(line)))
	e.Set(event.HTTPRequestMethod, event.String(u.method.of(line)))
	e.Set(event.URLOriginal, event.String(u.url.of(line)))
	if u.query.from < u.query.to {
		e.Set(event.URLQuery, event.String(u.query.of(line)))
	}
	setPath(e, u.path.of(line))
	e.Set(event.HTTPResponseStatusCode, event.Number(u.status.of(line)))
	if u.size.from < u.size.to {
		e.Set(event.HTTPResponseBodyBytes, event.Number(u.size.of(line)))
	}
	set := setUnlessDash
	if dashes {
		set = setText
	}
	set(e, event.UserAgentOriginal, u.agent.of(line))
	set(e, event.HTTPRequestReferrer, u.referrer.of(line))
}
