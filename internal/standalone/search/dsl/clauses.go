package dsl

import (
	"bytes"
	"encoding/json"
	"sort"
	"strings"

	"github.com/millrace/millrace/internal/document"
	"github.com/millrace/millrace/internal/query/address"
	"github.com/millrace/millrace/internal/query/token"
)

const (
	// maxDepth bounds the nesting of a query, and so the recursion over it.
	maxDepth = 60
	// maxClauses bounds a query's size, as indices.query.bool.max_clause_count does in Elasticsearch.
	maxClauses = 1024
	// maxTerms bounds the values of one terms or ids clause; each costs a look-up.
	maxTerms = 4096
)

// object is a JSON object whose values are read when their meaning is known.
type object map[string]json.RawMessage

type clauseFunc func(r *reader, body json.RawMessage) (Query, error)

// clauses are the queries that are understood.
func clauses() map[string]clauseFunc {
	return map[string]clauseFunc{
		"match_all":      func(*reader, json.RawMessage) (Query, error) { return All{}, nil },
		"match_none":     func(*reader, json.RawMessage) (Query, error) { return None{}, nil },
		"bool":           (*reader).boolean,
		"constant_score": (*reader).constantScore,
		"term":           (*reader).term,
		"terms":          (*reader).terms,
		"match":          (*reader).match,
		"match_phrase":   (*reader).phrase,
		"prefix":         (*reader).prefix,
		"wildcard":       (*reader).wildcard,
		"range":          (*reader).rangeClause,
		"exists":         (*reader).exists,
		"ids":            (*reader).ids,
	}
}

// reader reads one query; now is what date math is relative to, in milliseconds.
type reader struct {
	now     int64
	clauses map[string]clauseFunc
	depth   int
	size    int
	zone    int64 // what a date without one is ahead of UTC in the range being read, in milliseconds
}

// query reads {"name": body}.
func (r *reader) query(raw json.RawMessage) (Query, error) {
	r.size++
	r.depth++
	defer func() { r.depth-- }()
	if r.depth > maxDepth || r.size > maxClauses {
		return nil, parsing("the query is nested more than %d deep or has more than %d clauses", maxDepth, maxClauses)
	}
	o, err := toObject(raw, "query")
	if err != nil {
		return nil, err
	}
	if len(o) != 1 {
		return nil, parsing("a query must be an object with one clause, this one has %d", len(o))
	}
	for name, body := range o {
		read, ok := r.clauses[name]
		if !ok {
			return nil, parsing("unknown query [%s]; supported are: %s", name, strings.Join(known(r.clauses), ", "))
		}
		return read(r, body)
	}
	return All{}, nil
}

func known[T any](m map[string]T) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

func toObject(raw json.RawMessage, what string) (object, error) {
	var o object
	if err := json.Unmarshal(raw, &o); err != nil || o == nil {
		return nil, parsing("[%s] must be an object", what)
	}
	return o, nil
}

// only refuses keys that are not listed; boost and _name change nothing in a store without scores.
func (o object) only(what string, keys ...string) error {
	for k := range o {
		ok := k == "boost" || k == "_name"
		for _, known := range keys {
			ok = ok || k == known
		}
		if !ok {
			return parsing("[%s] does not support [%s]", what, k)
		}
	}
	return nil
}

func (r *reader) boolean(raw json.RawMessage) (Query, error) {
	o, err := toObject(raw, "bool")
	if err == nil {
		err = o.only("bool", "must", "filter", "should", "must_not", "minimum_should_match")
	}
	if err != nil {
		return nil, err
	}
	var b Bool
	for _, part := range []struct {
		name string
		into *[]Query
	}{{"must", &b.Must}, {"filter", &b.Must}, {"should", &b.Should}, {"must_not", &b.Not}} {
		if err := r.list(o[part.name], part.into); err != nil {
			return nil, err
		}
	}
	if raw, ok := o["minimum_should_match"]; ok {
		n, err := integer(raw, "minimum_should_match")
		if err != nil {
			return nil, err
		}
		if b.Min = n; n < 0 {
			b.Min = max(0, len(b.Should)+n)
		}
	}
	if len(b.Should) > 0 && len(b.Must) == 0 { // where nothing else is required, one of them is, even if 0 was asked for
		b.Min = max(b.Min, 1)
	}
	return b, nil
}

// list reads one query or an array of them.
func (r *reader) list(raw json.RawMessage, into *[]Query) error {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	items := []json.RawMessage{raw}
	if raw[0] == '[' {
		items = nil
		if err := json.Unmarshal(raw, &items); err != nil {
			return parsing("[bool] lists must hold queries")
		}
	}
	for _, item := range items {
		q, err := r.query(item)
		if err != nil {
			return err
		}
		*into = append(*into, q)
	}
	return nil
}

func (r *reader) constantScore(raw json.RawMessage) (Query, error) {
	o, err := toObject(raw, "constant_score")
	if err == nil {
		err = o.only("constant_score", "filter")
	}
	if err != nil {
		return nil, err
	}
	return r.query(o["filter"])
}

// field reads {"name": body}, where body is an object or, for short, the value of the key named short.
func field(raw json.RawMessage, clause, short string, keys ...string) (string, object, error) {
	o, err := toObject(raw, clause)
	if err != nil {
		return "", nil, err
	}
	var name string
	fields := 0
	for k := range o {
		if k != "boost" && k != "_name" {
			name = k
			fields++
		}
	}
	if fields != 1 || name == "" {
		return "", nil, parsing("[%s] must name one field", clause)
	}
	body := bytes.TrimSpace(o[name])
	if len(body) > 0 && body[0] != '{' && short != "" {
		return name, object{short: body}, nil
	}
	inner, err := toObject(body, clause)
	if err == nil {
		err = inner.only(clause, append(keys, short)...)
	}
	return name, inner, err
}

