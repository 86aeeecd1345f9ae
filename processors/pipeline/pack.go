package pipeline

import (
	"github.com/millrace/millrace/internal/packed"
	"github.com/millrace/millrace/processors/pipeline/event"
)

// Tail is what the document of the event that Work was given ends in like others do; nil if there is none. It belongs to
// Pack, as the one that Encode returns belongs to what Encode appends.
func (r *Runner) Tail() *event.Tail { return r.context.Event.PackedTail() }

// Pack writes what Encode appends, and a line feed, to a writer of packed text. If it reports false, the caller goes back to
// where the writer was and begins with Tail again. It bounds nothing: a document that does not fit a block is for Encode.
// An event that cannot be written makes the outcome DeadLetter; the caller goes back, too.
func (r *Runner) Pack(w *packed.Writer, in *Input, result *Result) (whole bool) {
	defer r.rescue(in, result)
	whole = true // if it is given up
	return r.context.Event.Pack(w)
}
