package format

import (
	"github.com/millrace/millrace/processors/pipeline/event"
)

// Field is a field found in a line, not yet set in an event.
type Field struct {
	ID    event.ID
	Value event.Value
}

// Flatten appends the leaves of the JSON value in text to fields, each at its path below prefix, with nothing renamed. Of
// what follows the value, rest says how much there is.
func (in *Input) Flatten(fields []Field, prefix string, text []byte) (out []Field, rest int, err error) {
	s := &in.Scratch
	s.pairs, s.path = s.pairs[:0], append(s.path[:0], prefix...)
	r := &s.reader
	*r = reader{b: text, e: in.Event, s: s}
	r.space()
	if prefix == "" && r.peek() != '{' {
		return fields, 0, errNotObject
	}
	if err := r.field(0); err != nil {
		return fields, 0, err
	}
	r.space()
	for _, p := range s.pairs {
		fields = append(fields, Field{p.id, p.value})
	}
	return fields, len(text) - r.i, nil
}
