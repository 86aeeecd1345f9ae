package format

import (
	"bytes"
	"errors"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/layout"
)

func containerSpecs() []Spec {
	return []Spec{
		{
			Name: "cri",
			Summary: "The files of containerd and CRI-O: time, stream, tags, message. Of a message that was cut into parts and joined to one " +
				"event the parts' own headers are taken out.",
			Example: `2026-11-22T19:00:00.123456789Z stdout F listening on :8080`,
			Fields:  []string{"@timestamp", "message", "stream", "log.cri.tags"},
			Parse:   parseCRI,
		},
		{
			Name: "docker",
			Summary: "The files of Docker's json-file driver. A line that is JSON itself is read as such. Of several lines joined to one event " +
				"the messages are joined.",
			Example: `{"log":"listening on :8080\n","stream":"stdout","time":"2026-11-22T19:00:00.123456789Z"}`,
			Fields:  []string{"@timestamp", "message", "stream", "attrs.*"},
			Parse:   parseDocker,
		},
	}
}

var (
	errCRI    = errors.New("no time, stdout or stderr, and F or P at the start of the line")
	errDocker = errors.New("no JSON object with log and time")
)

// criHeader is what stands before the message.
type criHeader struct {
	time         event.Value
	stream, tags []byte
	n            int
}

func (h *criHeader) cut(in *Input, line []byte) bool {
	t, n := layout.ISO(line, in.Location)
	if n < len("2026-11-22T19:00:00Z") || line[10] != 'T' {
		return false
	}
	c := cursor{b: line, i: n}
	if !c.lit(" ") {
		return false
	}
	if h.stream = c.word(); string(h.stream) != "stdout" && string(h.stream) != "stderr" || !c.lit(" ") {
		return false
	}
	if h.tags = c.word(); len(h.tags) == 0 || h.tags[0] != 'F' && h.tags[0] != 'P' || len(h.tags) > 1 && h.tags[1] != ':' {
		return false
	}
	c.lit(" ")
	h.time, h.n = event.Time(t), c.i
	return true
}

func parseCRI(in *Input) error {
	var h criHeader
	if !h.cut(in, in.Line) {
		return errCRI
	}
	message := in.Line[h.n:]
	if bytes.IndexByte(message, '\n') >= 0 {
		message = joinCRI(in, message)
	}
	e := in.Event
	e.Set(event.Timestamp, h.time)
	setOwn(e, "stream", event.String(h.stream))
	if len(h.tags) > 1 {
		setOwn(e, "log.cri.tags", event.String(h.tags[2:]))
	}
	e.Set(event.Message, event.String(message))
	return nil
}

// joinCRI takes the headers of further lines out of a message. The pieces of one that was cut follow each other directly.
func joinCRI(in *Input, message []byte) []byte {
	buffer := in.Event.Scratch()
	start := len(buffer)
	for first := true; len(message) > 0; first = false {
		line, rest, _ := bytes.Cut(message, []byte("\n"))
		message = rest
		var h criHeader
		if !first && !h.cut(in, line) {
			buffer = append(buffer, '\n')
		}
		buffer = append(buffer, line[h.n:]...)
	}
	in.Event.Keep(buffer)
	return buffer[start:len(buffer):len(buffer)]
}

func parseDocker(in *Input) error {
	if bytes.IndexByte(in.Line, '\n') >= 0 {
		return joinDocker(in, in.Line)
	}
	return parseDockerLine(in)
}

func parseDockerLine(in *Input) error {
	line := in.Line
	if len(line) == 0 || line[0] != '{' || !bytes.Contains(line, []byte(`"log"`)) || !bytes.Contains(line, []byte(`"stream"`)) {
		return errDocker
	}
	if err := parseJSON(in); err != nil {
		return err
	}
	switch v := in.Event.Get(event.Message); {
	case v == nil:
	case v.Kind == event.KindQuoted:
		in.Event.Set(event.Message, chomp(in.Event, v.Bytes()))
	case v.Kind == event.KindString:
		in.Event.Set(event.Message, event.String(bytes.TrimRight(v.Bytes(), "\r\n")))
	}
	return nil
}

// chomp takes the line ends off the end of a JSON string without decoding it.
func chomp(e *event.Event, quoted []byte) event.Value {
	end := len(quoted) - 1
	for end >= 3 && quoted[end-2] == '\\' && (quoted[end-1] == 'n' || quoted[end-1] == 'r') && !escaped(quoted[:end-2]) {
		end -= 2
	}
	if end == len(quoted)-1 {
		return event.Quoted(quoted)
	}
	buffer := e.Scratch()
	start := len(buffer)
	buffer = append(append(buffer, quoted[:end]...), '"')
	e.Keep(buffer)
	return event.Quoted(buffer[start:len(buffer):len(buffer)])
}

// joinDocker reads an event of several lines: the message of each, the time of the first. A line that is not Docker's, for
// the event was cut within it, stays as it is.
func joinDocker(in *Input, text []byte) error {
	var message []byte
	var first event.Value
	read := 0
	for part := range bytes.SplitSeq(text, []byte("\n")) {
		if len(message) > 0 {
			message = append(message, '\n')
		}
		in.Line = part
		if parseDockerLine(in) != nil {
			message = append(message, part...)
			continue
		}
		if v := in.Event.Get(event.Message); v != nil {
			message = append(message, v.Text()...)
		}
		if v := in.Event.Get(event.Timestamp); v != nil && read == 0 {
			first = *v
		}
		read++
	}
	in.Line = text
	if read == 0 {
		return errDocker
	}
	if first.Kind != event.KindNull {
		in.Event.Set(event.Timestamp, first)
	}
	in.Event.Set(event.Message, event.String(message))
	return nil
}