func (r *reader) term(raw json.RawMessage) (Query, error) {
	name, o, err := field(raw, "term", "value")
	if err != nil {
		return nil, err
	}
	v, err := scalar(o["value"], "term")
	if err != nil {
		return nil, err
	}
	return r.termOf(name, v)
}

func (r *reader) termOf(field string, values ...string) (Query, error) {
	switch {
	case field == "_id":
		return IDs{IDs: values}, nil
	case address.Field(field):
		return addressesOf(field, values)
	case document.IsDate(field):
		return r.datesOf(field, values)
	}
	return Term{Field: field, Values: values}, nil
}

// datesOf finds times, however they are written. One without its smaller parts stands for all that have them.
func (r *reader) datesOf(field string, values []string) (Query, error) {
	any := Bool{Min: 1}
	r.zone = 0
	for _, v := range values {
		ms, span, ok := r.date(v)
		if !ok {
			return nil, noDate(v)
		}
		bound := func(ms int64) Bound { return Bound{Set: true, Include: true, Text: v, Time: ms, IsTime: true} }
		any.Should = append(any.Should, Range{Field: field, From: bound(ms), To: bound(ms + span - 1)})
	}
	if len(any.Should) == 1 {
		return any.Should[0], nil
	}
	return any, nil
}

func noDate(text string) error {
	return parsing("failed to parse date field [%s]; use an ISO date, milliseconds since the epoch, or now-15m", text)
}

// addressesOf finds addresses, however they are written, and those in networks.
func addressesOf(field string, values []string) (Query, error) {
	var any Bool
	term := Term{Field: field}
	for _, v := range values {
		if err := address.Check(v); err != nil {
			return nil, illegal("[%s] is of type ip: %v", field, err)
		}
		if p, ok := address.Network(v); ok {
			any.Should = append(any.Should, Network{Field: field, Prefix: p})
			continue
		}
		term.Values = append(term.Values, address.Canonical(v))
	}
	if len(any.Should) == 0 {
		return term, nil
	}
	if len(term.Values) > 0 {
		any.Should = append(any.Should, term)
	}
	any.Min = 1
	return any, nil
}

func (r *reader) terms(raw json.RawMessage) (Query, error) {
	o, err := toObject(raw, "terms")
	if err != nil {
		return nil, err
	}
	for name, body := range o {
		if name == "boost" || name == "_name" {
			continue
		}
		values, err := scalars(body, "terms")
		if err != nil {
			return nil, err
		}
		if len(o) > 1 {
			delete(o, name)
			if err := o.only("terms"); err != nil {
				return nil, err
			}
		}
		return r.termOf(name, values...)
	}
	return nil, parsing("[terms] must name one field")
}

func (r *reader) match(raw json.RawMessage) (Query, error) {
	name, o, err := field(raw, "match", "query", "operator", "zero_terms_query", "lenient")
	if err != nil {
		return nil, err
	}
	text, err := scalar(o["query"], "match")
	if err != nil {
		return nil, err
	}
	if name != document.MessageField {
		return r.termOf(name, text)
	}
	operator := "or"
	if raw, ok := o["operator"]; ok {
		if operator, err = scalar(raw, "operator"); err != nil {
			return nil, err
		}
	}
	operator = strings.ToLower(operator)
	if operator != "or" && operator != "and" {
		return nil, parsing("[match] operator must be and or or, not [%s]", operator)
	}
	return Words{Field: name, Words: token.Of(text), Any: operator == "or"}, nil
}

func (r *reader) phrase(raw json.RawMessage) (Query, error) {
	name, o, err := field(raw, "match_phrase", "query", "slop")
	if err != nil {
		return nil, err
	}
	text, err := scalar(o["query"], "match_phrase")
	if err != nil {
		return nil, err
	}
	if slop, ok := o["slop"]; ok && string(slop) != "0" {
		return nil, parsing("[match_phrase] does not support a [slop] other than 0")
	}
	if name != document.MessageField {
		return r.termOf(name, text)
	}
	return Phrase{Field: name, Words: token.Of(text)}, nil
}

func (r *reader) prefix(raw json.RawMessage) (Query, error) {
	name, o, err := field(raw, "prefix", "value", "case_insensitive", "rewrite")
	if err != nil {
		return nil, err
	}
	text, err := scalar(o["value"], "prefix")
	return Prefix{Field: name, Text: text, Fold: string(o["case_insensitive"]) == "true"}, err
}

func (r *reader) wildcard(raw json.RawMessage) (Query, error) {
	name, o, err := field(raw, "wildcard", "value", "wildcard", "case_insensitive", "rewrite")
	if err != nil {
		return nil, err
	}
	value, ok := o["value"]
	if !ok {
		value = o["wildcard"]
	}
	text, err := scalar(value, "wildcard")
	return Wildcard{Field: name, Pattern: text, Fold: string(o["case_insensitive"]) == "true"}, err
}

func (r *reader) exists(raw json.RawMessage) (Query, error) {
	o, err := toObject(raw, "exists")
	if err == nil {
		err = o.only("exists", "field")
	}
	if err != nil {
		return nil, err
	}
	name, err := scalar(o["field"], "exists")
	return Exists{Field: name}, err
}

func (r *reader) ids(raw json.RawMessage) (Query, error) {
	o, err := toObject(raw, "ids")
	if err == nil {
		err = o.only("ids", "values")
	}
	if err != nil {
		return nil, err
	}
	values, err := scalars(o["values"], "ids")
	return IDs{IDs: values}, err
}
