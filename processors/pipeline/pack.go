package pipeline

import (
	"github.com/millrace/millrace/internal/packed"
	"github.com/millrace/millrace/processors/pipeline/event"
)

// Tail is what the document of the event that Work was given ends in like others do; nil if there is none. It belongs to
// Pack, as the one that Encode returns belongs to what Encode appends.
func (r *Runner) Tail() *event.Tail { return r.context.Event.PackedTail() }

// Pack writes what Encode appends, and a line feed, to a writer of packed text. If it reports false, or panics, the caller goes
// back to where the writer was; if false, it begins with Tail again. It bounds nothing: a document that does not fit a block is
// for Encode.
func (r *Runner) Pack(w *packed.Writer) (whole bool) {
	return r.context.Event.Pack(w)
}
