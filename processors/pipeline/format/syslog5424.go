package format

import (
	"bytes"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/layout"
)

// header5424 is a line behind the version, - being an empty part.
type header5424 struct {
	stamp, host, app, proc, msgID, message []byte

	when event.Value
}

// parse5424 reads what follows the version: header, structured data, message.
func parse5424(in *Input, line []byte, priority, version int) error {
	var h header5424
	if err := h.cut(in, line); err != nil {
		return err
	}
	h.set(in, priority, version)
	return nil
}

// cut cuts the line into its parts. The structured data is noted in the input's scratch memory.
func (h *header5424) cut(in *Input, line []byte) error {
	// The message id may end the line where a sender leaves the structured data out.
	for _, part := range [...]*[]byte{&h.stamp, &h.host, &h.app, &h.proc, &h.msgID} {
		var ok bool
		if *part, line, ok = cutWord(line); !ok {
			return errHeader
		}
	}
	if !isDash(h.stamp) {
		t, n := layout.ISO(h.stamp, in.Location)
		if n < len("2003-10-11T22:14Z") || n != len(h.stamp) {
			return errSyslogTime
		}
		h.when = event.Time(t)
	}
	s := &in.Scratch
	s.pairs, s.loose = s.pairs[:0], h.tooLong()
	message, err := s.structured(in.Event, line)
	h.message = behindMark(message)
	return err
}

// tooLong reports whether a part is longer than the RFC lets it be.
func (h *header5424) tooLong() bool {
	const maxApp, maxProc, maxMsgID = 48, 128, 32
	return len(h.host) > maxHost || len(h.app) > maxApp || len(h.proc) > maxProc || len(h.msgID) > maxMsgID
}

// behindMark returns the message without the mark by which a sender says that its text is UTF-8.
func behindMark(message []byte) []byte {
	const mark = "\ufeff"
	if rest, ok := bytes.CutPrefix(message, []byte(mark)); ok && len(rest) > 0 && rest[0] != ' ' {
		return rest
	}
	return message
}

func isDash(b []byte) bool { return len(b) == 1 && b[0] == '-' }

// cutWord cuts a part of the header: printable ASCII up to a space.
func cutWord(line []byte) (word, rest []byte, ok bool) {
	for i, c := range line {
		if c == ' ' {
			return line[:i], line[i+1:], i > 0
		}
		if c < 0x21 || c > 0x7e {
			return nil, nil, false
		}
	}
	return nil, nil, false
}

func (h *header5424) set(in *Input, priority, version int) {
	e := in.Event
	if h.when.Kind != event.KindNull {
		e.Set(event.Timestamp, h.when)
	}
	setPriority(e, priority)
	e.Set(event.SyslogVersion, event.Int(int64(version)))
	setUnlessDash(e, event.HostHostname, h.host)
	setUnlessDash(e, event.ProcessName, h.app)
	setUnlessDash(e, event.SyslogProcID, h.proc)
	setUnlessDash(e, event.SyslogMsgID, h.msgID)
	if isNumber(h.proc) {
		setCount(e, event.ProcessPID, h.proc)
	}
	for _, p := range in.Scratch.pairs {
		e.Set(p.id, p.value)
	}
	if len(h.message) > 0 {
		e.Set(event.Message, event.String(h.message))
		setProgram(e, h.app, h.message)
	}
	if in.Scratch.loose {
		in.keepLine()
	}
}

const (
	dataPath    = "log.syslog.structured_data."
	maxDataName = 32 // letters, says the RFC
)

// structured reads the structured data into s.pairs and returns the message behind it. Data that is bracketed but does not
// keep to the RFC, as some firewalls send it, stays as text.
func (s *Scratch) structured(e *event.Event, line []byte) (message []byte, err error) {
	if len(line) == 0 || line[0] != '[' {
		word, rest, _ := bytes.Cut(line, []byte(" "))
		if !isDash(word) {
			return nil, errData
		}
		return rest, nil
	}
	i := 0
	for i < len(line) && line[i] == '[' {
		end, ok := s.element(e, line, i)
		if !ok {
			return s.oddData(e, line)
		}
		i = end
	}
	if i < len(line) && line[i] != ' ' {
		return s.oddData(e, line)
	}
	return line[min(i+1, len(line)):], nil
}

