package grok

import (
	"slices"
	"strings"
	"testing"
)

// find returns what a pattern finds, by field; nil if it does not match.
func find(p *Pattern, text string, match func(*Pattern, []byte) ([]int, bool)) map[string]string {
	spans, ok := match(p, []byte(text))
	if !ok {
		return nil
	}
	got := map[string]string{}
	for _, c := range p.Captures() {
		for _, g := range c.Groups {
			if spans[2*g] >= 0 {
				got[c.Name] = text[spans[2*g]:spans[2*g+1]]
				break
			}
		}
	}
	return got
}

func both(p *Pattern, text []byte) ([]int, bool)       { return p.Match(text, &Scratch{}) }
func expression(p *Pattern, text []byte) ([]int, bool) { return p.matchRE(text, &Scratch{}) }

const combined = `203.0.113.7 - alice [22/Nov/2026:18:59:31 +0000] "GET /catalog/48213?ref=home HTTP/1.1" 200 18423 "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64)"`

func TestPatternsFindFields(t *testing.T) {
	for name, c := range map[string]struct {
		pattern, text string
		want          map[string]string
	}{
		"names":                    {`%{IP:a} %{WORD:b} %{NUMBER:c:float}`, `10.1.2.3 GET 1.5`, map[string]string{"a": "10.1.2.3", "b": "GET", "c": "1.5"}},
		"anywhere in the text":     {`took %{INT:ms}ms`, `it took 12ms`, map[string]string{"ms": "12"}},
		"a group of one's own":     {`(?<queue.id>[0-9A-F]{10,11}): %{GREEDYDATA:rest}`, `BEF25A72965: x y`, map[string]string{"queue.id": "BEF25A72965", "rest": "x y"}},
		"an option that is absent": {`%{WORD:a}(?: %{INT:b})?$`, `x`, map[string]string{"a": "x"}},
		"either of two":            {`^(?:%{INT:n}|%{WORD:w})$`, `abc`, map[string]string{"w": "abc"}},
		"the first of two":         {`(?:%{INT:v}|x%{NOTSPACE:v})`, `xabc`, map[string]string{"v": "abc"}},
		"quotes":                   {`%{QS:q} %{QUOTEDSTRING:r}`, `"a \" b" 'c'`, map[string]string{"q": `"a \" b"`, "r": `'c'`}},
		"IPv6":                     {`%{IPORHOST:h}:%{POSINT:p}`, `[`, nil},
		"hosts and ports":          {`%{IPORHOST:h}:%{POSINT:p}`, `web-1.example.com:443`, map[string]string{"h": "web-1.example.com", "p": "443"}},
		"a time":                   {`%{TIMESTAMP_ISO8601:t} `, `2026-11-22T18:59:31.123Z x`, map[string]string{"t": "2026-11-22T18:59:31.123Z"}},
		"data up to the last dash": {`%{GREEDYDATA:a} - %{DATA:b}$`, `a - b - c`, map[string]string{"a": "a - b", "b": "c"}},
		"the combined log": {`%{COMBINEDAPACHELOG}`, combined, map[string]string{
			"source.address": "203.0.113.7", "user.name": "alice", "timestamp": "22/Nov/2026:18:59:31 +0000", "http.request.method": "GET",
			"url.original": "/catalog/48213?ref=home", "http.version": "1.1", "http.response.status_code": "200", "http.response.body.bytes": "18423",
			"http.request.referrer": "https://shop.example/", "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64)",
		}},
		"syslog": {`%{SYSLOGLINE}`, `Nov 22 18:59:31 web-1 sshd[812]: Accepted key`, map[string]string{
			"timestamp": "Nov 22 18:59:31", "host.hostname": "web-1", "process.name": "sshd", "process.pid": "812", "message": "Accepted key",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Compile(c.pattern, nil)
			if err != nil {
				t.Fatal(err)
			}
			for kind, match := range map[string]func(*Pattern, []byte) ([]int, bool){"match": both, "expression": expression} {
				got := find(p, c.text, match)
				if len(got) != len(c.want) || (got == nil) != (c.want == nil) {
					t.Errorf("%s: got %v, want %v", kind, got, c.want)
				}
				for field, want := range c.want {
					if got[field] != want {
						t.Errorf("%s: %s is %q, want %q", kind, field, got[field], want)
					}
				}
			}
		})
	}
}

func TestOwnDefinitionsStandBeforeTheLibrary(t *testing.T) {
	p, err := Compile(`%{IP:a} %{MINE:b}`, map[string]string{"IPV4": `v[0-9]`, "MINE": `m%{INT}`})
	if err != nil {
		t.Fatal(err)
	}
	if got := find(p, "v4 m12", both); got["a"] != "v4" || got["b"] != "m12" {
		t.Error(got)
	}
}

