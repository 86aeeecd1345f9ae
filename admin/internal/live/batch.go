package live

import (
	"errors"
	"strings"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/internal/document"
	contract "github.com/millrace/millrace/schemas/batch"
)

// batch is one record of an app topic. It is decoded only as far as somebody asks, and
// once for all tails. One goroutine uses it, for one record after another.
type batch struct {
	app, host string
	record    *sarama.ConsumerMessage

	opened, good bool
	manifest     contract.Manifest
	documents    contract.Documents
	text         []byte   // all documents, each with its line feed
	lines        []string // the documents
	lower        []string // lines in lower case, once somebody asked for one

	parser document.Parser
	docs   []document.Doc
	parsed []bool
}

// reset takes another record.
func (b *batch) reset(app string, r *sarama.ConsumerMessage) {
	b.app, b.host, b.record = app, string(r.Key), r
	b.opened, b.good = false, false
}

// open decodes the manifest and finds the lines. It reports whether the record is what
// it should be.
func (b *batch) open() bool {
	if b.opened {
		return b.good
	}
	b.opened = true
	header := headerOf(b.record)
	if header == nil || contract.Decode(header, &b.manifest) != nil || b.documents.Open(&b.manifest, b.record.Value) != nil {
		return false
	}
	b.good = true
	n := len(b.manifest.IDs)
	b.join()
	b.lines, b.lower = split(b.lines[:0], string(b.text)), b.lower[:0]
	if len(b.parsed) < n {
		b.docs, b.parsed = make([]document.Doc, n), make([]bool, n)
	}
	clear(b.parsed[:n])
	return true
}

// join puts the documents together.
func (b *batch) join() {
	b.text = b.text[:0]
	nth := 0
	for run := range b.manifest.Runs {
		for range b.manifest.Runs[run].Count {
			b.text = b.documents.Append(b.text, run, nth)
			nth++
		}
	}
}

// split appends the lines of a text, each of which ends with a line feed.
func split(lines []string, text string) []string {
	for line := range strings.Lines(text) {
		lines = append(lines, line[:len(line)-1])
	}
	return lines
}

// folded is a line in lower case.
func (b *batch) folded(i int) string {
	if len(b.lower) == 0 {
		b.lower = split(b.lower, strings.ToLower(string(b.text)))
	}
	return b.lower[i]
}

func headerOf(r *sarama.ConsumerMessage) []byte {
	for _, h := range r.Headers {
		if string(h.Key) == contract.Header {
			return h.Value
		}
	}
	return nil
}

// value is the value of a field of a line, which is parsed the first time. A line that
// is not JSON has no fields.
func (b *batch) value(i int, field string) (any, bool) {
	d := &b.docs[i]
	if !b.parsed[i] {
		b.parsed[i] = true
		if err := b.parser.Parse(b.lines[i], d); err != nil && !errors.Is(err, document.ErrNoTime) {
			d.Leaves = d.Leaves[:0]
		}
	}
	return valueOf(d, field)
}
