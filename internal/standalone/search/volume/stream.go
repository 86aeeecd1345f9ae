package volume

import (
	"encoding/binary"
	"encoding/json"

	"github.com/millrace/millrace/internal/document"
)

// Index is an index that documents belong to. The UUID tells an index from an earlier one of the same name: documents of
// a UUID that the caller no longer knows are dead.
type Index struct {
	UUID string
	Name string
}

// Key is what makes a stream: a JSON object of the values of document.StreamFields, in this order, each as an array.
// Fields that a document does not have are left out.
type Key string

// Keyer makes keys. The zero value is ready; it keeps those that it has made.
type Keyer struct {
	keys map[string]Key
	raw  []byte
}

// maxKeys bounds a Keyer's memory.
const maxKeys = 4096

// hot has the place of each of document.StreamFields.
var hot = func() map[string]int {
	m := make(map[string]int)
	for i, f := range document.StreamFields {
		m[f] = i
	}
	return m
}()

// Key returns the key of a document.
func (k *Keyer) Key(d *document.Doc) Key {
	k.raw = k.raw[:0]
	for i, l := range d.Leaves {
		if d.Class(i) == document.Stream {
			k.raw = append(k.raw, byte(hot[l.Path]), byte(l.Kind))
			k.raw = binary.AppendUvarint(k.raw, uint64(len(l.Text)))
			k.raw = append(k.raw, l.Text...)
		}
	}
	key, ok := k.keys[string(k.raw)]
	if !ok {
		key = keyOf(d)
		if k.keys == nil || len(k.keys) >= maxKeys {
			k.keys = make(map[string]Key)
		}
		k.keys[string(k.raw)] = key
	}
	return key
}

func keyOf(d *document.Doc) Key {
	out := []byte{'{'}
	for _, field := range document.StreamFields {
		values := values(d, field)
		if values == nil {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), field...), `":`...)
		out = append(out, values...)
	}
	return Key(append(out, '}'))
}

// values writes the leaves of a field as a JSON array; numbers and booleans stay apart from strings.
func values(d *document.Doc, field string) []byte {
	var out []byte
	d.Values(field, func(l document.Leaf) bool {
		sep := byte(',')
		if out == nil {
			sep = '['
		}
		out = append(out, sep)
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
	if out == nil {
		return nil
	}
	return append(out, ']')
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
	var p document.Parser
	var d document.Doc
	_ = p.Parse(string(k), &d) // ErrNoTime is what a good key gives: the parser is made for documents
	s.leaves = append(s.leaves, d.Leaves...)
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
	_, ok := hot[field]
	return ok || field == "_index"
}
