package step

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/millrace/millrace/processors/pipeline/grok"
)

func gsubSpec() Spec {
	return Spec{
		Name:    "gsub",
		Summary: "Replaces all that a regular expression (RE2) matches in a text.",
		Example: `{"gsub": {"field": "url.path", "pattern": "/[0-9]+", "replacement": "/N", "target_field": "labels.route"}}`,
		Options: transformOptions(
			Option{Name: "pattern", Type: TypeText, Required: true, Summary: "the regular expression"},
			Option{Name: "replacement", Type: TypeText, Required: true, Summary: "what to put there; $1 and ${name} stand for groups, \\$ for a dollar"},
		),
		compile: compileGsub,
	}
}

// regexpCost is how much more a regular expression takes for a byte than a copy does.
const regexpCost = 8

func compileGsub(b *Build) Step {
	re, err := regexp.Compile(javaRegexp(b.Text("pattern")))
	if err != nil {
		b.Problem("pattern", "%s", regexpFault(err))
		return nil
	}
	pieces, err := parseReplacement(b.Text("replacement"), re)
	if err != nil {
		b.Problem("replacement", "%s", err)
	}
	g := &gsub{re: re, pieces: pieces}
	if !slices.ContainsFunc(pieces, func(p replacement) bool { return p.group >= 0 }) {
		g.finder = grok.NewFinder(re)
	}
	return compileTransform(b, regexpCost, g.apply)
}

type gsub struct {
	re     *regexp.Regexp
	finder *grok.Finder // nil: the expression has no shape for one, or its groups are wanted
	pieces []replacement
}

// apply appends the text with everything replaced that matches.
func (g *gsub) apply(dst, text []byte) ([]byte, error) {
	limit := len(dst) + maxRendered
	last, all := 0, false
	if g.finder != nil {
		last, all = g.finder.Each(text, func(start, end int) bool {
			dst = g.replace(append(dst, text[last:start]...), text, nil)
			last = end
			return len(dst) <= limit
		})
	}
	if !all {
		rest := text[last:]
		behind := 0
		for _, m := range g.re.FindAllSubmatchIndex(rest, -1) {
			dst = g.replace(append(dst, rest[behind:m[0]]...), rest, m)
			if behind = m[1]; len(dst) > limit {
				break
			}
		}
		last += behind
	}
	if len(dst) > limit {
		return dst, errTooMuch
	}
	return append(dst, text[last:]...), nil
}

// replace appends what stands in place of a match.
func (g *gsub) replace(dst, text []byte, match []int) []byte {
	for _, p := range g.pieces {
		if p.group < 0 {
			dst = append(dst, p.text...)
		} else if match[2*p.group] >= 0 {
			dst = append(dst, text[match[2*p.group]:match[2*p.group+1]]...)
		}
	}
	return dst
}

// replacement is a piece of what stands in place of a match: text, or a group of it.
type replacement struct {
	text  string
	group int // -1: text
}

// parseReplacement reads a replacement as Java writes it.
func parseReplacement(text string, re *regexp.Regexp) (pieces []replacement, err error) {
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			pieces = append(pieces, replacement{text: literal.String(), group: -1})
			literal.Reset()
		}
	}
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			literal.WriteByte(text[i])
		case text[i] == '$':
			group, n := -1, 0
			rest := text[i+1:]
			if strings.HasPrefix(rest, "{") {
				if end := strings.IndexByte(rest, '}'); end > 0 {
					group, n = re.SubexpIndex(rest[1:end]), end+1
				}
			} else if len(rest) > 0 && rest[0] >= '0' && rest[0] <= '9' {
				for group = 0; n < len(rest) && rest[n] >= '0' && rest[n] <= '9' && (n == 0 || group*10+int(rest[n]-'0') <= re.NumSubexp()); n++ {
					group = group*10 + int(rest[n]-'0')
				}
			}
			if group < 0 || group > re.NumSubexp() {
				return nil, fmt.Errorf("the replacement names a group that the pattern does not have (column %d); write \\$ for a dollar", i+1)
			}
			flush()
			pieces = append(pieces, replacement{group: group})
			i += n
		default:
			literal.WriteByte(text[i])
		}
	}
	flush()
	return pieces, nil
}

// javaRegexp spells what Java and Oniguruma write otherwise than RE2.
func javaRegexp(pattern string) string {
	return strings.NewReplacer(`\h`, `[ \t]`, `\Z`, `\z`, `(?>`, `(?:`, `\\`, `\\`).Replace(pattern)
}

// regexpFault says what is wrong with a regular expression.
func regexpFault(err error) string {
	text := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	if strings.Contains(text, "(?=") || strings.Contains(text, "(?!") || strings.Contains(text, "(?<") {
		text += " (looking ahead or behind is not possible: every pattern runs in linear time)"
	}
	return text
}
