package format

import (
	"bytes"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/layout"
)

// header5424 is the header behind the version, - being an empty part.
type header5424 struct {
	when, host, app, proc, msgID []byte
}

// parse5424 reads what follows the version: header, structured data, message.
func parse5424(in *Input, line []byte, priority, version int) error {
	var h header5424
	var ok bool
	for _, part := range [...]*[]byte{&h.when, &h.host, &h.app, &h.proc} {
		if *part, line, ok = cutWord(line); !ok {
			return errHeader
		}
	}
	// The message id may end the line where a sender leaves the structured data out.
	if h.msgID, line, ok = cutWord(line); !ok {
		return errHeader
	}
	var when event.Value
	if !isDash(h.when) {
		t, n := layout.ISO(h.when, in.Location)
		if n < len("2003-10-11T22:14Z") || n != len(h.when) {
			return errSyslogTime
		}
		when = event.Time(t)
	}
	s := &in.Scratch
	s.pairs = s.pairs[:0]
	message, err := s.structured(in.Event, line)
	if err != nil {
		return err
	}
	h.set(in.Event, when, priority, version)
	for _, p := range s.pairs {
		in.Event.Set(p.id, p.value)
	}
	if len(message) > 0 {
		in.Event.Set(event.Message, event.String(message))
		setProgram(in.Event, h.app, message)
	}
	return nil
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

func (h *header5424) set(e *event.Event, when event.Value, priority, version int) {
	if when.Kind != event.KindNull {
		e.Set(event.Timestamp, when)
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
}

const dataPath = "log.syslog.structured_data."

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
	base := len(s.path)
	if line[i] == ']' {
		return i + 1, s.add(e, event.Raw(emptyObject))
	}
	for i < len(line) && line[i] == ' ' {
		i++
		start = i
		for i < len(line) && line[i] != '=' && line[i] != ' ' && line[i] != ']' && line[i] != '"' {
			i++
		}
		if i == start || i+1 >= len(line) || line[i] != '=' || line[i+1] != '"' {
			return 0, false
		}
		s.path = append(append(s.path[:base], '.'), line[start:i]...)
		var value []byte
		if value, i, ok = dataValue(e, line, i+2); !ok || !s.add(e, event.String(value)) {
			return 0, false
		}
	}
	if i >= len(line) || line[i] != ']' {
		return 0, false
	}
	return i + 1, true
}

// dataValue reads a value up to its quote at i and returns the index behind it; \" \\ \] are escapes.
func dataValue(e *event.Event, line []byte, i int) (value []byte, end int, ok bool) {
	start, plain := i, true
	for ; i < len(line) && line[i] != '"'; i++ {
		if line[i] == '\\' && i+1 < len(line) && isDataEscape(line[i+1]) {
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
