package query

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What people bring along from other query languages and what this one does not have would be searched for as text and
// find nothing. It is refused here, with the right way to write it.

// regexp refuses /a regular expression/ at the start of a value. Paths are written with slashes, too: what has a slash
// inside, or is the value of a keyword, is only taken for an expression when it has its signs.
func (p *parser) regexp(field string) error {
	if p.peek() != '/' {
		return nil
	}
	inner, after, closed := cutUnescaped(p.text[p.pos+1:], '/')
	if !closed || inner == "" || !endsTerm(after) {
		return nil
	}
	if (field != MessageField || strings.HasPrefix(inner, "/")) && !hasRegexpSigns(inner) {
		return nil
	}
	return p.fail(p.pos, "regular expressions are not supported; use wildcards (time* or t?me), or put quotes around it to search for it as it is")
}

// cutUnescaped cuts text at the first sep without a backslash before it.
func cutUnescaped(text string, sep byte) (before, after string, found bool) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case sep:
			return text[:i], text[i+1:], true
		}
	}
	return text, "", false
}

func endsTerm(after string) bool {
	r, _ := utf8.DecodeRuneInString(after)
	return after == "" || r == ')' || unicode.IsSpace(r)
}

func hasRegexpSigns(text string) bool {
	if strings.ContainsAny(text, "[]|^$(") {
		return true
	}
	for _, sign := range []string{".*", ".+", `\d`, `\w`, `\s`, `\b`, `\.`} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// suffix refuses what follows a word from start to here: a fuzzy ~ or a boost ^2.
func (p *parser) suffix(start int) error {
	word := p.text[start:p.pos]
	stem := strings.TrimRight(word, "0123456789.")
	if len(stem) < 2 || !strings.HasSuffix(stem, "~") && (!strings.HasSuffix(stem, "^") || stem == word) || escaped(stem) {
		return nil
	}
	return p.refuseSuffix(start + len(stem) - 1)
}

// escaped says whether the last character of text has a backslash before it that counts.
func escaped(text string) bool {
	before := text[:len(text)-1]
	return (len(before)-len(strings.TrimRight(before, `\`)))%2 == 1
}

// afterClosing refuses ~2 and ^2 behind a closing quote or parenthesis.
func (p *parser) afterClosing() error {
	if c := p.peek(); c == '~' || c == '^' {
		return p.refuseSuffix(p.pos)
	}
	return nil
}

func (p *parser) refuseSuffix(at int) error {
	switch {
	case p.text[at] == '^':
		return p.fail(at, "hits are ordered by time, so that nothing can be boosted; leave the ^ out, or put a backslash before it to search for it")
	case at > 0 && p.text[at-1] == '"':
		return p.fail(at, "words of a phrase stand one after the other and no ~ loosens that; write them with AND instead: a AND b")
	}
	return p.fail(at, "fuzzy searches are not supported; use wildcards (err* or err?r), or put a backslash before the ~ to search for it")
}

// glued refuses a||b, which would be one word, and a colon alone, which would be none.
func (p *parser) glued(start int) error {
	word := p.text[start:p.pos]
	if word == ":" {
		return p.fail(start, "leave no blanks around the colon: field:value")
	}
	before, _, found := strings.Cut(word, "||")
	if !found || escaped(before+"|") {
		return nil
	}
	return p.fail(start+len(before), "leave blanks around || for either side, or put quotes around it to search for it as it is")
}

// noField refuses a comparison without a field.
func (p *parser) noField(field string, start int) error {
	if field != MessageField || !p.bare(start) {
		return nil
	}
	return p.fail(start, "what shall be compared? Write field:>=500, without blanks, or put quotes around it to search for it as it is")
}

// small is an operator in lower case at a place in the text. It is a word, unless it stands beside fields or in
// parentheses: "no such file or directory" is searched as it is.
type small struct {
	name string
	at   int
	part int // of the list that it was found in
}

// smallOperator looks for an operator in lower case, without consuming it.
func (p *parser) smallOperator() string {
	for _, name := range []string{"and", "or", "not"} {
		if after, ok := strings.CutPrefix(p.text[p.pos:], name); ok && endsTerm(after) {
			return name
		}
	}
	return ""
}

// refuseSmall refuses operators in lower case where somebody meant operators: as words they would find nothing.
func (p *parser) refuseSmall(words []small, parts []Node) error {
	for _, w := range words {
		beside := p.groups > 0
		for _, i := range []int{w.part - 1, w.part + 1} {
			beside = beside || i >= 0 && i < len(parts) && hasField(parts[i])
		}
		if beside {
			return p.fail(w.at, "write the operator %s in capitals, or put the word in quotes to search for it", strings.ToUpper(w.name))
		}
	}
	return nil
}

// hasField says whether a node looks at another field than the message.
func hasField(n Node) bool {
	switch n := n.(type) {
	case And:
		return slices.ContainsFunc(n, hasField)
	case Or:
		return slices.ContainsFunc(n, hasField)
	case Not:
		return hasField(n.Node)
	case Term:
		return n.Field != MessageField
	case Phrase:
		return n.Field != MessageField
	case Wildcard:
		return n.Field != MessageField
	case Range:
		return n.Field != MessageField
	case Exists:
		return true
	}
	return false
}
