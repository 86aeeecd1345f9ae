package live

import (
	"encoding/json"
	"strings"

	"github.com/millrace/millrace/internal/document"
	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/query/token"
)

// Filter says which lines a tail wants. Empty parts admit everything.
type Filter struct {
	// App and Host are those of the topic and of the record's key.
	App, Host string
	// Level is a value of log.level.
	Level string
	// Text is what the query text means; nil admits everything.
	Text query.Node
}

const levelField = "log.level"

// filter is a Filter made ready.
type filter struct {
	Filter
	// mark stands in every line of the level, and words in every line that fits the
	// text, wherever else they may stand.
	mark  string
	words []string
	// all is set where every line of the app and host is wanted.
	all bool
}

func newFilter(f Filter) filter {
	if _, everything := f.Text.(query.All); everything {
		f.Text = nil
	}
	made := filter{Filter: f, all: f.Level == "" && f.Text == nil, words: wordsOf(f.Text)}
	// A level that JSON may write in several ways has no mark.
	if b, err := json.Marshal(f.Level); err == nil && !strings.Contains(string(b), `\`) {
		made.mark = string(b)
	}
	return made
}

// wants reports whether lines of an app may be wanted.
func (f *filter) wants(app string) bool { return f.App == "" || f.App == app }

// admits reports whether lines of a record may be wanted, by what is known without
// decoding it.
func (f *filter) admits(app, host string) bool {
	return f.wants(app) && (f.Host == "" || f.Host == host)
}

// matches decides over one line of a batch that is admitted.
func (f *filter) matches(b *batch, i int) bool {
	if f.all {
		return true
	}
	if f.Level != "" {
		if !strings.Contains(b.lines[i], f.mark) {
			return false
		}
		if level, _ := b.value(i, levelField); level != f.Level {
			return false
		}
	}
	for _, w := range f.words {
		if !strings.Contains(b.folded(i), w) {
			return false
		}
	}
	return f.Text == nil || query.Match(f.Text, func(field string) (any, bool) { return b.value(i, field) })
}

// wordsOf are words, in lower case, that stand in every line that a query matches. They
// are of ASCII letters and digits, which JSON as our pipelines write it never escapes.
func wordsOf(n query.Node) []string {
	var words []string
	keep := func(text string) {
		for _, w := range token.Of(text) {
			if !strings.ContainsFunc(w, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
				words = append(words, w)
			}
		}
	}
	switch n := n.(type) {
	case query.And:
		for _, part := range n {
			words = append(words, wordsOf(part)...)
		}
	case query.Term:
		if n.Field == query.MessageField {
			keep(n.Text)
		}
	case query.Phrase:
		if n.Field == query.MessageField {
			keep(n.Text)
		}
	}
	return words
}

// valueOf is the value of a field as query.Match takes it: the leaf, or a list of them.
func valueOf(d *document.Doc, field string) (any, bool) {
	var first any
	var list []any
	inside := false
	for i := range d.Leaves {
		l := &d.Leaves[i]
		switch {
		case l.Path != field:
			inside = inside || len(l.Path) > len(field) && l.Path[len(field)] == '.' && l.Path[:len(field)] == field
		case first == nil:
			first = leafValue(l)
		default:
			if list == nil {
				list = []any{first}
			}
			list = append(list, leafValue(l))
		}
	}
	switch {
	case list != nil:
		return list, true
	case first != nil:
		return first, true
	}
	return object{}, inside
}

// object is the value of a field that has fields of its own: it exists, and that is
// all that can be asked of it.
type object struct{}

func leafValue(l *document.Leaf) any {
	switch l.Kind {
	case document.Number:
		return json.Number(l.Text)
	case document.Bool:
		return l.Text == "true"
	}
	return l.Text
}