func TestAWrongPatternSaysWhatIsWrong(t *testing.T) {
	for pattern, want := range map[string]string{
		`%{NUMBRE:x}`:    `unknown pattern %{NUMBRE}`,
		`%{word:x}`:      `unknown pattern %{word}; did you mean %{WORD}?`,
		`%{WORD:x:date}`: `unknown type "date" of %{WORD}; known: boolean, double, float, int, long, string`,
		`(a`:             "missing closing ): `(a`",
		`a(?=b)`:         "invalid or unsupported Perl syntax: `(?=` (looking ahead or behind is not possible: every pattern runs in linear time)",
		`%{LOOP}`:        `the pattern %{LOOP} contains itself`,
	} {
		if _, err := Compile(pattern, map[string]string{"LOOP": "%{LOOP}"}); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", pattern, err, want)
		}
	}
}

func TestEveryPatternOfTheLibraryCompiles(t *testing.T) {
	var without []string
	for _, name := range Names() {
		p, err := Compile("%{"+name+":x}", nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !p.Scans() {
			without = append(without, name)
		}
	}
	t.Logf("without a scanner: %s", strings.Join(without, " "))
}

func TestTheCommonShapesAreScanned(t *testing.T) {
	for _, pattern := range []string{
		`%{COMBINEDAPACHELOG}`, `%{SYSLOGLINE}`, `%{TIMESTAMP_ISO8601:t} %{LOGLEVEL:l} +\[%{DATA:thread}\] %{JAVACLASS:c} - %{GREEDYDATA:m}`,
		`^%{IPORHOST:a} %{NOTSPACE:b} "%{WORD:c} %{DATA:d}" %{NUMBER:e:int} %{QS:f}$`, `%{UUID:id}`, `%{URIPATHPARAM:u}`,
	} {
		p, err := Compile(pattern, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !p.Scans() {
			t.Errorf("%s has no scanner", pattern)
		}
	}
	p, _ := Compile(`%{COMBINEDAPACHELOG}`, nil)
	if _, ok, _ := p.scan.match([]byte(combined), &Scratch{}); !ok {
		t.Error("the combined log is not scanned")
	}
}

// FuzzTheScannerAgreesWithTheExpression is what lets the scanner stand in for RE2.
func FuzzTheScannerAgreesWithTheExpression(f *testing.F) {
	for _, name := range Names() {
		f.Add("%{"+name+":x} %{DATA:y}-%{GREEDYDATA:z}", "10.1.2.3 abc-12 2026-11-22T18:59:31Z")
	}
	f.Add(`^%{IP:a}(?: %{INT:b})?[ab]*?c(?:x|xy|%{WORD:w})+$`, "::1 5abcxyx")
	f.Add(`%{COMBINEDAPACHELOG}`, combined)
	f.Add(`%{IP:a}|%{HOSTNAME:b}`, "1:2::3:4.5")
	f.Add(`(?:a|ab)(?:c|bcd)(d*)%{IPORHOST:x}`, "abcd300.1.1.1")
	f.Add(`(?<a>x*)(?<b>x+?)y?%{SPACE}$`, "xxxx  ")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 200 || len(text) > 2000 {
			return
		}
		p, err := Compile(pattern, nil)
		if err != nil || !p.Scans() {
			return
		}
		want, found := p.matchRE([]byte(text), &Scratch{})
		got, ok, sure := p.scan.match([]byte(text), &Scratch{})
		if ok && (!found || !slices.Equal(got, want)) {
			t.Fatalf("%q on %q: scanned %v, expression %v %v", p, text, got, want, found)
		}
		if sure && found {
			t.Fatalf("%q on %q: the scanner is sure of no match, the expression finds %v", p, text, want)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	for _, bench := range []struct{ name, pattern, text string }{
		{"combined log", `%{COMBINEDAPACHELOG}`, combined},
		{"time, level, thread, class", `%{TIMESTAMP_ISO8601:t} %{LOGLEVEL:l} \[%{DATA:thread}\] %{NOTSPACE:c} - %{GREEDYDATA:m}`, "2026-11-22 18:59:31,123 INFO [main-12] kafka.server.KafkaServer - started (kafka.server)"},
		{"five fields", `^%{IP:a} %{NOTSPACE:b} %{WORD:c} %{INT:d} %{GREEDYDATA:e}`, "203.0.113.7 /catalog/48213 GET 200 the rest of the line"},
	} {
		p, err := Compile(bench.pattern, nil)
		if err != nil {
			b.Fatal(err)
		}
		for kind, match := range map[string]func([]byte, *Scratch) ([]int, bool){"scanner": p.Match, "RE2": p.matchRE} {
			b.Run(bench.name+"/"+kind, func(b *testing.B) {
				text := []byte(bench.text)
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				var scratch Scratch
				for b.Loop() {
					match(text, &scratch)
				}
			})
		}
	}
}
