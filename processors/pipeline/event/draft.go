package event

// Draft has the values of fields that all schemas know. They are written while nobody knows yet whether the event gets them.
type Draft [numFields]Value

// FieldSet is a set of fields that all schemas know.
type FieldSet [2]uint64

var _ [2 - (numFields+63)/64]struct{} // there are no more fields than fit

// FieldsOf is the set of some fields.
func FieldsOf(ids ...ID) FieldSet { return FieldSet{}.With(ids...) }

// With is the set with some more fields.
func (s FieldSet) With(ids ...ID) FieldSet {
	for _, id := range ids {
		s.Add(id)
	}
	return s
}

// Add adds a field.
func (s *FieldSet) Add(id ID) { s[id>>6] |= bitOf(id) }

// Draft returns where to write values of fields, which Commit sets; those that are not committed are forgotten. It is nil
// where the event has one of the fields already.
func (e *Event) Draft(fields *FieldSet) *Draft {
	b := (*[len(fields)]fieldBits)(e.bits)
	if (b[0].present|b[0].marked)&fields[0]|(b[1].present|b[1].marked)&fields[1] != 0 {
		return nil
	}
	return (*Draft)(e.values)
}

// Commit sets fields to what was written to the draft, which must have been for them.
func (e *Event) Commit(fields *FieldSet) {
	b := (*[len(fields)]fieldBits)(e.bits)
	b[0].present |= fields[0]
	b[1].present |= fields[1]
}
