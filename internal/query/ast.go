package query

import "strings"

// MessageField is the analysed field in which words without a field are looked up.
const MessageField = "message"

// Node is a part of a parsed query: All, And, Or, Not, Term, Phrase, Wildcard, Range or Exists.
type Node interface {
	// String is query text that parses to an equal node.
	String() string
	// nested is String in parentheses where the node has operators of its own.
	nested() string
}

// All matches every document.
type All struct{}

// And matches what each of its parts matches. It has at least two, none of them an And.
type And []Node

// Or matches what any of its parts matches. It has at least two, none of them an Or.
type Or []Node

// Not matches what its part does not match.
type Not struct{ Node Node }

// Term matches a keyword field that equals Text, or a message that has all words of Text.
type Term struct{ Field, Text string }

// Phrase matches a keyword field that equals Text, or a message that has the words of Text one after the other.
type Phrase struct{ Field, Text string }

// Wildcard matches a keyword field, or one word of the message, against Pattern: '*' stands for any characters, '?' for
// one, and a backslash takes the next character literally.
type Wildcard struct{ Field, Pattern string }

// Range matches a field between two bounds. An empty bound is open.
type Range struct {
	Field                  string
	From, To               string
	IncludeFrom, IncludeTo bool
}

// Exists matches documents that have a value in the field.
type Exists struct{ Field string }

func (All) String() string { return "*" }
func (n And) String() string {
	return join(n, " AND ")
}

func (n Or) String() string {
	return join(n, " OR ")
}

func (n Not) String() string { return "NOT " + n.Node.nested() }

func (n Term) String() string { return fieldPrefix(n.Field) + escape(n.Text, true) }

func (n Phrase) String() string {
	return fieldPrefix(n.Field) + `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(n.Text) + `"`
}

func (n Wildcard) String() string { return fieldPrefix(n.Field) + escape(n.Pattern, false) }

func (n Range) String() string {
	var b strings.Builder
	b.WriteString(fieldText(n.Field))
	b.WriteByte(':')
	b.WriteByte(pick(n.IncludeFrom, '[', '{'))
	b.WriteString(bound(n.From))
	b.WriteString(" TO ")
	b.WriteString(bound(n.To))
	b.WriteByte(pick(n.IncludeTo, ']', '}'))
	return b.String()
}

func (n Exists) String() string { return "_exists_:" + escape(n.Field, true) }

func (n All) nested() string      { return n.String() }
func (n And) nested() string      { return "(" + n.String() + ")" }
func (n Or) nested() string       { return "(" + n.String() + ")" }
func (n Not) nested() string      { return n.String() }
func (n Term) nested() string     { return n.String() }
func (n Phrase) nested() string   { return n.String() }
func (n Wildcard) nested() string { return n.String() }
func (n Range) nested() string    { return n.String() }
func (n Exists) nested() string   { return n.String() }

func join(nodes []Node, operator string) string {
	parts := make([]string, len(nodes))
	for i, n := range nodes {
		parts[i] = n.nested()
	}
	return strings.Join(parts, operator)
}

func fieldPrefix(field string) string {
	if field == MessageField {
		return ""
	}
	return fieldText(field) + ":"
}

// fieldText writes a field name so that it is taken for one: what does not look like one is escaped.
func fieldText(field string) string {
	var b strings.Builder
	for i := range len(field) {
		if !isFieldByte(field[i], i == 0) {
			b.WriteByte('\\')
		}
		b.WriteByte(field[i])
	}
	return b.String()
}

func bound(text string) string {
	if text == "" {
		return "*"
	}
	return escape(text, true)
}

func pick(cond bool, yes, no byte) byte {
	if cond {
		return yes
	}
	return no
}

// special are the characters that mean something to the parser somewhere; '*', '?' and '\' are only escaped in text,
// since a pattern carries its own.
const special = " \t\r\n\v\f()[]{}\"':+-!<>=&|/~^"

// escape writes text as one word. In a pattern (literal false) wildcards and backslashes stay as they are.
func escape(text string, literal bool) string {
	var b strings.Builder
	// An operator as a word is kept from being one by a backslash before its first letter.
	switch text {
	case "AND", "OR", "NOT", "TO", "and", "or", "not":
		b.WriteByte('\\')
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case !literal && c == '\\' && i+1 < len(text):
			b.WriteByte(c)
			i++
			c = text[i]
		case literal && strings.IndexByte(`*?\`, c) >= 0, strings.IndexByte(special, c) >= 0:
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// and and or build normalised nodes: nested ones of the same kind are flattened, single ones stand for themselves.
func and(nodes []Node) Node { return flatten[And](nodes) }

func or(nodes []Node) Node { return flatten[Or](nodes) }

func flatten[L interface {
	~[]Node
	Node
}](nodes []Node) Node {
	flat := make(L, 0, len(nodes))
	for _, n := range nodes {
		if inner, ok := n.(L); ok {
			flat = append(flat, inner...)
			continue
		}
		flat = append(flat, n)
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return flat
}
