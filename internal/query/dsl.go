package query

import "strings"

// ToDSL turns a query into Elasticsearch DSL, to be sent as the value of "query" or as one filter of a bool. It runs in
// filter context throughout: log searches are ordered by time, scores would only cost.
func ToDSL(n Node) map[string]any {
	switch n := n.(type) {
	case And:
		return boolean("filter", n)
	case Or:
		q := boolean("should", n)
		q["bool"].(map[string]any)["minimum_should_match"] = 1
		return q
	case Not:
		return boolean("must_not", []Node{n.Node})
	case Term:
		if n.Field == MessageField {
			return clause("match", n.Field, map[string]any{"query": n.Text, "operator": "and"})
		}
		return clause("term", n.Field, map[string]any{"value": n.Text})
	case Phrase:
		if n.Field == MessageField {
			return clause("match_phrase", n.Field, map[string]any{"query": n.Text})
		}
		return clause("term", n.Field, map[string]any{"value": n.Text})
	case Wildcard:
		return wildcardDSL(n)
	case Range:
		return clause("range", n.Field, n.bounds())
	case Exists:
		return map[string]any{"exists": map[string]any{"field": n.Field}}
	}
	return map[string]any{"match_all": map[string]any{}}
}

func boolean(occur string, nodes []Node) map[string]any {
	list := make([]any, len(nodes))
	for i, n := range nodes {
		list[i] = ToDSL(n)
	}
	return map[string]any{"bool": map[string]any{occur: list}}
}

func clause(kind, field string, body map[string]any) map[string]any {
	return map[string]any{kind: map[string]any{field: body}}
}

// wildcardDSL prefers prefix, which indices answer faster. Words of the message are in lower case there.
func wildcardDSL(n Wildcard) map[string]any {
	pattern := n.Pattern
	if n.Field == MessageField {
		pattern = strings.ToLower(pattern)
	}
	if text, ok := prefixOf(pattern); ok {
		return clause("prefix", n.Field, map[string]any{"value": text})
	}
	return clause("wildcard", n.Field, map[string]any{"value": pattern})
}

// prefixOf returns the literal text of a pattern whose only wildcard is a '*' at its end.
func prefixOf(pattern string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '*':
			return b.String(), i == len(pattern)-1 && b.Len() > 0
		case '?':
			return "", false
		case '\\':
			i++
			if i < len(pattern) {
				b.WriteByte(pattern[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

func (n Range) bounds() map[string]any {
	b := map[string]any{}
	if n.From != "" {
		b[pickName(n.IncludeFrom, "gte", "gt")] = n.From
	}
	if n.To != "" {
		b[pickName(n.IncludeTo, "lte", "lt")] = n.To
	}
	return b
}

func pickName(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}
