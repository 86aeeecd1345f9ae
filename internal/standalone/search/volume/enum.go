package volume

import (
	"database/sql"
	"maps"
	"slices"
	"strconv"

	"github.com/millrace/millrace/internal/document"
	"github.com/millrace/millrace/internal/standalone/search/dsl"
)

// maxEnum is how many values of a field are listed; a field that has more has no list.
const maxEnum = 200

// enums are the values that the documents of a volume have in each of document.Enums, with the kinds they come in. The
// map is never changed, only replaced, so that searches may use it as it was when they began.
type enums map[string]map[enumValue]bool

type enumValue struct {
	text string
	kind document.Kind
}

// Note takes from a document what its row says beside time and stream.
func (d *Doc) Note(doc *document.Doc) {
	first := true
	for i, l := range doc.Leaves {
		switch class := doc.Class(i); {
		case class == document.Offset && first:
			n, err := strconv.ParseInt(l.Text, 10, 64)
			d.Offset, d.HasOffset, first = n, err == nil, false
		case class == document.Enum:
			d.Enums = append(d.Enums, l)
		}
	}
}

// note lists the values that are new. Searches see them at once, before any document with them is committed.
func (w *writer) note(docs []*Doc) error {
	known := *w.f.enums.Load()
	for _, d := range docs {
		for _, l := range d.Enums {
			v := enumValue{l.Text, l.Kind}
			if values := known[l.Path]; values[v] || len(values) > maxEnum {
				continue
			}
			if err := w.exec(`INSERT INTO enum(field, value, kind) VALUES(?,?,?)`, l.Path, l.Text, int(l.Kind)); err != nil {
				return err
			}
			next := known.with(l.Path, v) // a variable of its own: searches read what was published
			w.f.enums.Store(&next)
			known = next
		}
	}
	return nil
}

// with is a copy that has one value more.
func (e enums) with(field string, v enumValue) enums {
	c, values := maps.Clone(e), maps.Clone(e[field])
	if values == nil {
		values = make(map[enumValue]bool)
	}
	values[enumValue{string([]byte(v.text)), v.kind}] = true // the text may be part of a request's body
	c[string([]byte(field))] = values
	return c
}

func (f *File) loadEnums() error {
	all := enums{}
	err := f.w.rows(`SELECT field, value, kind FROM enum`, func(r *sql.Rows) error {
		var field, text string
		var kind int
		err := r.Scan(&field, &text, &kind)
		all = all.with(field, enumValue{text, document.Kind(kind)})
		return err
	})
	f.enums.Store(&all)
	return err
}

// spell replaces ranges and patterns over listed fields by the values that they match, where the index can tell those:
// a value that comes in two kinds, of which one matches, is left to the documents.
func (e enums) spell(q dsl.Query) dsl.Query {
	switch q := q.(type) {
	case dsl.Bool:
		return dsl.Bool{Must: e.spellAll(q.Must), Should: e.spellAll(q.Should), Not: e.spellAll(q.Not), Min: q.Min}
	case dsl.Range:
		return e.choose(q.Field, q)
	case dsl.Prefix:
		return e.choose(q.Field, q)
	case dsl.Wildcard:
		return e.choose(q.Field, q)
	}
	return q
}

func (e enums) spellAll(qs []dsl.Query) []dsl.Query {
	out := make([]dsl.Query, len(qs))
	for i, q := range qs {
		out[i] = e.spell(q)
	}
	return out
}

func (e enums) choose(field string, q dsl.Query) dsl.Query {
	values := e[field]
	if !slices.Contains(document.Enums, field) || len(values) > maxEnum {
		return q
	}
	chosen := make(map[string]bool)
	for v := range values {
		ok := dsl.Match(q, leafView{Path: field, Text: v.text, Kind: v.kind})
		if before, seen := chosen[v.text]; seen && before != ok || len(v.text) > document.MaxValue {
			return q
		}
		chosen[v.text] = ok
	}
	t := dsl.Term{Field: field}
	for text, ok := range chosen {
		if ok {
			t.Values = append(t.Values, text)
		}
	}
	return t
}

// leafView is a document of one leaf.
type leafView document.Leaf

func (v leafView) Each(fn func(document.Leaf) bool) { fn(document.Leaf(v)) }
