package event

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// Fixed is a field that stays the same from event to event.
type Fixed struct {
	ID    ID
	Value Value
}

// Tail is what a document ends in like the others of its stream. A line of AppendOwn without its last Close bytes, a
// comma, and Line without its first Open bytes are the document.
type Tail struct {
	Line  []byte // an object of the fixed fields, as a line of JSON without its newline
	Close int    // braces that close what is open before the tail
	Open  int    // braces and names that open the same in Line
}

// Join makes the document of the last line in b, which AppendOwn has written; a nil tail leaves it as it is.
func (t *Tail) Join(b []byte) []byte {
	if t == nil {
		return b
	}
	return append(append(b[:len(b)-t.Close], ','), t.Line[t.Open:]...)
}

// Equal reports whether documents that end in either are put together in the same way.
func (t *Tail) Equal(other *Tail) bool {
	return t == other || t != nil && other != nil && t.Close == other.Close && t.Open == other.Open && bytes.Equal(t.Line, other.Line)
}

// tailAt is the tail of the fixed fields from the nth on, behind a field with which the nth has some objects in common.
type tailAt struct {
	nth, common int
	tail        *Tail
}

// late says how far behind the others of their object fields and objects stand. Most that do are fixed; so are the objects
// that hold them, see topRank: what a document has in common with others is its end. What is known of a browser, and what is
// known of its system and device, stand side by side, for each comes together, see Answer.
var late = map[string]int{
	"event.created": 1, "log.file": 1, "log.file.path": 1, "host.name": 1, "service.environment": 1, "service.name": 1,
	"user_agent.name": 1, "user_agent.version": 1,
	"user_agent.device": 2, "user_agent.os": 2,
}

// Fix gives this event and all that follow it, until the next Fix, the same fields. Those that stand behind all other
// fields of an event are rendered once, as its tail. A fixed field that is set or removed otherwise is the event's own until
// the next Reset. The bytes of the values must stay unchanged.
func (e *Event) Fix(fields []Fixed) {
	e.fixedFields = append(e.fixedFields[:0], fields...)
	slices.SortFunc(e.fixedFields, func(a, b Fixed) int { return cmp.Compare(e.schema.rank[a.ID], e.schema.rank[b.ID]) })
	e.refix()
}

// refix sets the fixed fields, again if the schema was dropped.
func (e *Event) refix() {
	e.settle()
	for i := range e.bits {
		b := &e.bits[i]
		b.present, b.fixed = b.present&^b.fixed, 0
	}
	e.fixedInvalid, e.touched = false, false
	for i := range e.fixedFields {
		f := &e.fixedFields[i]
		b := &e.bits[f.ID>>6]
		b.fixed |= bitOf(f.ID)
		b.present |= bitOf(f.ID)
		e.values[f.ID] = f.Value
		if f.Value.Kind == KindString && !utf8.Valid(f.Value.Bytes()) {
			e.fixedInvalid = true
		}
	}
	for i := range e.bits {
		e.bits[i].marked = e.bits[i].fixed
	}
	e.fixes++
	e.tails = e.tails[:0] // those in use are not touched
}

// ownEnd is the rank behind the last field that is this event's own.
func (e *Event) ownEnd() int {
	end := 0
	for i := range e.bits {
		for own := e.bits[i].present ^ e.bits[i].fixed; own != 0; own &= own - 1 {
			end = max(end, int(e.schema.rank[i<<6+bits.TrailingZeros64(own)])+1)
		}
	}
	for i := len(e.fixedFields) - 1; e.touched && i >= 0; i-- {
		f := &e.fixedFields[i]
		r := int(e.schema.rank[f.ID])
		if r < end {
			break
		}
		if e.values[f.ID] != f.Value {
			return r + 1
		}
	}
	return end
}

// tailBehind is the tail of the fixed fields from a rank on, where last was written before; nil if there are none.
func (e *Event) tailBehind(last *place, end int) *Tail {
	nth := 0
	for nth < len(e.fixedFields) && int(e.schema.rank[e.fixedFields[nth].ID]) < end {
		nth++
	}
	if nth == len(e.fixedFields) {
		return nil
	}
	first := e.schema.document[e.schema.rank[e.fixedFields[nth].ID]]
	common := shared(&last.object, &first.object)
	for i := range e.tails {
		if t := &e.tails[i]; t.nth == nth && t.common == common {
			return t.tail
		}
	}
	t := e.newTail(first, common)
	e.tails = append(e.tails, tailAt{nth, common, t})
	return t
}

// tailRoom is more than most tails take.
const tailRoom = 512

// newTail renders the fixed fields from the place of one on, behind a field with common objects.
func (e *Event) newTail(first *place, common int) *Tail {
	before := place{object: first.object}
	before.depth, before.number = uint8(common), 0
	if common > 0 {
		before.number = before.chain[common-1]
	}
	line := append(append(make([]byte, 0, tailRoom), '{'), first.open[:first.cuts[common]]...)
	open := len(line)
	f := &e.tailFrame
	f.begin(&before, nil)
	for _, p := range e.schema.document[e.schema.rank[first.id]:] {
		if e.isFixed(p.id) && !p.skip {
			f.add(p, &e.values[p.id])
		}
	}
	line, _ = e.fill(line, f)
	line = append(line[:open], line[open+1:]...) // without the first comma
	line = append(line, closing[len(closing)-1-int(f.last.depth):len(closing)-1]...)
	return &Tail{Line: append(line, '}'), Close: common + 1, Open: open}
}
