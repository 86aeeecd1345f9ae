package event

import "strings"

// Fixed is a field that stays the same from event to event.
type Fixed struct {
	ID    ID
	Value Value
}

// inFrame reports whether a path lies in an object that mostly holds nothing but fixed fields.
func inFrame(path string) bool {
	object, _, nested := strings.Cut(path, ".")
	switch object {
	case "agent", "ecs", "millrace", "service":
		return nested
	}
	return false
}

// Fix gives this event and all that follow it, until the next Fix, the same fields below agent, ecs, millrace and service.
// They are rendered once, here: where an event has no other field in these objects the text is copied as it is, behind the
// other fields. Fixed fields must not be set or removed otherwise, and their bytes must stay unchanged.
func (e *Event) Fix(fields []Fixed) {
	e.fixedFields = append(e.fixedFields[:0], fields...)
	e.refix()
}

// refix sets the fixed fields, again if the schema was dropped.
func (e *Event) refix() {
	for w := range e.fixed {
		e.present[w] &^= e.fixed[w]
	}
	clear(e.fixed)
	for _, f := range e.fixedFields {
		r := int(e.schema.rank[f.ID])
		e.values[f.ID] = f.Value
		e.fixed.set(r)
		e.present.set(r)
	}
	e.frame, e.frameInvalid = e.frame[:0], false
	e.frame, e.frameInvalid = e.write(e.frame, e.fixed, nil)
}

// framed reports whether the frame is all that the event has in its objects.
func (e *Event) isFramed() bool {
	for w, word := range e.present {
		if word&e.schema.framed[w] != e.fixed[w] {
			return false
		}
	}
	return true
}
