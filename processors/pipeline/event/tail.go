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

// fixedAt says where a fixed field stands among those in the order of the document.
type fixedAt struct {
	id ID
	at int
}

// tailAt is the tail of the fixed fields from the nth on, behind a field with which the nth has some objects in common.
type tailAt struct {
	nth, common int
	frame       frame
	head        []byte // what opens the objects that the nth has in common with the field before
	fields      int    // how many the event had when the frame was made: their values are where they were
	fixes       int    // of the event when the tail was rendered
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
	if !e.fixesSame(fields) {
		e.fixedFields = append(e.fixedFields[:0], fields...)
		slices.SortFunc(e.fixedFields, func(a, b Fixed) int { return cmp.Compare(e.schema.rank[a.ID], e.schema.rank[b.ID]) })
		e.fixedOrder = e.fixedOrder[:0]
		for i := range fields {
			id := fields[i].ID
			e.fixedOrder = append(e.fixedOrder, fixedAt{id, slices.IndexFunc(e.fixedFields, func(f Fixed) bool { return f.ID == id })})
		}
		e.refix()
		return
	}
	for i := range fields {
		e.fixedFields[e.fixedOrder[i].at] = fields[i]
	}
	e.settle()
	e.fixValues()
}

// fixesSame reports whether fields are those that were fixed last, but for their values.
func (e *Event) fixesSame(fields []Fixed) bool {
	if len(fields) != len(e.fixedOrder) {
		return false
	}
	for i := range fields {
		if fields[i].ID != e.fixedOrder[i].id {
			return false
		}
	}
	return true
}

// refix sets the fixed fields, again if the schema was dropped.
func (e *Event) refix() {
	e.settle()
	for i := range e.bits {
		b := &e.bits[i]
		b.present, b.fixed = b.present&^b.fixed, 0
	}
	for i := range e.fixedFields {
		id := e.fixedFields[i].ID
		e.bits[id>>6].fixed |= bitOf(id)
	}
	e.layout++
	e.tails = e.tails[:0]
	e.fixValues()
}

// fixValues sets the fixed fields to their values.
func (e *Event) fixValues() {
	for i := range e.bits {
		b := &e.bits[i]
		b.present, b.marked = b.present|b.fixed, b.fixed
	}
	e.fixedInvalid, e.touched = false, false
	for i := range e.fixedFields {
		f := &e.fixedFields[i]
		e.values[f.ID] = f.Value
		if f.Value.Kind == KindString && !utf8.Valid(f.Value.Bytes()) {
			e.fixedInvalid = true
		}
	}
	e.fixes++
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

// fixedFrom is the first of the fixed fields from a rank on.
func (e *Event) fixedFrom(rank int) (nth int) {
	for nth < len(e.fixedFields) && int(e.schema.rank[e.fixedFields[nth].ID]) < rank {
		nth++
	}
	return nth
}

// tailBehind is the tail of the fixed fields from the nth on, where last was written before; nil if there are none.
func (e *Event) tailBehind(last *place, nth int) *Tail {
	if nth == len(e.fixedFields) {
		return nil
	}
	first := e.schema.document[e.schema.rank[e.fixedFields[nth].ID]]
	common := shared(&last.object, &first.object)
	t := e.tailOf(nth, common)
	if t.tail == nil || t.fields != len(e.bits) {
		t.plan(e, first)
	}
	if t.fixes != e.fixes {
		t.render(e)
	}
	return t.tail
}

// tailOf finds where a tail is kept.
func (e *Event) tailOf(nth, common int) *tailAt {
	for i := range e.tails {
		if t := &e.tails[i]; t.nth == nth && t.common == common {
			return t
		}
	}
	e.tails = append(e.tails, tailAt{nth: nth, common: common})
	return &e.tails[len(e.tails)-1]
}

// plan plans how the fixed fields are rendered, of which the first one stands at a place.
func (t *tailAt) plan(e *Event, first *place) {
	before := place{object: first.object}
	before.depth, before.number = uint8(t.common), 0
	if t.common > 0 {
		before.number = before.chain[t.common-1]
	}
	t.head, t.fields, t.fixes = first.open[:first.cuts[t.common]], len(e.bits), 0
	t.frame.begin(&before, nil)
	for _, p := range e.schema.document[e.schema.rank[first.id]:] {
		if e.isFixed(p.id) && !p.skip {
			t.frame.add(p, &e.values[p.id])
		}
	}
}

// tailRoom is more than most tails take.
const tailRoom = 512

// render renders the fixed fields as they are now. Tails from before stay as they are: somebody may have them.
func (t *tailAt) render(e *Event) {
	room := tailRoom
	if t.tail != nil {
		room = len(t.tail.Line) + word // most values are as long as those before
	}
	line := append(append(make([]byte, 0, room), '{'), t.head...)
	open := len(line)
	line, _ = e.fill(line, &t.frame)
	line = append(line[:open], line[open+1:]...) // without the first comma
	line = append(line, closing[len(closing)-1-int(t.frame.last.depth):len(closing)-1]...)
	t.tail, t.fixes = &Tail{Line: append(line, '}'), Close: t.common + 1, Open: open}, e.fixes
}
