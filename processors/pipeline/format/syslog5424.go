package format

import (
	"bytes"
	"slices"

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
	s.pairs, s.repeated, s.loose = s.pairs[:0], false, h.tooLong()
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
	in.Scratch.setPairs(e)
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
	s.pairs, s.repeated = s.pairs[:0], false
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

// addTo notes a value of the element whose pairs begin at first; it reports false where there are too many. One name may stand
// there several times, which the RFC forbids in one element.
func (s *Scratch) addTo(e *event.Event, first int, value []byte) bool {
	if !s.add(e, event.String(value)) {
		return false
	}
	last := len(s.pairs) - 1
	id := s.pairs[last].id
	if at := slices.IndexFunc(s.pairs[:last], func(p pair) bool { return p.id == id }); at >= 0 {
		s.repeated, s.loose = true, s.loose || at < first
	}
	return true
}

// setPairs sets what was noted. The values of one name become a list, in their order.
func (s *Scratch) setPairs(e *event.Event) {
	for i := range s.pairs {
		if s.repeated && s.pairs[i].id != event.None {
			s.gather(e, i)
		}
		e.Set(s.pairs[i].id, s.pairs[i].value)
	}
}

// gather makes a list of the value at i and of those behind it that have its name, if there are any, and takes them away. An
// empty element of the same name adds nothing to it.
func (s *Scratch) gather(e *event.Event, i int) {
	buffer := e.Scratch()
	start, found := len(buffer), false
	for k := i; k < len(s.pairs); k++ {
		p := &s.pairs[k]
		if p.id != s.pairs[i].id {
			continue
		}
		if p.value.Kind == event.KindString {
			buffer, _ = event.AppendString(append(buffer, ','), p.value.Bytes())
		}
		if k > i {
			p.id, found = event.None, true
		}
	}
	if !found || len(buffer) == start {
		return
	}
	buffer[start] = '['
	buffer = append(buffer, ']')
	e.Keep(buffer)
	s.pairs[i].value = event.Raw(buffer[start:len(buffer):len(buffer)])
}
