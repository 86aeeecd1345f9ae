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
		"a path is no regular expression":             {"/var/log/", msg("/var/log/")},
		"a path as the value of a field is text":      {"url.path:/checkout/", term("url.path", "/checkout/")},
		"a regular expression in quotes is text":      {`"/a.*b/"`, Phrase{"message", "/a.*b/"}},
		"an escaped slash begins a text":              {`\/regex/`, msg("/regex/")},
		"a tilde inside a word is text":               {"url.path:/~ada/x", term("url.path", "/~ada/x")},
		"an escaped tilde is text":                    {`backup\~`, msg("backup~")},
		"an escaped caret is text":                    {`2\^10`, msg("2^10")},
		"a comparison in a group of a field":          {"s:(>=500 OR 404)", Or{Range{"s", "500", "", true, true}, term("s", "404")}},
		"words that are operators elsewhere are text": {"no such file or directory", And{msg("no"), msg("such"), msg("file"), msg("or"), msg("directory")}},
		"an escaped operator in lower case is a word": {`s:(a \or b)`, And{term("s", "a"), term("s", "or"), term("s", "b")}},
		"a network of addresses":                      {"source.ip:203.0.113.0/24", term("source.ip", "203.0.113.0/24")},
		"a network in quotes":                         {`source.ip:"2001:db8::/32"`, Term{"source.ip", "2001:db8::/32"}},
		"a network of IPv6 needs no quotes":           {"source.ip:2001:db8::/32", term("source.ip", "2001:db8::/32")},
		"a pattern of addresses is a network":         {"source.ip:10.1.*", term("source.ip", "10.1.0.0/16")},
		"any address":                                 {"source.ip:*", Exists{"source.ip"}},
		"a range of addresses":                        {"source.ip:[10.0.0.1 TO 10.0.0.9]", Range{"source.ip", "10.0.0.1", "10.0.0.9", true, true}},
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
		"a regular expression":                {"message:/regex/", 9, "regular expressions are not supported; use wildcards"},
		"one without a field":                 {"a /time(out|r)/ b", 3, "regular expressions"},
		"one over a field":                    {"url.path:/v[0-9]+/", 10, "regular expressions"},
		"a fuzzy word":                        {"a error~", 8, "fuzzy searches are not supported; use wildcards"},
		"a fuzzy word with a distance":        {"log.level:eror~0.8", 15, "fuzzy"},
		"a loose phrase":                      {`"a b"~3`, 6, "write them with AND"},
		"a boost":                             {"error^2", 6, "ordered by time"},
		"a boosted phrase":                    {`"a b"^2`, 6, "ordered by time"},
		"a boosted group":                     {"(a b)^2.5 c", 6, "ordered by time"},
		"an operator without blanks":          {"a||b", 2, "leave blanks"},
		"blanks around a colon":               {"level : error", 7, "leave no blanks"},
		"a comparison without a field":        {"status >= 500", 8, "field:>=500"},
		"a small or between fields":           {"log.level:error or log.level:warn", 17, "write the operator OR in capitals"},
		"a small not before a field":          {"a and not log.level:warn", 7, "write the operator NOT in capitals"},
		"a small or among values":             {"log.level:(error or warn)", 18, "write the operator OR in capitals"},
		"a small and in parentheses":          {"x (a and b)", 6, "write the operator AND in capitals"},
		"a network that is too long":          {"source.ip:203.0.113.0/33", 11, "0 to 32"},
		"a network without an address":        {"source.ip:203.0.113/24", 11, "no IP address before the /"},
		"what is no address":                  {"source.ip:unknown", 11, "no IP address"},
		"a quoted text that is no address":    {`source.ip:"-"`, 11, "no IP address"},
		"a range over no addresses":           {"source.ip:[10.0.0.0/8 TO *]", 12, "written source.ip:192.0.2.0/24"},
		"a pattern inside an address":         {"source.ip:10.1*", 11, "10.1.*"},
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
		"/a.*/", "f:/a[b]/", "a~2", `"a"~1`, "(a)^2", "a||b", "f:(a or b)", `\or \~ \^1`, "source.ip:10.0.0.0/8", "a.ip:10.*", "ip:[::1 TO ::2]", "a : b",
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
