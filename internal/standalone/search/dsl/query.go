package dsl

import "net/netip"

// Query is a node of the algebra: All, None, Bool, Term, Words, Phrase, Prefix, Wildcard, Range,
// Network, Exists or IDs.
type Query interface{ node() }

type (
	// All matches every document.
	All struct{}
	// None matches no document.
	None struct{}
)

// Bool matches what all of Must, none of Not and at least Min of Should match.
type Bool struct {
	Must, Should, Not []Query
	Min               int
}

// Term matches a keyword field that has one of the values.
type Term struct {
	Field  string
	Values []string
}

// Words matches a text field that has all of the words, or any of them.
type Words struct {
	Field string
	Words []string
	Any   bool
}

// Phrase matches a text field that has the words one after the other.
type Phrase struct {
	Field string
	Words []string
}

// Prefix matches a keyword, or one word of a text, that begins with Text.
type Prefix struct {
	Field, Text string
	Fold        bool // compare without case
}

// Wildcard matches a keyword, or one word of a text, against a pattern.
type Wildcard struct {
	Field, Pattern string
	Fold           bool
}

// Range matches values between two bounds.
type Range struct {
	Field    string
	From, To Bound
}

// Bound is one end of a range in each of the readings that its text allows.
type Bound struct {
	Set     bool
	Include bool
	Text    string
	// Number is the bound as a number, if IsNumber.
	Number   float64
	IsNumber bool
	// Time is the bound in milliseconds, if IsTime; rounded as Include asks for where the text is a whole day or minute.
	Time   int64
	IsTime bool
}

// Network matches fields of addresses that have one in a network.
type Network struct {
	Field  string
	Prefix netip.Prefix
}

// Exists matches documents that have a value in the field or, when it is an object, in a field below.
type Exists struct{ Field string }

// IDs matches documents by _id.
type IDs struct{ IDs []string }

func (All) node()      {}
func (None) node()     {}
func (Bool) node()     {}
func (Term) node()     {}
func (Words) node()    {}
func (Phrase) node()   {}
func (Prefix) node()   {}
func (Wildcard) node() {}
func (Range) node()    {}
func (Network) node()  {}
func (Exists) node()   {}
func (IDs) node()      {}

// Conjuncts splits a query into parts that must all match. All gives none.
func Conjuncts(q Query) []Query {
	switch q := q.(type) {
	case All:
		return nil
	case Bool:
		var parts []Query
		for _, m := range q.Must {
			parts = append(parts, Conjuncts(m)...)
		}
		for _, n := range q.Not {
			parts = append(parts, Bool{Not: []Query{n}})
		}
		switch {
		case q.Min <= 0:
		case q.Min == 1 && len(q.Should) == 1:
			parts = append(parts, Conjuncts(q.Should[0])...)
		default:
			parts = append(parts, Bool{Should: q.Should, Min: q.Min})
		}
		return parts
	}
	return []Query{q}
}

// Fields calls fn with each field that the query looks at.
func Fields(q Query, fn func(field string)) {
	switch q := q.(type) {
	case Bool:
		for _, list := range [][]Query{q.Must, q.Should, q.Not} {
			for _, part := range list {
				Fields(part, fn)
			}
		}
	case Term:
		fn(q.Field)
	case Words:
		fn(q.Field)
	case Phrase:
		fn(q.Field)
	case Prefix:
		fn(q.Field)
	case Wildcard:
		fn(q.Field)
	case Range:
		fn(q.Field)
	case Network:
		fn(q.Field)
	case Exists:
		fn(q.Field)
	case IDs:
		fn("_id")
	}
}
