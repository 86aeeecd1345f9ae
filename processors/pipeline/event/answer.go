package event

import (
	"math/bits"
	"slices"
	"sync/atomic"

	"github.com/millrace/millrace/internal/packed"
)

// Answer is fields that come together, found once for many events: those of a country, of a browser. It does not change.
// There are many, so most are seldom near the processor: it takes two lines of its cache, and the first is mostly enough.
type Answer struct {
	name   uint64 // no other answer has it
	more   *more  // what most answers do not need
	fields uint32 // their numbers, and loose
	count  uint8
	ends   [maxPlain]uint8   // of the values in text
	room   [usualAnswer]byte // text: JSON, value behind value
}

// more is what an answer has that is not usual.
type more struct {
	text  []byte  // in place of what is in room
	loose []Value // of an answer that is loose
}

const (
	// loose is set among the fields of an answer whose values cannot be kept as text.
	loose = 1 << 31
	// maxPlain is how many fields of an answer can be kept as text.
	maxPlain = 12
	// usualAnswer is the most text that most answers have.
	usualAnswer = 95
	// longestAnswer is the most text an answer can have.
	longestAnswer = 255
)

// Part is a field of an answer: its number there, which is below 31, and its value.
type Part struct {
	Number uint8
	Value  Value
}

// names gives answers their names: what is known of one is kept by its name, and never taken for that of another.
var names atomic.Uint64

// NewAnswer returns an answer that has some fields, each once.
func NewAnswer(parts ...Part) *Answer {
	slices.SortFunc(parts, func(a, b Part) int { return int(a.Number) - int(b.Number) })
	a := &Answer{name: names.Add(1), count: uint8(len(parts))}
	plain, size := len(parts) <= maxPlain, 0
	for i := range parts {
		v := parts[i].Value
		a.fields |= 1 << parts[i].Number
		size += len(v.Bytes())
		plain = plain && v.Lasts() && size <= longestAnswer
	}
	if !plain {
		a.fields |= loose
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
func (a *Answer) json(nth uint8) []byte {
	begin := uint8(0)
	if nth > 0 {
		begin = a.ends[nth-1]
	}
	if a.more != nil {
		return a.more.text[begin:a.ends[nth]]
	}
	return a.room[begin:a.ends[nth]]
}

// brief is the nth value of a plain answer and what stands behind it, or nil if it is too long, or more does not stand there.
func (a *Answer) brief(nth uint8) (text *[packed.Brief]byte, n int) {
	begin, end := 0, int(a.ends[nth])
	if nth > 0 {
		begin = int(a.ends[nth-1])
	}
	if n = end - begin; n > packed.Brief || begin > usualAnswer-packed.Brief || a.more != nil {
		return nil, 0
	}
	return (*[packed.Brief]byte)(a.room[begin:]), n
}

// value is the nth value.
func (a *Answer) value(n int) Value {
	if a.fields&loose != 0 {
		return a.more.loose[n]
	}
	v := stayingValue(KindNumber, a.json(uint8(n)))
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
	for numbers := (a.fields | other.fields) &^ loose; numbers != 0; numbers &= numbers - 1 {
		n := uint8(bits.TrailingZeros32(numbers))
		v, ok := a.Field(n)
		if !ok {
			v, _ = other.Field(n)
		}
		parts = append(parts, Part{n, v})
	}
	return NewAnswer(parts...)
}