// element reads [id name="value" …] at i and returns the index behind it.
func (s *Scratch) element(e *event.Event, line []byte, i int) (end int, ok bool) {
	i++
	start := i
	for i < len(line) && line[i] != ' ' && line[i] != ']' && line[i] != '"' && line[i] != '=' && line[i] > 0x20 {
		i++
	}
	if i == start || i >= len(line) {
		return 0, false
	}
	s.path = append(append(s.path[:0], dataPath...), line[start:i]...)
	base, first := len(s.path), len(s.pairs)
	s.loose = s.loose || i-start > maxDataName
	if line[i] == ']' {
		return i + 1, s.add(e, event.Raw(emptyObject))
	}
	for i < len(line) && line[i] == ' ' {
		i++
		start = i
		for i < len(line) && line[i] != '=' && line[i] != ' ' && line[i] != ']' && line[i] != '"' {
			i++
		}
		if i == start || i >= len(line) || line[i] != '=' {
			return 0, false
		}
		s.path = append(append(s.path[:base], '.'), line[start:i]...)
		quote := skipSpaces(line, i+1)
		s.loose = s.loose || i-start > maxDataName || quote > i+1
		var value []byte
		if value, i, ok = s.dataValue(e, line, quote); !ok || !s.addTo(e, first, value) {
			return 0, false
		}
	}
	if i >= len(line) || line[i] != ']' {
		return 0, false
	}
	return i + 1, true
}

// dataValue reads a value in quotes at i and returns the index behind it; \" \\ \] are escapes.
func (s *Scratch) dataValue(e *event.Event, line []byte, i int) (value []byte, end int, ok bool) {
	if i >= len(line) || line[i] != '"' {
		return nil, 0, false
	}
	i++
	start, plain := i, true
	for ; i < len(line) && line[i] != '"'; i++ {
		switch {
		case line[i] == ']':
			s.loose = true
		case line[i] == '\\' && i+1 < len(line) && isDataEscape(line[i+1]):
			plain = false
			i++
		}
	}
	if i >= len(line) {
		return nil, 0, false
	}
	if plain {
		return line[start:i], i + 1, true
	}
	buffer := e.Scratch()
	from := len(buffer)
	for k := start; k < i; k++ {
		if line[k] == '\\' && isDataEscape(line[k+1]) {
			k++
		}
		buffer = append(buffer, line[k])
	}
	e.Keep(buffer)
	return buffer[from:len(buffer):len(buffer)], i + 1, true
}

func isDataEscape(c byte) bool { return c == '"' || c == '\\' || c == ']' }

// oddData keeps everything up to the bracket that closes the data as one text.
func (s *Scratch) oddData(e *event.Event, line []byte) (message []byte, err error) {
	s.pairs = s.pairs[:0]
	quoted := false
	for i := 1; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case ']':
			if quoted || i+1 < len(line) && line[i+1] != ' ' {
				continue
			}
			s.path = append(append(s.path[:0], dataPath...), "text"...)
			s.add(e, event.String(line[:i+1]))
			return line[min(i+2, len(line)):], nil
		}
	}
	return nil, errData
}

// add notes the value of the path in s.path; it reports false where there are too many.
func (s *Scratch) add(e *event.Event, v event.Value) bool {
	if len(s.pairs) >= maxFields {
		return false
	}
	s.pairs = append(s.pairs, pair{id: e.InternForeign(s.path), value: v})
	return true
}

// addTo notes a value of the element whose pairs begin at first. One name may stand there several times: its values become a
// list, in their order. The RFC forbids that one element does.
func (s *Scratch) addTo(e *event.Event, first int, value []byte) bool {
	id := e.InternForeign(s.path)
	for i := range s.pairs {
		if p := &s.pairs[i]; p.id == id {
			s.loose = s.loose || i < first
			p.value = listOf(e, p.value, value)
			return true
		}
	}
	if len(s.pairs) >= maxFields {
		return false
	}
	s.pairs = append(s.pairs, pair{id: id, value: event.String(value)})
	return true
}

// listOf is a list of what a value has, text or a list, and one more text.
func listOf(e *event.Event, v event.Value, text []byte) event.Value {
	buffer := e.Scratch()
	start := len(buffer)
	switch has := v.Bytes(); {
	case v.Kind == event.KindString:
		buffer, _ = event.AppendString(append(buffer, '['), has)
		buffer = append(buffer, ',')
	case has[0] == '[':
		buffer = append(append(buffer, has[:len(has)-len("]")]...), ',')
	default: // an element without anything, of the same name
		buffer = append(buffer, '[')
	}
	buffer, _ = event.AppendString(buffer, text)
	buffer = append(buffer, ']')
	e.Keep(buffer)
	return event.Raw(buffer[start:len(buffer):len(buffer)])
}
