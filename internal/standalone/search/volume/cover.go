package volume

import (
	"strings"

	"github.com/millrace/millrace/internal/document"
	"github.com/millrace/millrace/internal/query/token"
	"github.com/millrace/millrace/internal/standalone/search/dsl"
)

// cover is a full-text expression for a query. What it selects holds all matches of the query; exactly those, if exact.
// With inverse set, it selects what the expression does not match. Without ok, the query has no cover: every document
// must be looked at.
type cover struct {
	expr    string
	inverse bool
	exact   bool
	ok      bool
}

// nothing is an expression that no document matches: a token that none has.
const nothing = `"'n"`

var unknown = cover{}

func exactly(expr string) cover { return cover{expr: expr, exact: true, ok: true} }
func roughly(expr string) cover { return cover{expr: expr, ok: true} }

// coverOf finds the cover of a query. partial says that some documents of the volume have fields without tokens.
func coverOf(q dsl.Query, partial bool) cover {
	switch q := q.(type) {
	case dsl.All:
		return cover{expr: nothing, inverse: true, exact: true, ok: true}
	case dsl.None:
		return exactly(nothing)
	case dsl.Bool:
		return coverBool(q, partial)
	case dsl.Term:
		return coverTerm(q, partial)
	case dsl.Words:
		return coverWords(q)
	case dsl.Phrase:
		if len(q.Words) == 0 {
			return exactly(nothing)
		}
		return exactly(quote(strings.Join(q.Words, " ")))
	case dsl.Prefix:
		if q.Fold {
			return unknown
		}
		return coverPrefix(q.Field, q.Text, partial)
	case dsl.Wildcard:
		return coverWildcard(q, partial)
	case dsl.Network:
		return coverNetwork(q, partial)
	case dsl.Exists:
		return coverExists(q.Field, partial)
	}
	return unknown
}

func coverBool(q dsl.Bool, partial bool) cover {
	var parts []cover
	for _, part := range q.Must {
		parts = append(parts, coverOf(part, partial))
	}
	for _, part := range q.Not {
		parts = append(parts, coverOf(part, partial).not())
	}
	if q.Min > 0 {
		choices := make([]cover, len(q.Should))
		for i, part := range q.Should {
			choices[i] = coverOf(part, partial)
		}
		choice := orAll(choices)
		if q.Min > 1 {
			choice.exact = false
			if choice.inverse {
				choice = unknown
			}
		}
		parts = append(parts, choice)
	}
	return andAll(parts)
}

// not is the cover of a negation. The complement of a cover that selects too much would select too little.
func (c cover) not() cover {
	if !c.ok || !c.exact {
		return unknown
	}
	c.inverse = !c.inverse
	return c
}

// andAll intersects covers. Parts without one are left out, which makes the result inexact.
func andAll(parts []cover) cover {
	var with, without []string
	exact := true
	for _, p := range parts {
		switch {
		case !p.ok:
			exact = false
		case p.inverse:
			without = append(without, p.expr)
			exact = exact && p.exact
		default:
			with = append(with, p.expr)
			exact = exact && p.exact
		}
	}
	switch {
	case len(with) > 0 && len(without) > 0:
		return cover{expr: "(" + group(with, " AND ") + " NOT " + group(without, " OR ") + ")", exact: exact, ok: true}
	case len(with) > 0:
		return cover{expr: group(with, " AND "), exact: exact, ok: true}
	case len(without) > 0:
		return cover{expr: group(without, " OR "), inverse: true, exact: exact, ok: true}
	case exact:
		return cover{expr: nothing, inverse: true, exact: true, ok: true}
	}
	return unknown
}

// orAll unites covers; all must have one. It joins inverse ones by what they exclude.
func orAll(parts []cover) cover {
	var with, without []string
	exact := true
	for _, p := range parts {
		switch {
		case !p.ok:
			return unknown
		case p.inverse && !p.exact:
			return unknown
		case p.inverse:
			without = append(without, p.expr)
		default:
			with = append(with, p.expr)
			exact = exact && p.exact
		}
	}
	switch {
	case len(without) == 0 && len(with) == 0:
		return exactly(nothing)
	case len(without) == 0:
		return cover{expr: group(with, " OR "), exact: exact, ok: true}
	case len(with) == 0:
		return cover{expr: group(without, " AND "), inverse: true, exact: true, ok: true}
	case !exact: // excluding what "with" selects too much would lose nothing, but the rest is not worth the care
		return unknown
	}
	return cover{expr: "(" + group(without, " AND ") + " NOT " + group(with, " OR ") + ")", inverse: true, exact: true, ok: true}
}

func group(exprs []string, operator string) string {
	if len(exprs) == 1 {
		return exprs[0]
	}
	return "(" + strings.Join(exprs, operator) + ")"
}

