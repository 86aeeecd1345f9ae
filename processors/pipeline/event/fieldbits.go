package event

import "math/bits"

// fieldBits says of 64 fields, by ID, what an event has of them.
type fieldBits struct {
	present uint64
	fixed   uint64 // all events have it
	marked  uint64 // it is fixed, or of an answer that is not among the values yet
}

func bitOf(id ID) uint64 { return 1 << (id & 63) }

// isPresent reports whether the event has a field that its schema knows.
func (e *Event) isPresent(id ID) bool { return e.bits[id>>6].present&bitOf(id) != 0 }

func (e *Event) isFixed(id ID) bool { return e.bits[id>>6].fixed&bitOf(id) != 0 }

func (e *Event) isMarked(id ID) bool { return e.bits[id>>6].marked&bitOf(id) != 0 }

// Count returns how many fields are present.
func (e *Event) Count() (n int) {
	for i := range e.bits {
		n += bits.OnesCount64(e.bits[i].present)
	}
	return n
}
