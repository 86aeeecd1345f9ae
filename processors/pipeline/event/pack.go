package event

import (
	"github.com/millrace/millrace/internal/packed"
)

// PackedTail is the tail that Pack leaves out, like that of AppendOwn. It comes before Pack.
func (e *Event) PackedTail() *Tail {
	if e.fixedInvalid && !e.tagged(TagInvalidUTF8) {
		e.Tag(TagInvalidUTF8)
	}
	e.plan = e.planned()
	if !e.plan.own() {
		return nil // nothing is its own: it is whole
	}
	return e.plan.tail
}

// Pack writes what AppendOwn appends, and a line feed; as LZ4 matches where the block has it already: text between values
// stood in the event before, values are often the same again, and many strings are parts of the message. It reports
// whether the event is written as it is: if text had to be mended, it has a new tag now, and the caller goes back to where
// it was and begins with PackedTail again.
func (e *Event) Pack(w *packed.Writer) (whole bool) {
	plan := e.plan
	p := packing{e: e, w: w, epoch: w.Epoch(), start: w.At()}
	e.line.forget()
	closers := lineEnds[MaxDepth-int(plan.last.depth):]
	switch {
	case !plan.own():
		p.fixed(plan.tail)
	case !plan.tagged:
		p.fields(&plan.frame, closers)
	default:
		p.fields(&plan.frame, "")
		p.tags(plan.frame.last)
		if plan.last == topLevel {
			w.Literal([]byte(closers))
		} else {
			p.fields(&plan.behind, closers)
		}
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

	frame *frame // at work
	know  bool   // where its pieces were last
	back  int    // quotes that are still to be written behind the value before: 0 or 1
}

// lineEnds ends up to MaxDepth objects, the document and its line.
const lineEnds = "}}}}}}}}}}}}}}}}}\n"

// fixed writes a document that has no fields of its own: its line is that of the tail.
func (p *packing) fixed(tail *Tail) {
	if tail == nil {
		p.w.Literal([]byte("{}\n"))
		return
	}
	p.w.Literal(tail.Line)
	p.w.Literal([]byte("\n"))
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
