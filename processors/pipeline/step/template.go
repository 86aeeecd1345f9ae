package step

import (
	"errors"
	"fmt"
	"strings"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// template is text with fields in it: {{{field}}} or {{field}}, which mean the same. A missing field is empty text.
type template struct {
	pieces []piece
}

// piece is literal text, or a field where the ID is not None.
type piece struct {
	text []byte
	id   event.ID
}

func parseTemplate(text string, schema *event.Schema) (template, error) {
	var t template
	for text != "" {
		open := strings.Index(text, "{{")
		if open < 0 {
			break
		}
		if open > 0 {
			t.pieces = append(t.pieces, piece{text: []byte(text[:open]), id: event.None})
		}
		fence := "}}"
		inner := text[open+2:]
		if strings.HasPrefix(inner, "{") {
			fence, inner = "}}}", inner[1:]
		}
		end := strings.Index(inner, fence)
		if end < 0 {
			return t, fmt.Errorf("%q does not end with %s", text[open:], fence)
		}
		name := strings.TrimPrefix(strings.TrimSpace(inner[:end]), "ctx.")
		if name == "" || strings.ContainsAny(name, " {}#^/!>&") {
			return t, fmt.Errorf("%q is not a field; write {{{field}}}", name)
		}
		t.pieces = append(t.pieces, piece{id: intern(schema, name)})
		text = inner[end+len(fence):]
	}
	if text != "" {
		t.pieces = append(t.pieces, piece{text: []byte(text), id: event.None})
	}
	return t, nil
}

// constant returns the text of a template without fields.
func (t *template) constant() (text []byte, ok bool) {
	for _, p := range t.pieces {
		if p.id != event.None {
			return nil, false
		}
		text = append(text, p.text...)
	}
	return text, true
}

// maxRendered bounds the text of a template; a raw record is no larger.
const maxRendered = 256 << 10

var errRendered = errors.New("the value would have more than 256 KiB")

// render returns the text for an event; it lies in the event's scratch memory.
func (t *template) render(e *event.Event) ([]byte, error) {
	buffer := e.Scratch()
	start := len(buffer)
	for _, p := range t.pieces {
		if p.id == event.None {
			buffer = append(buffer, p.text...)
		} else if v := e.Get(p.id); v != nil {
			buffer = append(buffer, v.Text()...)
		}
		if len(buffer)-start > maxRendered {
			return nil, errRendered
		}
	}
	e.Keep(buffer)
	return buffer[start:len(buffer):len(buffer)], nil
}
