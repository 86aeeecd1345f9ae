package format

import (
	"bytes"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/layout"
)

// header3164 is a line of RFC 3164 cut into its parts.
type header3164 struct {
	when               time.Time
	host, tag, message []byte
	loose              bool // it breaks the rules
}

// parse3164 reads time, host, tag and message.
func parse3164(in *Input, line []byte, priority int) error {
	var h header3164
	if err := h.cut(in, line); err != nil {
		return err
	}
	setPriority(in.Event, priority)
	h.set(in.Event)
	if h.loose && priority >= 0 {
		in.keepLine()
	}
	return nil
}

func (h *header3164) cut(in *Input, line []byte) error {
	if len(line) > 0 && line[0] == ' ' {
		line = bytes.TrimLeft(line, " ")
	}
	n := h.cutTime(in, line)
	if n == 0 {
		return errSyslogTime
	}
	if n < len(line) && line[n] == ':' {
		n++ // Cisco
	}
	h.message = bytes.TrimLeft(line[n:], " ")
	if h.host == nil {
		h.host, h.message = cutHost(h.message)
	}
	if len(h.host) > maxHost {
		return errSyslogHost
	}
	if beginsCisco(h.message) { // behind the time and the host that another daemon has put before it
		_, n := ciscoHead(h.message)
		if _, end := layout.Any(h.message[n:], in.At, in.Location); end > 0 && n+end < len(h.message) && h.message[n+end] == ':' {
			h.message = bytes.TrimLeft(h.message[n+end+1:], " ")
		}
	}
	if tag, message, ok := cutTag(h.message); ok {
		h.tag, h.message = tag, message
	}
	return nil
}

// stampSize is how long a time without a fraction is whose day has two digits, or a blank and one.
const stampSize = len("Nov 22 19:00:00")

// stampRead is a time that was read: a busy host writes many lines in one second. Which year it is in depends on when it was
// read.
type stampRead struct {
	text [stampSize]byte
	at   time.Time
	zone *time.Location
	when time.Time
}

// is reports whether a line begins with the same time, and is sure to end it there.
func (s *stampRead) is(in *Input, line []byte) bool {
	return len(line) > stampSize && line[stampSize] == ' ' && bytes.Equal(line[:stampSize], s.text[:]) &&
		s.at.Equal(in.At) && s.zone == in.Location && !zoneFollows(line, stampSize) && !yearFollows(line)
}

func (s *stampRead) keep(in *Input, line []byte, n int, when time.Time) {
	if n == stampSize {
		*s = stampRead{text: [stampSize]byte(line), at: in.At, zone: in.Location, when: when}
	}
}

// cutTime reads the time and returns the index behind it, or 0. A space or a colon follows.
func (h *header3164) cutTime(in *Input, line []byte) (n int) {
	last := &in.Scratch.stamp
	if last.is(in, line) {
		h.when = last.when
		return stampSize
	}
	if yearFollows(line) {
		h.when, n = layout.Any(yearBeforeClock(line), in.At, in.Location)
		return n
	}
	if h.when, n = layout.Syslog(line, in.At, in.Location); n > 0 && !zoneFollows(line, n) {
		last.keep(in, line, n, h.when)
		return ended(line, n)
	}
	if h.when, n = layout.ISO(line, in.Location); n > 0 {
		h.loose = len(line) > len("2003-10-11") && line[len("2003-10-11")] != 'T'
		return ended(line, n)
	}
	var host []byte
	from := 0
	if beginsCisco(line) {
		host, from = ciscoHead(line)
	}
	if from >= len(line) || isDigit(line[from]) {
		return 0 // such a time begins with a month or a weekday
	}
	if h.when, n = layout.Any(line[from:], in.At, in.Location); n == 0 {
		return 0
	}
	if n += from; from > 0 && (n >= len(line) || line[n] != ':') {
		return 0
	}
	h.host = host
	return ended(line, n)
}

// ended returns n where a time of syslog can end.
func ended(line []byte, n int) int {
	if n < len("Feb 9 21:19:40") || n < len(line) && line[n] != ' ' && line[n] != ':' {
		return 0
	}
	return n
}

// zoneFollows reports whether a short word and the % of Cisco stand at i: UTC: %SYS-5-CONFIG_I.
func zoneFollows(line []byte, i int) bool {
	const longest = len(" CEST: %")
	if i+longest > len(line) || line[i] != ' ' || line[i+1] < 'A' || line[i+1] > 'Z' {
		return false
	}
	return bytes.Contains(line[i:i+longest], []byte(": %"))
}

// clockAt is where the clock stands in a time of stampSize.
const clockAt = len("Nov 22 ")

// yearFollows reports whether a line begins with a time and the year behind it, as access points of Aruba write it:
// Nov 22 19:00:00 2026.
func yearFollows(line []byte) bool {
	const end = stampSize + len(" 2026")
	return len(line) > end && line[stampSize+1] == '2' && line[stampSize+2] == '0' && line[end] == ' ' && line[stampSize] == ' ' &&
		line[clockAt+len("19")] == ':' && isNumber(line[stampSize+1:end])
}

