package event

import "math/bits"

// frame is what documents with the same fields have in common besides their values: the text before each. Most lines of a
// file have the same fields, so it is cut from the schema once, and writing a document is a walk over it.
type frame struct {
	behind *place // what was written before it
	first  int    // index of the first word of fields
	fields bitset // those it was made for
	pieces []piece
	text   []byte
	last   *place // of its fields; behind, if there are none

	// Of the document that was packed last: the block, and whether it began with the frame.
	epoch  uint32
	opened bool
}

// piece is one field: the text up to end stands before its value.
type piece struct {
	id     ID
	object uint16 // its number
	end    uint32
	text   uint32 // names the text before it: the same fields before and after have the same
	last   last   // of packing
}

// start is where the text before a piece begins.
func (f *frame) start(piece int) uint32 {
	if piece == 0 {
		return 0
	}
	return f.pieces[piece-1].end
}

// frames are those an event has used lately, by a hash of their fields. They are void when its schema learns a path.
type frames struct {
	known [frameSets][framesOfSet]*frame
	made  int // how many there ever were
}

// Events of most streams have a dozen sets of fields.
const frameSets, framesOfSet = 16, 4

func (f *frames) forget() { clear(f.known[:]) }

// frameOf is the frame of the fields of a set from one rank up to another, behind a place.
func (e *Event) frameOf(fields bitset, from, to int, behind *place) *frame {
	first, end := words(from, to)
	hash := uint64(behind.number)
	for w := first; w < end; w++ {
		hash = (hash ^ fields.within(w, from, to)) * mix
		hash ^= hash >> 32
	}
	set := &e.frames.known[hash%frameSets]
	for _, known := range set {
		if known != nil && known.fits(fields, from, to, behind) {
			return known
		}
	}
	e.frames.made++
	made := &set[e.frames.made%framesOfSet]
	if *made == nil {
		*made = &frame{}
	}
	(*made).make(e.schema.document, fields, from, to, behind)
	(*made).epoch = 0
	return *made
}

// within is the word at w of those fields that have ranks from one up to another.
func (b bitset) within(w, from, to int) uint64 {
	word := b[w]
	if w == from>>6 {
		word &= ^uint64(0) << (from & 63)
	}
	if w == to>>6 {
		word &= uint64(1)<<(to&63) - 1
	}
	return word
}

// words are the words that hold ranks from one up to another.
func words(from, to int) (first, end int) { return from >> 6, (to + 63) >> 6 }

func (f *frame) fits(fields bitset, from, to int, behind *place) bool {
	first, end := words(from, to)
	if f.behind != behind || f.first != first || len(f.fields) != max(0, end-first) {
		return false
	}
	for i, word := range f.fields {
		if fields.within(first+i, from, to) != word {
			return false
		}
	}
	return true
}

// make makes the frame anew in the memory of an old one.
func (f *frame) make(document []*place, fields bitset, from, to int, behind *place) {
	first, end := words(from, to)
	f.behind, f.first, f.last = behind, first, behind
	f.fields, f.pieces, f.text = f.fields[:0], f.pieces[:0], f.text[:0]
	for w := first; w < end; w++ {
		word := fields.within(w, from, to)
		f.fields = append(f.fields, word)
		for ; word != 0; word &= word - 1 {
			if p := document[w<<6+bits.TrailingZeros64(word)]; !p.skip {
				f.add(p)
			}
		}
	}
}

// add puts a field behind the last one.
func (f *frame) add(p *place) {
	if p.number == f.last.number {
		f.text = append(f.text, p.key...)
	} else {
		common := shared(&f.last.object, &p.object)
		f.text = append(f.text, closing[len(closing)-1-int(f.last.depth)+common:]...)
		f.text = append(f.text, p.open[p.cuts[common]:]...)
	}
	f.pieces = append(f.pieces, piece{id: p.id, object: p.number, end: uint32(len(f.text)), text: uint32(f.last.id)<<16 | uint32(p.id)})
	f.last = p
}

// shared counts the objects that lead to both.
func shared(a, b *object) (n int) {
	for most := int(min(a.depth, b.depth)); n < most && a.chain[n] == b.chain[n]; n++ {
	}
	return n
}
