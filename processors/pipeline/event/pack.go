package event

import (
	"github.com/millrace/millrace/internal/packed"
)

// PackedTail is the tail that Pack leaves out, like that of AppendOwn. It comes before Pack.
func (e *Event) PackedTail() *Tail {
	e.arrange()
	if e.fixedInvalid && !e.tagged(TagInvalidUTF8) {
		e.Tag(TagInvalidUTF8)
	}
	end := e.ownEnd()
	last := e.lastOwn(end)
	if last == topLevel && !e.hasTags() {
		return nil // nothing is its own: it is whole
	}
	return e.tailBehind(last, end)
}

// lastOwn is the field behind which the tail stands, that of the fields from a rank on.
func (e *Event) lastOwn(end int) *place {
	tags := -1
	if e.hasTags() {
		tags = int(e.schema.rank[Tags])
	}
	for r := end - 1; r > tags; r-- {
		if p := e.schema.document[r]; e.present.has(r) && !p.skip {
			return p
		}
	}
	return topLevel
}

func (e *Event) hasTags() bool { return len(e.tags) > 0 || e.Has(Tags) }

// Pack writes what AppendOwn appends, and a line feed; as LZ4 matches where the block has it already: text between values
// stood in the event before, values are often the same again, and many strings are parts of the message. It reports
// whether the event is written as it is: if text had to be mended, it has a new tag now, and the caller goes back to where
// it was and begins with PackedTail again.
func (e *Event) Pack(w *packed.Writer) (whole bool) {
	p := packing{e: e, w: w, epoch: w.Epoch(), start: w.At()}
	end := e.ownEnd()
	last := topLevel
	if e.hasTags() {
		tags := int(e.schema.rank[Tags])
		f := e.frameOf(e.present, 0, tags, topLevel)
		p.pieces(f, "")
		p.tags(f.last)
		if end > tags {
			f = e.frameOf(e.present, tags+1, end, topLevel)
			last = f.last
			p.pieces(f, p.closers(last))
		}
	} else {
		f := e.frameOf(e.present, 0, end, topLevel)
		last = f.last
		p.pieces(f, p.closers(last))
	}
	if !p.closed {
		p.end(last, end)
	}
	if p.mended && !e.tagged(TagInvalidUTF8) {
		e.Tag(TagInvalidUTF8)
		return false
	}
	return true
}

// packing is one document on its way to a writer.
type packing struct {
	e      *Event
	w      *packed.Writer
	epoch  uint32
	start  int // of the document in the text
	mended bool
	closed bool
	line   line
}

// closers end the document behind a field.
func (p *packing) closers(last *place) string {
	return lineEnds[MaxDepth-int(last.depth):]
}

// lineEnds ends up to MaxDepth objects, the document and its line.
const lineEnds = "}}}}}}}}}}}}}}}}}\n"

// end ends a document behind its tags, or one that has no fields of its own: its line is that of the tail, then.
func (p *packing) end(last *place, end int) {
	if p.w.At() > p.start {
		p.w.Literal([]byte(p.closers(last)))
		return
	}
	if tail := p.e.tailBehind(last, end); tail != nil {
		p.w.Literal(tail.Line)
		p.w.Literal([]byte("\n"))
		return
	}
	p.w.Literal([]byte("{}\n"))
}

// tags writes the tags behind a field.
func (p *packing) tags(last *place) {
	out := p.e.render[:0]
	out = append(out, closing[len(closing)-1-int(last.depth):]...)
	if p.w.At() == p.start {
		out[0] = '{' // in place of the comma
	}
	out = p.e.appendTags(append(out, `"tags":`...))
	p.e.render = out
	p.w.Literal(out)
}
