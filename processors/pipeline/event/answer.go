package event

import (
	"math/bits"
	"slices"
)

// Answer is fields that come together, found once for many events: those of a country, of a browser. It does not change.
// There are many, so most are seldom near the processor: it takes two lines of its cache, and the first is mostly enough.
type Answer struct {
	more   *more  // what most answers do not need
	fields uint32 // their numbers
	count  uint8
	plain  bool              // the values are in text
	ends   [maxPlain]uint8   // of the values there
	room   [usualAnswer]byte // text: JSON, value behind value
}

// more is what an answer has that is not usual.
type more struct {
	text  []byte  // in place of what is in room
	loose []Value // where the values cannot be kept as text
}

const (
	// maxPlain is how many fields of an answer can be kept as text.
	maxPlain = 12
	// usualAnswer is the most text that most answers have.
	usualAnswer = 100
	// longestAnswer is the most text an answer can have.
	longestAnswer = 255
)

// Part is a field of an answer: its number there, which is below 32, and its value.
type Part struct {
	Number uint8
	Value  Value
}

// NewAnswer returns an answer that has some fields, each once.
func NewAnswer(parts ...Part) *Answer {
	slices.SortFunc(parts, func(a, b Part) int { return int(a.Number) - int(b.Number) })
	a := &Answer{plain: len(parts) <= maxPlain, count: uint8(len(parts))}
	size := 0
	for i := range parts {
		v := parts[i].Value
		a.fields |= 1 << parts[i].Number
		size += len(v.Bytes())
		a.plain = a.plain && v.Lasts() && size <= longestAnswer
	}
	if !a.plain {
		a.more = &more{}
		for i := range parts {
			a.more.loose = append(a.more.loose, parts[i].Value)
		}
		return a
	}
	text := a.room[:0]
	for i := range parts {
		text = append(text, parts[i].Value.Bytes()...)
		a.ends[i] = uint8(len(text))
	}
	if size > usualAnswer {
		a.more = &more{text: text}
	}
	return a
}

// json is the nth value of a plain answer.
func (a *Answer) json(n int) []byte {
	begin := uint8(0)
	if n > 0 {
		begin = a.ends[n-1]
	}
	if a.more != nil {
		return a.more.text[begin:a.ends[n]]
	}
	return a.room[begin:a.ends[n]]
}

// value is the nth value.
func (a *Answer) value(n int) Value {
	if !a.plain {
		return a.more.loose[n]
	}
	v := stayingValue(KindNumber, a.json(n))
	switch *v.bytes {
	case '"':
		v.Kind = KindQuoted
	case '[', '{':
		v.Kind = KindRaw
	}
	return v
}

// Fields counts the fields.
func (a *Answer) Fields() int { return int(a.count) }

// Field returns the value of a field; ok is false if the answer does not have it.
func (a *Answer) Field(number uint8) (v Value, ok bool) {
	bit := uint32(1) << number
	if a.fields&bit == 0 {
		return v, false
	}
	return a.value(bits.OnesCount32(a.fields & (bit - 1))), true
}

// With returns an answer that has the fields of another besides, where it has none itself.
func (a *Answer) With(other *Answer) *Answer {
	var parts []Part
	for numbers := a.fields | other.fields; numbers != 0; numbers &= numbers - 1 {
		n := uint8(bits.TrailingZeros32(numbers))
		v, ok := a.Field(n)
		if !ok {
			v, _ = other.Field(n)
		}
		parts = append(parts, Part{n, v})
	}
	return NewAnswer(parts...)
}

// shape is where answers stand in a document: those of one step that have the same fields.
type shape struct {
	step   *ID     // its targets
	fields uint32  // the numbers of the fields
	name   uint32  // no other shape of the event has had it
	parts  []ID    // by part; None leaves it out
	ids    []meant // those
}

// meant is those of 64 fields, by ID, that are meant.
type meant struct {
	at   int // in what an event has of fields
	bits uint64
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

// SetAnswer sets the fields of an answer. Targets says for each number which field it is here; None leaves it out, and no field is
// named twice. It must not change, and be the same slice for all events of a step.
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
func (e *Event) announce(ids []meant) bool {
	taken := uint64(0)
	for i := range ids {
		b := &e.bits[ids[i].at]
		taken |= (b.present | b.marked) & ids[i].bits
	}
	if taken != 0 {
		return false
	}
	for i := range ids {
		b := &e.bits[ids[i].at]
		b.present |= ids[i].bits
		b.marked |= ids[i].bits
	}
	return true
}

// shapeOf is the shape of an answer in this event.
func (e *Event) shapeOf(targets []ID, a *Answer) *shape {
	at := &e.shapes[(uint64(a.fields)^uint64(targets[0]))*mix>>(64-shapeBits)]
	if s := *at; s != nil && s.step == &targets[0] && s.fields == a.fields {
		return s
	}
	e.shapesMade++
	s := &shape{step: &targets[0], fields: a.fields, name: e.shapesMade}
	for numbers := a.fields; numbers != 0; numbers &= numbers - 1 {
		id := targets[bits.TrailingZeros32(numbers)]
		if s.parts = append(s.parts, id); id != None {
			s.add(id)
		}
	}
	*at = s
	return s
}

// add adds a field.
func (s *shape) add(id ID) {
	at := int(id >> 6)
	i := slices.IndexFunc(s.ids, func(m meant) bool { return m.at == at })
	if i < 0 {
		i = len(s.ids)
		s.ids = append(s.ids, meant{at: at})
	}
	s.ids[i].bits |= bitOf(id)
}

// unpack sets the fields of an answer one by one.
func (e *Event) unpack(g given) {
	for n, id := range g.shape.parts {
		e.Set(id, g.value(n))
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