// yearBeforeClock returns such a time with its year where others have it, and as long.
func yearBeforeClock(line []byte) []byte {
	moved := make([]byte, 0, stampSize+len(" 2026"))
	moved = append(moved, line[:clockAt]...)
	moved = append(moved, line[stampSize+1:cap(moved)]...)
	return append(moved, line[clockAt-1:stampSize]...)
}

// beginsCisco reports whether a text begins as ciscoHead may.
func beginsCisco(b []byte) bool {
	return len(b) > 0 && b[0] < 'A' && (isDigit(b[0]) || b[0] == ':' || b[0] == '*' || b[0] == '.')
}

// ciscoHead reads what IOS puts before the time, and returns its length: a counter, a sequence number and its host name, each
// before a colon and any of them missing, then the mark of a clock that is not set: "643: 000104: switch-1: *". An ASA that writes
// as IOS does has a colon alone, and no blank behind it.
func ciscoHead(line []byte) (host []byte, n int) {
	if len(line) > 1 && line[0] == ':' && line[1] != ' ' {
		return nil, 1
	}
	const mostParts = 3
	for range mostParts {
		part, rest, ok := bytes.Cut(line[n:], []byte(": "))
		if !ok || bytes.IndexByte(part, ' ') >= 0 || n > 0 && len(part) == 0 {
			break
		}
		if !isNumber(part) {
			host = part
		}
		n = len(line) - len(rest)
	}
	for n < len(line) && line[n] == ' ' {
		n++
	}
	if n < len(line) && (line[n] == '*' || line[n] == '.') {
		n++
	}
	if len(host) == 0 {
		host = nil
	}
	return host, n
}

func (h *header3164) set(e *event.Event) {
	e.Set(event.Timestamp, event.Time(h.when))
	if h.host != nil {
		e.Set(event.HostHostname, event.String(h.host))
	}
	if h.tag != nil {
		setTag(e, h.tag)
	}
	if len(h.message) > 0 || h.tag != nil {
		e.Set(event.Message, event.String(h.message))
	}
	setProgram(e, programOf(h.tag), h.message)
}

// programOf is the name in a tag: sshd of sshd[2742].
func programOf(tag []byte) []byte {
	if at := bytes.IndexByte(tag, '['); at > 0 {
		return tag[:at]
	}
	return tag
}

// Bounds of a header; what is longer is none.
const (
	maxHost = 255
	maxTag  = 128
)

// cutHost cuts the host off; a line written locally starts with its tag instead. Behind the host a colon may stand.
func cutHost(b []byte) (host, rest []byte) {
	at := bytes.IndexByte(b, ' ')
	if at < 0 {
		if len(b) == 0 || bytes.IndexByte(b, ':') >= 0 || b[len(b)-1] == ']' {
			return nil, b
		}
		return b, nil
	}
	if at == 0 || b[at-1] == ':' || bytes.IndexByte(b[:at], '\n') >= 0 {
		return nil, b
	}
	host, rest = b[:at], b[at+1:]
	if len(rest) > 0 && (rest[0] == ' ' || rest[0] == ':') {
		rest = bytes.TrimLeft(bytes.TrimPrefix(bytes.TrimLeft(rest, " "), []byte(": ")), " ")
	}
	return host, rest
}

// cutTag cuts name: or name[pid]: off. A name with spaces is taken for one only if a bracket ends it, as macOS writes
// "Google Chrome[85294]:".
func cutTag(b []byte) (tag, message []byte, ok bool) {
	at := bytes.IndexByte(b, ':')
	for at > 0 && at+1 < len(b) && b[at+1] != ' ' && b[at-1] != ']' && at < maxTag {
		next := bytes.IndexByte(b[at+1:], ':') // a colon inside a name
		if next < 0 || bytes.IndexByte(b[:at], ' ') >= 0 {
			return nil, nil, false
		}
		at += 1 + next
	}
	if at <= 0 || at > maxTag {
		return nil, nil, false
	}
	tag = b[:at]
	if end := tag[at-1]; bytes.IndexByte(tag, ' ') >= 0 && end != ']' && end != ')' {
		return nil, nil, false
	}
	message = b[at+1:]
	if len(message) > 0 && message[0] == ' ' {
		message = message[1:]
	}
	return tag, message, true
}

// setTag sets the name of the process and what stands in brackets behind it: its number, mostly.
func setTag(e *event.Event, tag []byte) {
	if open := bytes.LastIndexByte(tag, '['); open > 0 && tag[len(tag)-1] == ']' {
		switch id := tag[open+1 : len(tag)-1]; {
		case isNumber(id):
			setCount(e, event.ProcessPID, id)
			tag = tag[:open]
		case len(id) > 0 && bytes.IndexByte(tag, ' ') < 0:
			e.Set(event.SyslogProcID, event.String(id))
			tag = tag[:open]
		}
	}
	e.Set(event.ProcessName, event.String(tag))
}