// quote writes one string of an FTS5 expression. Tokens hold no quotes.
func quote(tokens string) string { return `"` + tokens + `"` }

// orPartial widens a cover over fields by the documents of which some fields have no token.
func orPartial(c cover, partial bool) cover {
	if !partial || !c.ok {
		return c
	}
	return roughly(group([]string{c.expr, quote(document.Partial)}, " OR "))
}

func coverTerm(q dsl.Term, partial bool) cover {
	if q.Field == document.MessageField {
		return coverWords(dsl.Words{Field: q.Field, Words: q.Values, Any: true})
	}
	if !document.Indexed(q.Field) {
		return unknown
	}
	parts := make([]cover, len(q.Values))
	for i, v := range q.Values {
		parts[i] = coverValue(q.Field, v)
		if number := document.Canonical(v); looksNumeric(v) && number != v {
			parts[i] = roughly(group([]string{parts[i].expr, coverValue(q.Field, number).expr}, " OR "))
		}
	}
	return orPartial(orAll(parts), partial)
}

// coverValue finds a value by its token or, where the message may hold it instead, by its words.
func coverValue(field, value string) cover {
	tok, exact := document.Token(field, value)
	c := cover{expr: quote(tok), exact: exact, ok: true}
	if words := token.Of(value); document.Echoed(field) && len(words) > 0 {
		return roughly(group([]string{c.expr, quote(strings.Join(words, " "))}, " OR "))
	}
	return c
}

// looksNumeric says whether a value could equal a number that is spelled otherwise.
func looksNumeric(v string) bool {
	return v != "" && (v[0] >= '0' && v[0] <= '9' || v[0] == '-' || v[0] == '+' || v[0] == '.')
}

// coverWords handles words of the message. A value that is no word cannot be one of its tokens.
func coverWords(q dsl.Words) cover {
	var parts []cover
	for _, w := range q.Words {
		if isWord(w) {
			parts = append(parts, exactly(quote(w)))
		} else {
			parts = append(parts, exactly(nothing))
		}
	}
	if q.Any || len(parts) == 0 {
		return orAll(parts)
	}
	return andAll(parts)
}

func isWord(w string) bool {
	words := token.Of(w)
	return len(words) == 1 && words[0] == w
}

func coverPrefix(field, prefix string, partial bool) cover {
	if field == document.MessageField {
		if prefix == "" {
			return unknown
		}
		// A prefix may end in a joiner, which is no word by itself: what a word could go on with tells.
		if !isWord(prefix) && !isWord(prefix+"a") && !isWord(prefix+"0") {
			return exactly(nothing)
		}
		return exactly(quote(prefix) + " *")
	}
	if !document.Indexed(field) {
		return unknown
	}
	stem, exact := document.Stem(field, prefix)
	if document.Echoed(field) {
		words := token.Of(prefix)
		if len(words) == 0 || !exact {
			return unknown
		}
		// The last word of the prefix may go on in the value.
		expr := group([]string{quote(stem) + " *", quote(strings.Join(words, " ")) + " *"}, " OR ")
		return orPartial(roughly(expr), partial)
	}
	return orPartial(cover{expr: quote(stem) + " *", exact: exact, ok: true}, partial)
}

// coverWildcard uses the text before the first wildcard.
func coverWildcard(q dsl.Wildcard, partial bool) cover {
	end := strings.IndexAny(q.Pattern, `*?\`)
	if q.Fold || end == 0 || end < 0 && q.Field == document.MessageField {
		return unknown
	}
	if end < 0 {
		return coverTermText(q, partial)
	}
	c := coverPrefix(q.Field, q.Pattern[:end], partial)
	c.exact = c.exact && q.Pattern[end:] == "*"
	return c
}

// coverTermText handles a pattern without wildcards: equal text, whatever the kind of the value.
func coverTermText(q dsl.Wildcard, partial bool) cover {
	if !document.Indexed(q.Field) {
		return unknown
	}
	return orPartial(coverValue(q.Field, q.Pattern), partial)
}

// coverExists finds any value of the field, or of a field below it.
func coverExists(field string, partial bool) cover {
	if field == document.TimeField {
		return cover{expr: nothing, inverse: true, exact: true, ok: true} // every document has it
	}
	if !document.Indexed(field) || document.Echoed(field) {
		return unknown
	}
	// An object may hold fields without tokens, such as event.original in event.
	if document.HasUnindexedBelow(field) {
		return unknown
	}
	stem, _ := document.Stem(field, "")
	return orPartial(exactly(group([]string{quote(stem) + " *", quote(document.Below(field)) + " *"}, " OR ")), partial)
}
