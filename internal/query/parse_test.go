package query

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	term := func(f, v string) Node { return Term{f, v} }
	msg := func(v string) Node { return Term{"message", v} }
	for name, tc := range map[string]struct {
		text string
		want Node
	}{
		"blank text matches everything":               {"  ", All{}},
		"a star matches everything":                   {"*", All{}},
		"star colon star matches everything":          {"*:*", All{}},
		"a bare word looks into the message":          {"timeout", msg("timeout")},
		"words side by side must all match":           {"a b", And{msg("a"), msg("b")}},
		"AND and && are the same":                     {"a AND b && c", And{msg("a"), msg("b"), msg("c")}},
		"AND binds tighter than OR":                   {"a OR b c", Or{msg("a"), And{msg("b"), msg("c")}}},
		"parentheses group":                           {"(a OR b) c", And{Or{msg("a"), msg("b")}, msg("c")}},
		"nested groups of one kind are flattened":     {"(a b) (c d)", And{msg("a"), msg("b"), msg("c"), msg("d")}},
		"NOT, - and ! negate":                         {"NOT a -b !c", And{Not{msg("a")}, Not{msg("b")}, Not{msg("c")}}},
		"+ requires, which is the default":            {"+a b", And{msg("a"), msg("b")}},
		"a minus inside a word is text":               {"re-try", msg("re-try")},
		"a field takes a word":                        {"log.level:error", term("log.level", "error")},
		"a field takes a phrase":                      {`user.name:"A B"`, Phrase{"user.name", "A B"}},
		"a field takes a group":                       {"log.level:(error OR warn)", Or{term("log.level", "error"), term("log.level", "warn")}},
		"a negative value is a value":                 {"n:-5", term("n", "-5")},
		"a quoted phrase looks into the message":      {`"connection \"refused\""`, Phrase{"message", `connection "refused"`}},
		"a value may hold colons and slashes":         {"url.original:/a:b/c", term("url.original", "/a:b/c")},
		"a time is not a field":                       {"12:30:01", msg("12:30:01")},
		"an address is not a field":                   {"http://x/y", msg("http://x/y")},
		"a trailing star is a wildcard":               {"check*", Wildcard{"message", "check*"}},
		"wildcards work in fields":                    {"host.name:web?-*", Wildcard{"host.name", "web?-*"}},
		"an escaped star is text":                     {`a\*b`, msg("a*b")},
		"escapes stay apart from wildcards":           {`f:a\*b*`, Wildcard{"f", `a\*b*`}},
		"a star alone on a field means it exists":     {"user.id:*", Exists{"user.id"}},
		"_exists_ names a field":                      {"_exists_:user.id", Exists{"user.id"}},
		"a closed range":                              {"s:[500 TO 599]", Range{"s", "500", "599", true, true}},
		"an open range":                               {"s:{500 TO 599}", Range{"s", "500", "599", false, false}},
		"brackets may differ":                         {"s:[500 TO 600}", Range{"s", "500", "600", true, false}},
		"a range may be unbounded":                    {"s:{* TO 5]", Range{"s", "", "5", true, true}},
		"a range of times":                            {"@timestamp:[2026-11-22T10:00:00Z TO *]", Range{"@timestamp", "2026-11-22T10:00:00Z", "", true, true}},
		"at least":                                    {"s:>=500", Range{"s", "500", "", true, true}},
		"greater":                                     {"s:>500", Range{"s", "500", "", false, true}},
		"less":                                        {"s:< 500", Range{"s", "", "500", true, false}},
		"operators in lower case are words":           {"a or b", And{msg("a"), msg("or"), msg("b")}},
		"a word that begins like an operator is one":  {"ANDROID NOTE ORDER", And{msg("ANDROID"), msg("NOTE"), msg("ORDER")}},
		"an escaped operator is a word":               {`\OR`, msg("OR")},
		"a group may be negated":                      {"-(a OR b)", Not{Or{msg("a"), msg("b")}}},
		"text beyond ASCII is kept":                   {"größe:überall", term("größe", "überall")},
		"an ideographic space separates":              {"a\u3000b", And{msg("a"), msg("b")}},
		"a range end may be quoted":                   {`s:["a b" TO c]`, Range{"s", "a b", "c", true, true}},
		"a closing parenthesis may be escaped":        {`a\)`, msg("a)")},
		"an apostrophe is text":                       {"don't", msg("don't")},
		"blanks around parentheses do not matter":     {"( a )", msg("a")},
		"a NOT before a field":                        {"NOT log.level:debug", Not{term("log.level", "debug")}},
		"double negation is kept as it was written":   {"NOT NOT a", Not{Not{msg("a")}}},
		"a wildcard in the middle of a quoted phrase": {`"a*b"`, Phrase{"message", "a*b"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(tc.text)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Fatalf("Parse(%q) = %#v, want %#v", tc.text, got, tc.want)
			}
			again, err := Parse(got.String())
			if err != nil || !reflect.DeepEqual(again, got) {
				t.Fatalf("String() = %q parses to %#v, %v", got.String(), again, err)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		text   string
		column int
		says   string
	}{
		"an open parenthesis":                 {"a (b", 3, "not closed"},
		"a stray closing parenthesis":         {"a) b", 2, "closes nothing"},
		"an empty group":                      {"()", 2, "term is expected"},
		"an open quote":                       {`a "b`, 3, "not closed"},
		"an operator without a left side":     {"AND b", 1, "operator needs"},
		"an operator without a right side":    {"a OR", 5, "query ends"},
		"a NOT without a term":                {"a NOT", 6, "query ends"},
		"a field without a value":             {"f: x", 3, "value is expected"},
		"a range without TO":                  {"f:[1 5]", 6, "TO is expected"},
		"a range that is not closed":          {"f:[1 TO 5", 3, "not closed"},
		"a range with an end missing":         {"f:[1 TO ]", 9, "needs a value"},
		"a range with a wildcard":             {"f:[1* TO 5]", 4, "no wildcards"},
		"a comparison without a value":        {"f:>=", 5, "needs a value"},
		"a trailing backslash":                {`a\`, 2, "backslash"},
		"_exists_ with a wildcard":            {"_exists_:a*", 10, "name of a field"},
		"a quote in the middle of a word":     {`ab"c"`, 3, "blank before"},
		"columns count characters, not bytes": {"größe (", 8, "query ends"},
		"too deep a nesting":                  {strings.Repeat("(", 60), 51, "nested more"},
		"too many negations":                  {strings.Repeat("-", 60), 51, "nested more"},
		"too many terms":                      {strings.Repeat("a ", 600), 1025, "more than 512 terms"},
		"too long a text":                     {strings.Repeat("a", MaxLength+1), 1, "at most"},
		"invalid UTF-8":                       {"a\xff", 1, "UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(tc.text)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("Parse(%q) gives %v, not an *Error", tc.text, err)
			}
			if e.Column != tc.column || !strings.Contains(e.Msg, tc.says) {
				t.Fatalf("Parse(%q) = column %d %q, want column %d and %q", tc.text, e.Column, e.Msg, tc.column, tc.says)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "a OR b -c", `f:"x y"`, "f:[1 TO 5}", "f:>=5", "_exists_:f", `\*a*?\\`, "(a (b c))", "f:(a OR b*)", `"\"`, "*:*", "a:b:c", "NOT -!+a", `\NOT`, "f:\\ x", "message:*",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Parse(s)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Column < 1 {
				t.Fatalf("Parse(%q): %v", s, err)
			}
			return
		}
		ToDSL(n)
		Match(n, func(string) (any, bool) { return "some value", true })
		printed := n.String()
		if len(printed) > MaxLength {
			return
		}
		again, err := Parse(printed)
		if err != nil {
			t.Fatalf("Parse(%q).String() = %q: %v", s, printed, err)
		}
		if !reflect.DeepEqual(n, again) {
			t.Fatalf("Parse(%q) = %#v, but its String %q gives %#v", s, n, printed, again)
		}
	})
}
