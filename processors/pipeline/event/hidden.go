package event

import "strings"

// InternHidden returns the ID of a path below "_ingest.", which steps can read and write and which is never part of the
// document. Lines cannot reach it: what they put there goes under "reported.".
func (s *Schema) InternHidden(path string) ID {
	if id, ok := s.index[path]; ok {
		return id
	}
	return s.add(path)
}

// InternHidden is that of the event's own schema. Do not keep the ID.
func (e *Event) InternHidden(path string) ID {
	return e.grow(e.schema.InternHidden(path))
}

// InternOwn is InternForeign for a path that a step puts together: it may lie among the hidden fields.
func (e *Event) InternOwn(path []byte) ID {
	if strings.HasPrefix(string(path), hiddenPrefix) {
		return e.InternHidden(string(path))
	}
	return e.InternForeign(path)
}
