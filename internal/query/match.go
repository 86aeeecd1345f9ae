package query

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/document"
	"github.com/millrace/millrace/internal/query/address"
	"github.com/millrace/millrace/internal/query/token"
)

// Match says whether a document matches. doc returns the value of a field by its dotted name: a string, number, bool,
// json.Number, time.Time, a slice of these, or nothing. Match keeps nothing and may be called concurrently.
func Match(n Node, doc func(field string) (value any, ok bool)) bool {
	switch n := n.(type) {
	case And:
		return !slices.ContainsFunc(n, func(part Node) bool { return !Match(part, doc) })
	case Or:
		return slices.ContainsFunc(n, func(part Node) bool { return Match(part, doc) })
	case Not:
		return !Match(n.Node, doc)
	case Term:
		return anyValue(doc, n.Field, func(v any) bool { return matchTerm(n.Field, n.Text, v) })
	case Phrase:
		return anyValue(doc, n.Field, func(v any) bool { return matchPhrase(n.Field, n.Text, v) })
	case Wildcard:
		return anyValue(doc, n.Field, func(v any) bool { return matchWildcard(n, v) })
	case Range:
		return anyValue(doc, n.Field, func(v any) bool { return matchRange(n, v) })
	case Exists:
		return anyValue(doc, n.Field, func(any) bool { return true })
	}
	return true
}

// anyValue calls test with the value of a field, or with each element when it is a slice.
func anyValue(doc func(string) (any, bool), field string, test func(any) bool) bool {
	v, ok := doc(field)
	if !ok || v == nil {
		return false
	}
	switch list := v.(type) {
	case []any:
		return slices.ContainsFunc(list, func(e any) bool { return e != nil && test(e) })
	case []string:
		return slices.ContainsFunc(list, func(e string) bool { return test(e) })
	}
	return test(v)
}

func matchTerm(field, want string, v any) bool {
	if field != MessageField {
		return equal(field, want, v)
	}
	words := token.Of(text(v))
	wanted := token.Of(want)
	return len(wanted) > 0 && !slices.ContainsFunc(wanted, func(w string) bool { return !slices.Contains(words, w) })
}

func matchPhrase(field, want string, v any) bool {
	if field != MessageField {
		return equal(field, want, v)
	}
	words, wanted := token.Of(text(v)), token.Of(want)
	for i := 0; len(wanted) > 0 && i+len(wanted) <= len(words); i++ {
		if slices.Equal(words[i:i+len(wanted)], wanted) {
			return true
		}
	}
	return false
}

func matchWildcard(n Wildcard, v any) bool {
	if n.Field != MessageField {
		return Glob(n.Pattern, text(v))
	}
	pattern := strings.ToLower(n.Pattern)
	return slices.ContainsFunc(token.Of(text(v)), func(w string) bool { return Glob(pattern, w) })
}

// Glob matches text against a pattern with '*', '?' (one character) and backslash escapes.
func Glob(pattern, text string) bool {
	p, t := 0, 0
	star, mark := -1, 0 // where to resume after the last '*'
	for t < len(text) {
		if p < len(pattern) {
			switch c := pattern[p]; {
			case c == '*':
				star, mark = p, t
				p++
				continue
			case c == '?':
				p++
				t += runeLen(text[t:])
				continue
			case c == '\\' && p+1 < len(pattern) && pattern[p+1] == text[t]:
				p += 2
				t++
				continue
			case c != '\\' && c == text[t]:
				p++
				t++
				continue
			}
		}
		if star < 0 {
			return false
		}
		mark += runeLen(text[mark:])
		p, t = star+1, mark
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

func equal(field, want string, v any) bool {
	switch {
	case address.Field(field):
		return sameAddress(want, text(v))
	case document.IsDate(field):
		return inSpan(want, true, v, 1) && inSpan(want, true, v, -1)
	}
	if f, ok := number(v); ok {
		w, err := strconv.ParseFloat(want, 64)
		return err == nil && w == f
	}
	return want == text(v)
}

// sameAddress compares addresses however they are written, or looks whether one lies in a network.
func sameAddress(want, have string) bool {
	if network, ok := address.Network(want); ok {
		return address.In(network, have)
	}
	return address.Canonical(want) == address.Canonical(have)
}

// matchRange compares as addresses in fields that hold those, as numbers where the value is one, as times where both are, else as text.
func matchRange(n Range, v any) bool {
	return within(n.Field, n.From, n.IncludeFrom, v, 1) && within(n.Field, n.To, n.IncludeTo, v, -1)
}

// within says whether v lies on the given side of a bound: above it for 1, below for -1.
func within(field, bound string, include bool, v any, side int) bool {
	if bound == "" {
		return true
	}
	if document.IsDate(field) {
		return inSpan(bound, include, v, side)
	}
	c, ok := compare(field, v, bound)
	return ok && (c == side || include && c == 0)
}

// inSpan says whether a time lies on the given side of a bound. A bound without its smaller parts stands for all times
// that have them.
func inSpan(bound string, include bool, v any, side int) bool {
	first, span, ok := document.ParseSpan(bound)
	at, isTime := document.ParseTime(text(v))
	last := first + span - 1
	switch {
	case !ok || !isTime:
		return false
	case side > 0 && include:
		return at >= first
	case side > 0:
		return at > last
	case include:
		return at <= last
	}
	return at < first
}

func compare(field string, v any, bound string) (int, bool) {
	if address.Field(field) {
		return address.Compare(text(v), bound)
	}
	if f, ok := number(v); ok {
		b, err := strconv.ParseFloat(bound, 64)
		if err != nil {
			return 0, false
		}
		return cmpFloat(f, b), true
	}
	if t, ok := instant(v); ok {
		if b, ok := instant(bound); ok {
			return t.Compare(b), true
		}
	}
	return strings.Compare(text(v), bound), true
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func instant(v any) (time.Time, bool) {
	switch v := v.(type) {
	case time.Time:
		return v, true
	case string:
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
			if t, err := time.Parse(layout, v); err == nil {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	}
	return 0, false
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	if f, ok := number(v); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return ""
}
