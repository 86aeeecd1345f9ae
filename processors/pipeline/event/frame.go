package event

import "slices"

// frame is what documents with the same fields have in common besides their values: the text before each. Most lines of a
// file have the same fields, so it is cut from the schema once, and writing a document is a walk over it.
type frame struct {
	shapes []*shape // of the pairs of answers
	pieces []piece
	groups []group
	text   []byte
	last   *place // of its fields; what was written before it, if there are none

	// Of the document that was packed last: the block, and whether it began with the frame.
	epoch  uint32
	opened bool
}

// piece is one field, or some of an answer that stand side by side: the text from begin to end stands before its value. It
// fills a line of the processor's cache.
type piece struct {
	value      *Value // where the event has it, unless it is of an answer
	last       last   // of packing
	begin, end uint32
	between    uint32 // names the text: the same fields before and after have the same
	id         ID     // the field, or the first one
	answer     int8   // which of the event's answers, of which two are a pair; none: -1
	group      uint8  // of an answer: its place among those of the frame
}

// group is fields of an answer that stand side by side.
type group struct {
	run   run
	inner []inner
}

// inner is a field of a group, and the text before it.
type inner struct {
	begin, end uint32
	between    uint32
	part       uint8
}

// run names fields of answers that stand side by side: those of answers with the same name are the same.
type run uint64

func newRun(step uint32, first ID, count int) run { return run(step)<<32 | run(first)<<16 | run(count) }

// begin makes the frame anew in the memory of an old one, without fields, to stand behind a place.
func (f *frame) begin(behind *place, shapes []*shape) {
	f.shapes, f.pieces, f.groups, f.text = append(f.shapes[:0], shapes...), f.pieces[:0], f.groups[:0], f.text[:0]
	f.last, f.epoch = behind, 0
}

// add puts a field behind the last one.
func (f *frame) add(p *place, value *Value) {
	begin, between := uint32(len(f.text)), uint32(f.last.id)<<16|uint32(p.id)
	if p.number == f.last.number {
		f.text = append(f.text, p.key...)
	} else {
		common := shared(&f.last.object, &p.object)
		f.text = append(f.text, closing[len(closing)-1-int(f.last.depth)+common:]...)
		f.text = append(f.text, p.open[p.cuts[common]:]...)
	}
	f.last = p
	end := uint32(len(f.text))
	answer, part := f.answerOf(p.id)
	if n := len(f.pieces); answer < 0 || n == 0 || int(f.pieces[n-1].answer) != answer {
		f.pieces = append(f.pieces, piece{
			begin: begin, end: end, between: between, id: p.id, value: value, answer: int8(answer), group: uint8(len(f.groups)),
		})
		if answer >= 0 {
			f.groups = append(f.groups, group{})
		}
	}
	if answer >= 0 {
		g := &f.groups[len(f.groups)-1]
		g.inner = append(g.inner, inner{begin, end, between, uint8(part)})
		g.run = newRun(f.shapes[answer>>1].step, f.pieces[len(f.pieces)-1].id, len(g.inner))
	}
}

// answerOf is the answer that has a field, and its part there; -1 if none has.
func (f *frame) answerOf(id ID) (answer, part int) {
	for pair, s := range f.shapes {
		for half, ids := range s.parts {
			if part := slices.Index(ids, id); part >= 0 {
				return 2*pair + half, part
			}
		}
	}
	return -1, 0
}

// shared counts the objects that lead to both.
func shared(a, b *object) (n int) {
	for most := int(min(a.depth, b.depth)); n < most && a.chain[n] == b.chain[n]; n++ {
	}
	return n
}
