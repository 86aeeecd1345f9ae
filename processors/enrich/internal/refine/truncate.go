package refine

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/millrace/millrace/processors/pipeline"
)

// keepMessage is how much of the message of an event is kept whose document did
// not fit: little enough that it fits even where each byte is escaped as \u00XX.
const keepMessage = 64 << 10

// TagTruncated marks such an event.
const TagTruncated = "_truncated"

// truncate makes the document buf[start:] of the lane again, without the steps
// of the pipeline and with its message cut, and reports whether it fits now. The
// event keeps its id, app and index; the raw topic has the whole line.
func (w *Worker) truncate(l *lane, start int, index string) bool {
	if w.plain == nil {
		p, _ := pipeline.Compile(nil, "") // no steps, no problems
		w.plain = p.NewRunner()
	}
	in := w.in
	in.Message = prefix(in.Message, keepMessage)
	doc, result := w.plain.Run(l.buf[:start], &in)
	if result.Outcome != pipeline.Index {
		return false
	}
	l.buf = append(tagged(doc, start), '\n')
	if w.over(l, start, index) {
		return false
	}
	w.out.Tally.Truncated++
	return true
}

// prefix is the first n bytes of a text, less the first half of a character.
func prefix(text []byte, n int) []byte {
	if len(text) <= n {
		return text
	}
	for i := n; i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			return text[:i]
		}
	}
	return text[:n]
}

var tagsKey = []byte(`"tags":[`)

// tagged adds TagTruncated to the document buf[start:]. What it looks for cannot
// stand inside a JSON text, where quotes are escaped, and no step has made
// fields of its own.
func tagged(buf []byte, start int) []byte {
	if i := bytes.Index(buf[start:], tagsKey); i >= 0 {
		return slices.Insert(buf, start+i+len(tagsKey), []byte(`"`+TagTruncated+`",`)...)
	}
	return append(buf[:len(buf)-1], `,"tags":["`+TagTruncated+`"]}`...)
}
