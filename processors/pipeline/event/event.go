package event

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// TagInvalidUTF8 marks an event in which bytes that are not UTF-8 were replaced by U+FFFD.
const TagInvalidUTF8 = "_invalid_utf8"

// Event is one event being worked on. It is reused from line to line: Reset, then set fields, then Append.
type Event struct {
	base    *Schema
	schema  *Schema
	values  []Value     // by ID; they stay where they are for as long as there are as many bits
	bits    []fieldBits // by ID, 64 in each
	tags    []string
	scratch []byte
	most    int // paths and spellings of them that the schema knows before it is dropped
	forgot  int // how often it was
	plans   plans
	plan    *plan // of the document that is to be packed
	clock   clock
	places  places
	texts   texts
	answers answers
	joins   *joins // nil before the first is needed
	line    line
	render  []byte // memory of packing

	given      given
	shapes     shapes
	shapesMade uint32

	fixedFields  []Fixed   // in the order of the document
	fixedOrder   []fixedAt // in the order in which they were given
	fixes        int       // how often Fix was called, or had to be repeated
	layout       int       // how often others were fixed than before, and not only other values
	touched      bool      // a fixed field was set or removed since Reset
	tails        []tailAt  // those that events have had with this layout
	fixedInvalid bool      // a fixed text has to be mended
}

// New returns an empty event over a schema, which it copies when it learns paths of its own.
func New(s *Schema) *Event {
	e := &Event{base: s, most: len(s.index) + maxLearned}
	e.learnAnew()
	return e
}

// Schema returns the schema the event was made over, without what it learned.
func (e *Event) Schema() *Schema { return e.base }

// Reset forgets all fields but those of Fix. Paths learned from lines stay known up to a bound.
func (e *Event) Reset() {
	if len(e.schema.index) > e.most {
		e.learnAnew()
	}
	for i := range e.bits {
		b := &e.bits[i]
		b.present, b.marked = b.fixed, b.fixed
	}
	e.given.count = 0
	if e.touched {
		for i := range e.fixedFields {
			e.values[e.fixedFields[i].ID] = e.fixedFields[i].Value
		}
		e.touched = false
	}
	e.tags, e.scratch = e.tags[:0], e.scratch[:0]
}

// learnAnew forgets the paths of lines. What is known by IDs, which are given anew, goes with them.
func (e *Event) learnAnew() {
	e.schema = e.base.Clone()
	e.forgot++
	e.plans, e.texts, e.answers, e.shapes, e.given = plans{}, texts{}, answers{}, shapes{}, given{}
	e.values, e.bits = nil, nil
	e.grow(0)
	e.refix()
}

// Intern returns the ID of a path in this event and those that follow it until the schema forgets. Do not keep it.
func (e *Event) Intern(path []byte) ID {
	return e.grow(e.schema.InternBytes(path))
}

// InternText is Intern for a path that is a string.
func (e *Event) InternText(path string) ID { return e.grow(e.schema.Intern(path)) }

// grow makes room for what was interned.
func (e *Event) grow(id ID) ID {
	if missing := e.schema.Len() - len(e.values); missing > 0 {
		more := (missing + 63) / 64
		e.bits = append(e.bits, make([]fieldBits, more)...)
		e.values = append(e.values, make([]Value, 64*more)...)
	}
	return id
}

// InternForeign is Intern for a path that a line itself names: where Millrace decides the field, the line's goes under
// "reported.".
func (e *Event) InternForeign(path []byte) ID {
	id := e.Intern(path)
	if id != None && e.schema.ours[id] && !bytes.HasPrefix(path, []byte("reported.")) {
		return e.Intern(append([]byte("reported."), path...))
	}
	return id
}

// Generation changes whenever the IDs of learned paths lose their meaning.
func (e *Event) Generation() int { return e.forgot }

// Path returns the path of id.
func (e *Event) Path(id ID) string { return e.schema.Path(id) }

// Lookup returns the ID of a path, None if it was never seen.
func (e *Event) Lookup(path string) ID { return e.schema.Lookup(path) }

