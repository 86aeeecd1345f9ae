package dsl

import (
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/document"
	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/internal/query/address"
	"github.com/millrace/millrace/internal/query/token"
)

// View is what a query can see of a document. Each calls fn with every leaf, _id and _index among them where they are
// known, until fn returns false.
type View interface {
	Each(fn func(document.Leaf) bool)
}

// Match says whether the document behind view matches.
func Match(q Query, view View) bool {
	switch q := q.(type) {
	case All:
		return true
	case Bool:
		return matchBool(q, view)
	case Term:
		return anyLeaf(view, q.Field, func(l document.Leaf) bool { return matchTerm(q.Values, l) })
	case Words:
		return matchWords(q, view)
	case Phrase:
		return anyLeaf(view, q.Field, func(l document.Leaf) bool { return hasPhrase(token.Of(l.Text), q.Words) })
	case Prefix:
		return anyText(view, q.Field, func(s string) bool { return hasPrefix(s, q.Text, q.Fold) })
	case Wildcard:
		return anyText(view, q.Field, func(s string) bool { return glob(q.Pattern, s, q.Fold) })
	case Range:
		return anyLeaf(view, q.Field, func(l document.Leaf) bool { return inRange(q, l) })
	case Network:
		return anyLeaf(view, q.Field, func(l document.Leaf) bool { return address.In(q.Prefix, l.Text) })
	case Exists:
		return exists(q.Field, view)
	case IDs:
		return anyLeaf(view, "_id", func(l document.Leaf) bool { return slices.Contains(q.IDs, l.Text) })
	}
	return false
}

func matchBool(q Bool, view View) bool {
	for _, part := range q.Must {
		if !Match(part, view) {
			return false
		}
	}
	for _, part := range q.Not {
		if Match(part, view) {
			return false
		}
	}
	hits := 0
	for _, part := range q.Should {
		if hits >= q.Min {
			break
		}
		if Match(part, view) {
			hits++
		}
	}
	return hits >= q.Min
}

func anyLeaf(view View, field string, test func(document.Leaf) bool) bool {
	found := false
	view.Each(func(l document.Leaf) bool {
		found = l.Path == field && test(l)
		return !found
	})
	return found
}

// anyText calls test with the values of a keyword, or with the words of a text.
func anyText(view View, field string, test func(string) bool) bool {
	return anyLeaf(view, field, func(l document.Leaf) bool {
		if field == document.MessageField {
			return slices.ContainsFunc(token.Of(l.Text), test)
		}
		return test(l.Text)
	})
}

func matchTerm(values []string, l document.Leaf) bool {
	for _, v := range values {
		switch {
		case l.Path == document.MessageField:
			if slices.Contains(token.Of(l.Text), v) {
				return true
			}
		case l.Text == v:
			return true
		case l.Kind == document.Number && v != "":
			if f, err := strconv.ParseFloat(v, 64); err == nil && f == l.Float() {
				return true
			}
		case address.Field(l.Path):
			if address.Canonical(l.Text) == v {
				return true
			}
		}
	}
	return false
}

func matchWords(q Words, view View) bool {
	var words []string
	view.Each(func(l document.Leaf) bool {
		if l.Path == q.Field {
			words = token.Append(words, l.Text)
		}
		return true
	})
	has := func(w string) bool { return slices.Contains(words, w) }
	switch {
	case len(q.Words) == 0:
		return false
	case q.Any:
		return slices.ContainsFunc(q.Words, has)
	}
	return !slices.ContainsFunc(q.Words, func(w string) bool { return !has(w) })
}

func hasPhrase(words, phrase []string) bool {
	for i := 0; len(phrase) > 0 && i+len(phrase) <= len(words); i++ {
		if slices.Equal(words[i:i+len(phrase)], phrase) {
			return true
		}
	}
	return false
}

func hasPrefix(s, prefix string, fold bool) bool {
	if fold {
		s, prefix = strings.ToLower(s), strings.ToLower(prefix)
	}
	return strings.HasPrefix(s, prefix)
}

func glob(pattern, s string, fold bool) bool {
	if fold {
		s, pattern = strings.ToLower(s), strings.ToLower(pattern)
	}
	return query.Glob(pattern, s)
}

// inRange compares addresses as addresses, numbers as numbers, dates as dates, and all else as text.
func inRange(q Range, l document.Leaf) bool {
	return above(q.From, l, 1) && above(q.To, l, -1)
}

// above says whether a leaf lies above a bound, or below it when side is -1.
func above(b Bound, l document.Leaf, side int) bool {
	if !b.Set {
		return true
	}
	c, ok := compare(l, b)
	return ok && (c == side || b.Include && c == 0)
}

func compare(l document.Leaf, b Bound) (int, bool) {
	if document.IsDate(l.Path) {
		ms, ok := document.ParseTime(l.Text)
		return order(ms, b.Time), ok && b.IsTime
	}
	if address.Field(l.Path) {
		return address.Compare(l.Text, b.Text)
	}
	if l.Kind == document.Number {
		return order(l.Float(), b.Number), b.IsNumber
	}
	if b.IsTime && l.Kind == document.String {
		if ms, _, ok := document.ParseSpan(l.Text); ok && !b.IsNumber {
			return order(ms, b.Time), true
		}
	}
	return strings.Compare(l.Text, b.Text), true
}

func order[T int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func exists(field string, view View) bool {
	found := false
	view.Each(func(l document.Leaf) bool {
		found = strings.HasPrefix(l.Path, field) && (len(l.Path) == len(field) || l.Path[len(field)] == '.')
		return !found
	})
	return found
}
