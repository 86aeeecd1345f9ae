package event

import "slices"

// Answer is fields that come together, found once for many events: those of a country, of a browser. It does not change
// once it is made.
type Answer struct {
	parts  []part // by number
	fields uint64 // their numbers
	plain  bool   // all values stay, and can be written as they are
}

// part is a field of an answer: its number there, and its value.
type part struct {
	field uint8
	value Value
}

// NewAnswer returns an answer without fields.
func NewAnswer() *Answer { return &Answer{plain: true} }

// Add gives the answer a field while it is made. Fields have numbers below 64, which say what they are.
func (a *Answer) Add(field uint8, v Value) {
	at := 0
	for at < len(a.parts) && a.parts[at].field < field {
		at++
	}
	a.parts = slices.Insert(a.parts, at, part{field, v})
	a.fields |= 1 << field
	a.plain = a.plain && v.Lasts()
}

// Fields counts the fields.
func (a *Answer) Fields() int { return len(a.parts) }

// Field returns the value of a field; ok is false if the answer does not have it.
func (a *Answer) Field(field uint8) (v Value, ok bool) {
	for i := range a.parts {
		if a.parts[i].field == field {
			return a.parts[i].value, true
		}
	}
	return v, false
}

// With returns an answer that has the fields of another besides, where it has none itself.
func (a *Answer) With(other *Answer) *Answer {
	both := &Answer{slices.Clone(a.parts), a.fields, a.plain}
	for i := range other.parts {
		if p := &other.parts[i]; a.fields&(1<<p.field) == 0 {
			both.Add(p.field, p.value)
		}
	}
	return both
}

// shape is where answers stand in a document: those of one step that have the same fields.
type shape struct {
	step   *ID    // its targets
	fields uint64 // the numbers of the fields
	name   uint32 // no other shape of the event has had it
	parts  []ID   // by part; None leaves it out
	ids    bitset // those
}

// given is an answer whose fields an event has, but not among its values yet: most answers are written as they came.
type given struct {
	*Answer
	shape *shape
}

const (
	// maxGiven is how many answers can be left as they are in one event. More are unpacked.
	maxGiven = 8
	// shapeBits says how many shapes are known, as a power of two.
	shapeBits = 6
)

// shapes are those of an event, by a hash.
type shapes [1 << shapeBits]*shape

// SetAnswer sets the fields of an answer. Targets says for each number which field it is here; None leaves it out. It must
// not change, and be the same slice for all events of a step.
func (e *Event) SetAnswer(targets []ID, a *Answer) {
	if a.fields == 0 {
		return
	}
	s := e.shapeOf(targets, a)
	if !a.plain || len(e.given) == maxGiven || !e.announce(s.ids) {
		e.unpack(given{a, s})
		return
	}
	e.given = append(e.given, given{a, s})
}

// announce says that the event has some fields, which are not among the values yet. It reports whether none was there, or
// fixed.
func (e *Event) announce(ids bitset) bool {
	all := e.bits[:len(ids)]
	taken := uint64(0)
	for i, word := range ids {
		taken |= (all[i].present | all[i].marked) & word
	}
	if taken != 0 {
		return false
	}
	for i, word := range ids {
		all[i].present |= word
		all[i].marked |= word
	}
	return true
}

// shapeOf is the shape of an answer in this event.
func (e *Event) shapeOf(targets []ID, a *Answer) *shape {
	at := &e.shapes[(a.fields^uint64(targets[0]))*mix>>(64-shapeBits)]
	if s := *at; s != nil && s.step == &targets[0] && s.fields == a.fields {
		return s
	}
	e.shapesMade++
	s := &shape{step: &targets[0], fields: a.fields, name: e.shapesMade, ids: make(bitset, len(e.bits))}
	for i := range a.parts {
		id := targets[a.parts[i].field]
		if s.parts = append(s.parts, id); id != None {
			s.ids.set(int(id))
		}
	}
	*at = s
	return s
}

// unpack sets the fields of an answer one by one.
func (e *Event) unpack(g given) {
	for i, id := range g.shape.parts {
		e.Set(id, g.parts[i].value)
	}
}

// settle puts all answers among the values.
func (e *Event) settle() {
	if len(e.given) == 0 {
		return
	}
	all := e.given
	e.given = e.given[:0]
	for i := range e.bits {
		e.bits[i].marked = e.bits[i].fixed
	}
	for _, g := range all {
		e.unpack(g)
	}
}

// settleField settles if a field is among those of answers.
func (e *Event) settleField(id ID) {
	if e.isMarked(id) && !e.isFixed(id) {
		e.settle()
	}
}

// disturb makes a field that is fixed, or of an answer, the event's own: it is set or removed.
func (e *Event) disturb(id ID) {
	if e.isFixed(id) {
		e.touched = true
		return
	}
	e.settle()
}