// Set sets a field. Setting None does nothing.
func (e *Event) Set(id ID, v Value) {
	at, bit := int(id>>6), bitOf(id)
	if at >= len(e.bits) || e.bits[at].marked&bit != 0 {
		e.setOver(id, v)
		return
	}
	e.values[id] = v
	e.bits[at].present |= bit
}

// setOver sets a field that is fixed, or of an answer.
func (e *Event) setOver(id ID, v Value) {
	if id != None {
		e.disturb(id)
		e.values[id] = v
		e.bits[id>>6].present |= bitOf(id)
	}
}

// Has reports whether the field is present.
func (e *Event) Has(id ID) bool { return int(id) < len(e.values) && e.isPresent(id) }

// Get returns the value of a field, or nil. It is valid until the next Set or Intern, and not to be changed where Fix gave it.
func (e *Event) Get(id ID) *Value {
	at, bit := int(id>>6), bitOf(id)
	if at >= len(e.bits) || e.bits[at].present&bit == 0 {
		return nil
	}
	if e.bits[at].marked&bit != 0 {
		e.settleField(id)
	}
	return &e.values[id]
}

// Remove removes a field.
func (e *Event) Remove(id ID) {
	if int(id) < len(e.values) {
		if e.isMarked(id) {
			e.disturb(id)
		}
		e.bits[id>>6].present &^= bitOf(id)
	}
}

// Tag adds a tag unless the event has it from us already.
func (e *Event) Tag(tag string) {
	if !e.tagged(tag) {
		e.tags = append(e.tags, tag)
	}
}

func (e *Event) tagged(tag string) bool { return slices.Contains(e.tags, tag) }

// AddedTags returns the tags added by Tag. Valid until the next Tag or Reset.
func (e *Event) AddedTags() []string { return e.tags }

// Scratch returns the event's byte arena to append to; hand the result back with Keep. What was cut from it stays valid
// until the next Reset.
func (e *Event) Scratch() []byte { return e.scratch }

// Keep stores the arena back.
func (e *Event) Keep(scratch []byte) { e.scratch = scratch }

// Each calls f for every present field, in no order that means anything.
func (e *Event) Each(f func(path string, v *Value)) {
	e.settle()
	for id := range e.schema.paths {
		if e.Has(ID(id)) && !strings.HasPrefix(e.schema.paths[id], hiddenPrefix) {
			f(e.schema.paths[id], &e.values[id])
		}
	}
}

// HasObject reports whether any field below an object path is present.
func (e *Event) HasObject(object string) bool {
	if _, known := e.schema.objects[object]; !known {
		return false
	}
	for id := range e.schema.paths {
		if below(e.schema.paths[id], object) && e.Has(ID(id)) {
			return true
		}
	}
	return false
}

// Children calls f for every present field below an object path, with the path relative to it.
func (e *Event) Children(object string, f func(rest string, v *Value)) {
	e.settle()
	for id := range e.schema.paths {
		if path := e.schema.paths[id]; below(path, object) && e.Has(ID(id)) {
			f(path[len(object)+1:], &e.values[id])
		}
	}
}

// arrange settles conflicts of leaves and objects.
func (e *Event) arrange() {
	for i := 0; i < len(e.schema.under); i++ {
		if id := e.schema.under[i]; e.Has(id) && e.HasObject(e.schema.paths[id]) {
			e.moveAside(id)
			i = -1 // paths were learned: look again
		}
	}
}

// moveAside moves a leaf that stands where an object must stand to its child "value", or the first free "value_n".
func (e *Event) moveAside(id ID) {
	e.settle()
	v, path := e.values[id], e.schema.Path(id)
	e.Remove(id)
	if v.Kind == KindRaw && string(v.Bytes()) == "{}" {
		return // an empty object says nothing beside a full one
	}
	name := path + ".value"
	for n := 2; ; n++ {
		free := e.Intern([]byte(name))
		if free == None {
			return
		}
		if !e.Has(free) && !e.HasObject(name) {
			e.Set(free, v)
			return
		}
		name = path + ".value_" + strconv.Itoa(n)
	}
}
