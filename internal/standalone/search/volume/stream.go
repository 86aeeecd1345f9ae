package volume

import (
	"encoding/json"

	"github.com/millrace/millrace/internal/standalone/search/document"
)

// Index is an index that documents belong to. The UUID tells an index from an earlier one of the same name: documents of
// a UUID that the caller no longer knows are dead.
type Index struct {
	UUID string
	Name string
}

// hotFields are the fields whose values make up a stream, in the order of Key.
var hotFields = [...]string{"service.name", "host.name", "log.level"}

// Key is the values of service.name, host.name and log.level, each as a JSON array: empty where the field is missing,
// with more elements where a document has several values.
type Key [len(hotFields)]string

const noValues = "[]"

// KeyOf returns the stream key of a document.
func KeyOf(d *document.Doc) Key {
	var k Key
	for i, field := range hotFields {
		k[i] = values(d, field)
	}
	return k
}

// values writes the leaves of a field as a JSON array; numbers and booleans stay apart from strings.
func values(d *document.Doc, field string) string {
	out := []byte{'['}
	d.Values(field, func(l document.Leaf) bool {
		if len(out) > 1 {
			out = append(out, ',')
		}
		if l.Kind != document.String {
			out = append(out, l.Text...)
			return true
		}
		text, err := json.Marshal(l.Text)
		if err != nil { // strings always marshal
			text = []byte(`""`)
		}
		out = append(out, text...)
		return true
	})
	if len(out) == 1 {
		return noValues
	}
	return string(append(out, ']'))
}

// streamKey is what documents of one stream share; index is the number of the index in the volume.
type streamKey struct {
	index int
	key   Key
}

// stream is the decoded key, as a view for queries.
type stream struct {
	index  Index
	leaves []document.Leaf
}

func newStream(ix Index, k Key) stream {
	s := stream{index: ix}
	for i, field := range hotFields {
		var p document.Parser
		var d document.Doc
		// ErrNoTime is what a good array gives here: the parser is made for documents.
		_ = p.Parse(`{"`+field+`":`+k[i]+`}`, &d)
		s.leaves = append(s.leaves, d.Leaves...)
	}
	s.leaves = append(s.leaves, document.Leaf{Path: "_index", Text: ix.Name})
	return s
}

// Each shows the stream's fields to a query.
func (s *stream) Each(fn func(document.Leaf) bool) {
	for _, l := range s.leaves {
		if !fn(l) {
			return
		}
	}
}

// isHot says whether a query can be decided by the stream alone.
func isHot(field string) bool {
	if field == "_index" {
		return true
	}
	for _, hot := range hotFields {
		if field == hot {
			return true
		}
	}
	return false
}
