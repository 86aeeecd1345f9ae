package pipeline

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/millrace/millrace/processors/pipeline/event"
)

const (
	// MaxDocument bounds a document, so that a batch of 512 KiB can hold it.
	MaxDocument = 480 << 10
	// cutMessage is what remains of a message that would not fit: as control characters it is six times as long.
	cutMessage = 64 << 10

	tagTooLarge = "_document_too_large"
	tagCut      = "_message_cut"
)

// Encode appends the document of the event that Work was given, as one line of JSON without its newline, but for what it
// ends in like others do, which is the tail: nil if there is none, else the same for as long as events have the same in
// common. Too large a document is made smaller: first it loses an event.original that says the same as message, then all
// that the steps have set but time and level, then most of the line; the result tells.
func (r *Runner) Encode(dst []byte, in *Input, result *Result) (out []byte, tail *event.Tail) {
	e, start := r.context.Event, len(dst)
	dst, tail = e.AppendOwn(dst)
	if size(dst[start:], tail) <= MaxDocument {
		return dst, tail
	}
	if original := e.Get(event.EventOriginal); original != nil && bytes.Equal(original.Text(), textOf(e, event.Message)) {
		e.Remove(event.EventOriginal)
		if dst, tail = e.AppendOwn(dst[:start]); size(dst[start:], tail) <= MaxDocument {
			return dst, tail
		}
	}
	cause := fmt.Sprintf("the document has %d bytes; at most %d fit", size(dst[start:], tail), MaxDocument)
	if !result.Failed {
		result.Failed, result.Cause = true, cause
	}
	r.strip(in, cause)
	if dst, tail = e.AppendOwn(dst[:start]); size(dst[start:], tail) <= MaxDocument {
		return dst, tail
	}
	e.Set(event.Message, event.String(cutText(in.Message, cutMessage)))
	e.Tag(tagCut)
	return e.AppendOwn(dst[:start])
}

// size is the length of a document of which others have the tail, too.
func size(own []byte, tail *event.Tail) int {
	if tail == nil {
		return len(own)
	}
	return len(own) - tail.Close + 1 + len(tail.Line) - tail.Open
}

func textOf(e *event.Event, id event.ID) []byte {
	if v := e.Get(id); v != nil {
		return v.Text()
	}
	return nil
}

// strip leaves of an event what is known of it, its time, and the line.
func (r *Runner) strip(in *Input, cause string) {
	e := r.context.Event
	when, level := *e.Get(event.Timestamp), e.Get(event.LogLevel)
	var word event.Value
	if level != nil {
		word = *level
	}
	r.begin(in)
	e.Set(event.Timestamp, when)
	if word.IsText() && len(word.Bytes()) < cutMessage {
		e.Set(event.LogLevel, word)
	}
	e.Set(event.ErrorMessage, event.Text(cause))
	e.Tag(tagTooLarge)
}

// cutText cuts text to at most n bytes, not inside a character.
func cutText(text []byte, n int) []byte {
	if len(text) <= n {
		return text
	}
	for back := 0; back < utf8.UTFMax && n > back; back++ {
		if utf8.RuneStart(text[n-back]) {
			return text[:n-back]
		}
	}
	return text[:n]
}
