package event

import "unsafe"

// Part is a field of an answer that many events get: its number there, and its value. It takes little memory, for caches
// hold many, and most of what they cost is waiting for it.
type Part struct {
	bytes   *byte
	num     int64 // Num, or how many bytes there are
	nano    int32
	kind    Kind
	lasting bool
	field   uint8
}

// NewPart returns a part of a value that has Bytes or Num, not both, as all have that this package makes.
func NewPart(field uint8, v Value) Part {
	p := Part{bytes: unsafe.SliceData(v.Bytes), num: v.Num, nano: v.Nano, kind: v.Kind, lasting: v.Lasting, field: field}
	if p.bytes != nil {
		p.num = int64(len(v.Bytes))
	}
	return p
}

// Field returns the number of the field.
func (p *Part) Field() uint8 { return p.field }

// Value returns the value.
func (p *Part) Value() (v Value) {
	p.unpack(&v)
	return v
}

// unpack writes the value where it is to stand: a copy of what has just been written in smaller pieces would wait for them.
func (p *Part) unpack(v *Value) {
	v.Kind, v.Lasting, v.Nano = p.kind, p.lasting, p.nano
	if p.bytes == nil {
		v.Bytes, v.Num = nil, p.num
		return
	}
	v.Bytes, v.Num = unsafe.Slice(p.bytes, int(p.num)), 0
}

// SetParts sets the fields of an answer. Targets says for each number which field it is here; None leaves it out.
func (e *Event) SetParts(targets []ID, parts []Part) {
	ranks, values, present, fixed := e.schema.rank, e.values, e.present, e.fixed
	for i := range parts {
		p := &parts[i]
		id := targets[p.field]
		if id == None {
			continue
		}
		rank := int(ranks[id])
		p.unpack(&values[id])
		present.set(rank)
		if fixed.has(rank) {
			e.touched = true
		}
	}
}
