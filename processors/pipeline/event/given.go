package event

import (
	"math/bits"
	"slices"
)

// shape is where pairs of answers stand in a document: those of one step that have the same fields.
type shape struct {
	targets *ID     // of the step
	kind    uint64  // which fields both have
	next    *shape  // of those with the same hash
	name    uint32  // no other shape of the event has had it
	step    uint32  // the name of the step's first shape
	loose   bool    // one has values that are not kept as text
	parts   [2][]ID // of each, by part; None leaves it out
	ids     []meant // those
}

// meant is those of 64 fields, by ID, that are meant.
type meant struct {
	at   int // in what an event has of fields
	bits uint64
}

// given are the pairs of answers whose fields an event has, but not among its values yet: most are written as they came.
type given struct {
	count   int // of pairs
	shapes  [maxGiven]*shape
	answers [2 * maxGiven]*Answer
}

const (
	// maxGiven is how many pairs can be left as they are in one event, a power of two. More are unpacked.
	maxGiven = 4
	// shapeBits says how many shapes are found at once, as a power of two.
	shapeBits = 6
	// maxShapes is how many are known before all are forgotten. Streams have some dozens.
	maxShapes = 1024
)

// shapes are those of an event, by a hash.
type shapes struct {
	first [1 << shapeBits]*shape
	steps map[*ID]uint32 // by their targets
	count int
}

func shapeHash(targets *ID, kind uint64) uint64 {
	return (kind ^ uint64(*targets)) * mix >> (64 - shapeBits)
}

// find returns nil if there is none.
func (all *shapes) find(targets *ID, kind uint64) *shape {
	s := all.first[shapeHash(targets, kind)]
	for s != nil && (s.kind != kind || s.targets != targets) {
		s = s.next
	}
	return s
}

// SetAnswers sets the fields of two answers that come together, and have no number in common; nil has no fields. Targets
// says for each number which field it is here; None leaves it out, and no field is named twice. It must not change, and be
// the same slice for all events of a step.
func (e *Event) SetAnswers(targets []ID, a, b *Answer) {
	kind := uint64(0)
	if a != nil {
		kind = uint64(a.fields)
	}
	if b != nil {
		kind |= uint64(b.fields) << 32
	}
	if kind == 0 {
		return
	}
	s := e.shapes.find(&targets[0], kind)
	if s == nil {
		s = e.newShape(targets, kind)
	}
	g := &e.given
	n := g.count
	if s.loose || n >= maxGiven || !e.announce(s.ids) {
		e.unpack(s, a, b)
		return
	}
	g.shapes[n], g.answers[2*n], g.answers[2*n+1] = s, a, b
	g.count = n + 1
}

// all are the shapes of the pairs.
func (g *given) all() []*shape { return g.shapes[:g.count] }

// announce says that the event has some fields, which are not among the values yet. It reports whether none was there, or
// fixed; else it says nothing.
func (e *Event) announce(ids []meant) bool {
	for i := range ids {
		m := &ids[i]
		b := &e.bits[m.at]
		if (b.present|b.marked)&m.bits != 0 {
			e.retract(ids[:i])
			return false
		}
		b.present |= m.bits
		b.marked |= m.bits
	}
	return true
}

// retract takes back what announce has said.
func (e *Event) retract(ids []meant) {
	for _, m := range ids {
		b := &e.bits[m.at]
		b.present &^= m.bits
		b.marked &^= m.bits
	}
}

// newShape adds a shape to those with its hash.
func (e *Event) newShape(targets []ID, kind uint64) *shape {
	if e.shapes.count == maxShapes || e.shapes.steps == nil {
		e.shapes = shapes{steps: map[*ID]uint32{}}
	}
	e.shapes.count++
	e.shapesMade++
	if _, known := e.shapes.steps[&targets[0]]; !known {
		e.shapes.steps[&targets[0]] = e.shapesMade
	}
	first := &e.shapes.first[shapeHash(&targets[0], kind)]
	s := &shape{targets: &targets[0], kind: kind, next: *first, name: e.shapesMade, step: e.shapes.steps[&targets[0]]}
	for half := range s.parts {
		fields := uint32(kind >> (32 * half))
		s.loose = s.loose || fields&loose != 0
		for numbers := fields &^ loose; numbers != 0; numbers &= numbers - 1 {
			id := targets[bits.TrailingZeros32(numbers)]
			if s.parts[half] = append(s.parts[half], id); id != None {
				s.add(id)
			}
		}
	}
	*first = s
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

// unpack sets the fields of a pair one by one.
func (e *Event) unpack(s *shape, a, b *Answer) {
	for n, id := range s.parts[0] {
		e.Set(id, a.value(n))
	}
	for n, id := range s.parts[1] {
		e.Set(id, b.value(n))
	}
}

// settle puts all answers among the values.
func (e *Event) settle() {
	g := &e.given
	if g.count == 0 {
		return
	}
	for i := range e.bits {
		e.bits[i].marked = e.bits[i].fixed
	}
	shapes := g.all()
	g.count = 0
	for n, s := range shapes {
		e.unpack(s, g.answers[2*n], g.answers[2*n+1])
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
