package format

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
)

var at = time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC)

// parser runs one format on line after line, as a runner does.
type parser struct {
	spec Spec
	in   Input
}

func newParser(t testing.TB, name string) *parser {
	t.Helper()
	for _, spec := range Specs() {
		if spec.Name == name {
			return &parser{spec: spec, in: Input{Event: event.New(event.NewSchema()), At: at, Location: time.UTC}}
		}
	}
	t.Fatalf("no format %q", name)
	return nil
}

// parse returns the document of a line.
func (p *parser) parse(line string) (string, error) {
	p.in.Event.Reset()
	p.in.Line = []byte(line)
	err := p.spec.Parse(&p.in)
	return string(p.in.Event.Append(nil)), err
}

type row struct{ line, want string } // want: the document, or part of the error behind "error: "

func check(t *testing.T, format string, rows map[string]row) {
	t.Helper()
	p := newParser(t, format)
	for name, r := range rows {
		t.Run(name, func(t *testing.T) {
			got, err := p.parse(r.line)
			if text, wrong := strings.CutPrefix(r.want, "error: "); wrong {
				if err == nil || !strings.Contains(err.Error(), text) {
					t.Fatalf("got %s, %v; want the error %s", got, err, text)
				}
				if got != "{}" {
					t.Errorf("it failed and still set %s", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(decode(t, got), decode(t, r.want)) {
				t.Errorf("got  %s\nwant %s", got, r.want)
			}
		})
	}
}

func decode(t testing.TB, text string) (v map[string]any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func TestNginxAccessLines(t *testing.T) {
	const when = `"@timestamp":"2016-12-07T09:43:23.000Z"`
	check(t, "nginx.access", map[string]row{
		"combined": {
			`203.0.113.7 - alice [07/Dec/2016:10:43:23 +0100] "GET /a/b.tar.gz?x=1&y=%20#top HTTP/1.1" 200 571 "http://h/" "curl/8 \"x\" \x22"`,
			`{` + when + `,"source":{"address":"203.0.113.7","ip":"203.0.113.7"},"user":{"name":"alice"},` +
				`"http":{"request":{"method":"GET","referrer":"http://h/"},"response":{"body":{"bytes":571},"status_code":200},"version":"1.1"},` +
				`"url":{"original":"/a/b.tar.gz?x=1&y=%20#top","path":"/a/b.tar.gz","query":"x=1&y=%20","fragment":"top","extension":"gz"},` +
				`"user_agent":{"original":"curl/8 \\\"x\\\" \\x22"}}`,
		},
		"common": {
			`host.example.com - - [07/Dec/2016:10:43:23 +0100] "POST / HTTP/2.0" 204 -`,
			`{` + when + `,"source":{"address":"host.example.com"},"http":{"request":{"method":"POST"},"response":{"status_code":204},"version":"2.0"},"url":{"original":"/","path":"/"}}`,
		},
		"an address of IPv6, and more fields behind": {
			`2001:db8::7 - - [07/Dec/2016:10:43:23 +0100] "GET / HTTP/1.1" 200 5 "-" "-" "10.0.0.1" 0.003 0.002 .`,
			`{` + when + `,"source":{"address":"2001:db8::7","ip":"2001:db8::7"},"http":{"request":{"method":"GET"},"response":{"body":{"bytes":5},"status_code":200},"version":"1.1"},"url":{"original":"/","path":"/"}}`,
		},
		"a TLS handshake on a plain port": {
			`203.0.113.7 - - [07/Dec/2016:10:43:23 +0100] "\x16\x03\x01\x00\xEE\x01" 400 150 "-" "-"`,
			`{` + when + `,"source":{"address":"203.0.113.7","ip":"203.0.113.7"},"http":{"response":{"body":{"bytes":150},"status_code":400}}}`,
		},
		"raw quotes in the request": {
			`203.0.113.7 - - [07/Dec/2016:10:43:23 +0100] "GET /"onload="x HTTP/1.1" 400 150`,
			`{` + when + `,"source":{"address":"203.0.113.7","ip":"203.0.113.7"},"http":{"request":{"method":"GET"},"response":{"body":{"bytes":150},"status_code":400},"version":"1.1"},"url":{"original":"/\"onload=\"x","path":"/\"onload=\"x"}}`,
		},
		"an absolute URL": {
			`203.0.113.7 - - [07/Dec/2016:10:43:23 +0100] "GET http://u:p@h.example:8080/a.txt?q HTTP/1.1" 200 1`,
			`{` + when + `,"source":{"address":"203.0.113.7","ip":"203.0.113.7"},"http":{"request":{"method":"GET"},"response":{"body":{"bytes":1},"status_code":200},"version":"1.1"},` +
				`"url":{"original":"http://u:p@h.example:8080/a.txt?q","scheme":"http","domain":"h.example","port":8080,"path":"/a.txt","query":"q","extension":"txt"}}`,
		},
		"CONNECT": {
			`203.0.113.7 - - [07/Dec/2016:10:43:23 +0100] "CONNECT h.example:443 HTTP/1.1" 400 1`,
			`{` + when + `,"source":{"address":"203.0.113.7","ip":"203.0.113.7"},"http":{"request":{"method":"CONNECT"},"response":{"body":{"bytes":1},"status_code":400},"version":"1.1"},"url":{"original":"h.example:443","domain":"h.example","port":443}}`,
		},
		"a request that was given up": {
			`203.0.113.7 - - [07/Dec/2016:10:43:23 +0100] "" 000 0 "-" "-"`,
			`{` + when + `,"source":{"address":"203.0.113.7","ip":"203.0.113.7"},"http":{"response":{"body":{"bytes":0},"status_code":0}}}`,
		},
		"a user with spaces and brackets": {
			`203.0.113.7 - a [b] c [07/Dec/2016:10:43:23 +0100] "GET / HTTP/1.1" 401 1`,
			`{` + when + `,"source":{"address":"203.0.113.7","ip":"203.0.113.7"},"user":{"name":"a [b] c"},"http":{"request":{"method":"GET"},"response":{"body":{"bytes":1},"status_code":401},"version":"1.1"},"url":{"original":"/","path":"/"}}`,
		},
		"a virtual host before a list of addresses": {
			`shop.example:443 10.0.0.2, 198.51.100.9 - - [07/Dec/2016:10:43:23 +0100] "GET / HTTP/1.1" 200 1`,
			`{` + when + `,"source":{"address":"198.51.100.9","ip":"198.51.100.9"},"destination":{"port":443},"url":{"domain":"shop.example","original":"/","path":"/"},"http":{"request":{"method":"GET"},"response":{"body":{"bytes":1},"status_code":200},"version":"1.1"}}`,
		},
		"a time in ISO 8601": {
			`203.0.113.7 - - [2016-12-07T10:43:23+01:00] "GET / HTTP/1.1" 200 1`,
			`{` + when + `,"source":{"address":"203.0.113.7","ip":"203.0.113.7"},"url":{"original":"/","path":"/"},"http":{"request":{"method":"GET"},"response":{"body":{"bytes":1},"status_code":200},"version":"1.1"}}`,
		},
		"a line cut in its user agent": {
			`203.0.113.7 - - [07/Dec/2016:10:43:23 +0100] "GET / HTTP/1.1" 200 1 "-" "Mozil`,
			`{` + when + `,"source":{"address":"203.0.113.7","ip":"203.0.113.7"},"url":{"original":"/","path":"/"},"http":{"request":{"method":"GET"},"response":{"body":{"bytes":1},"status_code":200},"version":"1.1"},"user_agent":{"original":"Mozil"}}`,
		},
		"nothing":                 {``, "error: no [day"},
		"another format":          {`{"a":1}`, "error: no [day"},
		"a wrong day":             {`203.0.113.7 - - [31/Feb/2016:10:43:23 +0100] "GET / HTTP/1.1" 200 1`, "error: no [day"},
		"a line cut in its time":  {`203.0.113.7 - - [07/Dec/2016:10:43`, "error: no [day"},
		"a line cut behind it":    {`203.0.113.7 - - [07/Dec/2016:10:43:23 +0100]`, "error: no quoted request"},
		"a line cut in a request": {`203.0.113.7 - - [07/Dec/2016:10:43:23 +0100] "GET /`, "error: no status"},
	})
}

func TestSyslogLines(t *testing.T) {
	const pri34 = `"log":{"level":"critical","syslog":{"priority":34,"facility":{"code":4,"name":"auth"},"severity":{"code":2,"name":"critical"}}}`
	check(t, "syslog", map[string]row{
		"RFC 3164": {
			`<34>Nov 22 18:14:15 web-1 sshd[2742]: Accepted: key`,
			`{"@timestamp":"2026-11-22T18:14:15.000Z","host":{"hostname":"web-1"},"process":{"name":"sshd","pid":2742},"message":"Accepted: key",` + pri34 + `}`,
		},
		"without a priority, from last year": {
			`Dec  9 21:19:40 web-1 kernel: [1.2] up`,
			`{"@timestamp":"2025-12-09T21:19:40.000Z","host":{"hostname":"web-1"},"process":{"name":"kernel"},"message":"[1.2] up"}`,
		},
		"rsyslog's file format": {
			`2026-11-22T18:14:15.250+01:00 web-1 cron.d/x[7]: (root) CMD`,
			`{"@timestamp":"2026-11-22T17:14:15.250Z","host":{"hostname":"web-1"},"process":{"name":"cron.d/x","pid":7},"message":"(root) CMD"}`,
		},
		"without a tag": {
			`Nov 22 18:14:15 web-1 last message repeated 3 times`,
			`{"@timestamp":"2026-11-22T18:14:15.000Z","host":{"hostname":"web-1"},"message":"last message repeated 3 times"}`,
		},
		"without a host": {
			`Nov 22 18:14:15 su: root on tty1`,
			`{"@timestamp":"2026-11-22T18:14:15.000Z","process":{"name":"su"},"message":"root on tty1"}`,
		},
		"RFC 5424": {
			`<34>1 2026-11-22T18:14:15.003Z web-1 app 8710 ID47 [a@1 k="v \"q\" \] \\ é" n=""][b] Hello`,
			`{"@timestamp":"2026-11-22T18:14:15.003Z","host":{"hostname":"web-1"},"process":{"name":"app","pid":8710},"message":"Hello",` +
				`"log":{"level":"critical","syslog":{"version":1,"procid":"8710","msgid":"ID47","priority":34,"facility":{"code":4,"name":"auth"},` +
				`"severity":{"code":2,"name":"critical"},"structured_data":{"a@1":{"k":"v \"q\" ] \\ é","n":""},"b":{}}}}}`,
		},
		"RFC 5424, all empty": {
			`<34>1 - - - - - -`,
			`{"log":{"level":"critical","syslog":{"version":1,"priority":34,"facility":{"code":4,"name":"auth"},"severity":{"code":2,"name":"critical"}}}}`,
		},
		"structured data that is none": {
			`<34>1 - - - - - [a:"b]"; c] Hello`,
			`{"message":"Hello","log":{"level":"critical","syslog":{"version":1,"priority":34,"facility":{"code":4,"name":"auth"},"severity":{"code":2,"name":"critical"},"structured_data":{"text":"[a:\"b]\"; c]"}}}}`,
		},
		"a priority too high":       {`<192>Nov 22 18:14:15 web-1 a: b`, "error: no <priority>"},
		"a priority without an end": {`<34`, "error: no <priority>"},
		"no time":                   {`web-1 a: b`, "error: no time"},
		"no time behind a priority": {`<34>web-1 a: b`, "error: no time"},
		"a header cut short":        {`<34>1 2026-11-22T18:14:15Z web-1`, "error: a header"},
		"a wrong time in RFC 5424":  {`<34>1 2026-13-22T18:14:15Z web-1 a - - - x`, "error: no time"},
		"data that does not end":    {`<34>1 - - - - - [a b="c] x`, "error: structured data"},
		"nothing":                   {``, "error: no time"},
	})
}

func TestJSONLines(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 150) + "1" + strings.Repeat("}", 150)
	var wide bytes.Buffer
	for i := range 1001 {
		wide.WriteString(`,"k` + string(rune('a'+i%26)) + strings.Repeat("x", i) + `":1`)
	}
	check(t, "json", map[string]row{
		"a logger's names": {
			`{"time":"2026-11-22T18:14:15.003Z","level":"WARN","msg":"slow","logger":"db","pid":7,"hostname":"web-1","thread":"main","took":1.50}`,
			`{"@timestamp":"2026-11-22T18:14:15.003Z","log":{"level":"WARN","logger":"db"},"message":"slow","process":{"pid":7,"thread":{"name":"main"}},"host":{"hostname":"web-1"},"took":1.50}`,
		},
		"pino": {
			`{"level":30,"time":1795371255003,"pid":7,"hostname":"h","req":{"id":1,"method":"GET","url":"/a?b","headers":{"host":"x","user-agent":"curl"},"remoteAddress":"::1"},"res":{"statusCode":200},"responseTime":12.5,"msg":"done"}`,
			`{"@timestamp":"2026-11-22T18:14:15.003Z","log":{"level":"30"},"message":"done","process":{"pid":7},"host":{"hostname":"h"},"req":{"id":1,"headers":{"host":"x"}},` +
				`"http":{"request":{"method":"GET"},"response":{"status_code":200}},"url":{"original":"/a?b","path":"/a","query":"b"},"source":{"address":"::1","ip":"::1"},"user_agent":{"original":"curl"},"event":{"duration":12500000}}`,
		},
		"zap and GELF": {
			`{"ts":1795371255.25,"level":4,"short_message":"m","caller":"a.go:1"}`,
			`{"@timestamp":"2026-11-22T18:14:15.250Z","log":{"level":"warning","origin":{"file":{"name":"a.go","line":1}}},"message":"m"}`,
		},
		"ECS, dotted and nested": {
			`{"@timestamp":"2026-11-22T18:14:15Z","log.level":"info","message":"m","service":{"name":"cart","version":"2"},"ecs.version":"1.2.0","host":{"name":"other"},"labels":{"a.b":"c"}}`,
			`{"@timestamp":"2026-11-22T18:14:15.000Z","log":{"level":"info"},"message":"m","service":{"version":"2"},"reported":{"service":{"name":"cart"},"ecs":{"version":"1.2.0"},"host":{"name":"other"}},"labels":{"a":{"b":"c"}}}`,
		},
		"numbers keep every digit": {
			`{"a":12345678901234567890123,"b":0.10000000000000000001,"c":-1e+400,"d":-0}`,
			`{"a":12345678901234567890123,"b":0.10000000000000000001,"c":-1e+400,"d":-0}`,
		},
		"arrays and empty objects": {
			"{\"a\" : [ 1 , \"x\\u0041\" , { \"k\" : [ ] , \"k\" : 2 } , null ],\n \"b\" : { } , \"tags\" : [ \"t\" ]}",
			`{"a":[1,"xA",{"k":[]},null],"b":{},"tags":["t"]}`,
		},
		"escapes": {
			`{"a":"tab\tq\"\u00e9\ud83d\ude00","b\n\u0041":"\ud800x","c":"\/"}`,
			`{"a":"tab\tq\"é😀","b\nA":"` + "\uFFFD" + `x","c":"/"}`,
		},
		"control characters in text":    {"{\"a\":\"x\x01y\tz\"}", `{"a":"x\u0001y\tz"}`},
		"text that is not UTF-8":        {"{\"a\":\"x\xffy\",\"\xff\":1,\"l\":[\"\xff\"]}", "{\"a\":\"x\uFFFDy\",\"\uFFFD\":1,\"l\":[\"\uFFFD\"],\"tags\":[\"_invalid_utf8\"]}"},
		"the first of equal keys":       {`{"a":1,"a":2,"b":{"c":3},"b.c":4}`, `{"a":1,"b":{"c":3}}`},
		"a leaf and an object":          {`{"a":1,"a.b":2}`, `{"a":{"b":2,"value":1}}`},
		"keys of dots":                  {`{"":1,".":2,"a..b":3}`, `{"_":{"_":2,"value":1},"a":{"_":{"b":3}}}`},
		"two times, two levels":         {`{"time":"x","timestamp":"2026-11-22T18:14:15Z","ts":7,"level":"a","log":{"level":"b"}}`, `{"@timestamp":"2026-11-22T18:14:15.000Z","time":"x","ts":7,"level":"a","log":{"level":"b"}}`},
		"a message that is no text":     {`{"message":{"a":1},"msg":null}`, `{"message":{"a":1},"msg":null}`},
		"JSON inside a container's log": {`{"log":"{\"level\":\"info\",\"msg\":\"m\"}\n","stream":"stderr","time":"2026-11-22T18:14:15Z"}`, `{"@timestamp":"2026-11-22T18:14:15.000Z","log":{"level":"info"},"message":"m","stream":"stderr"}`},
		"text inside a container's log": {`{"log":"{not json\n","stream":"stderr"}`, `{"message":"{not json\n","stream":"stderr"}`},
		"an empty object":               {` {} `, `{}`},
		"deep, to the bound":            {`{"a":` + strings.Repeat(`[`, 20) + strings.Repeat(`]`, 20) + `}`, `{"a":"` + strings.Repeat(`[`, 20) + strings.Repeat(`]`, 20) + `"}`},
		"too deep":                      {deep, "error: nested too deep"},
		"too deep in an array":          {`{"a":` + strings.Repeat("[", 5000), "error: nested too deep"},
		"too many fields":               {"{" + wide.String()[1:] + "}", "error: more than 1000 fields"},
		"an array":                      {`[1]`, "error: not a JSON object"},
		"text":                          {`hello`, "error: not a JSON object"},
		"nothing":                       {``, "error: not a JSON object"},
		"text behind it":                {`{"a":1} x`, "error: text behind the object at byte 8"},
		"a comma too many":              {`{"a":1,}`, "error: no key at byte 7"},
		"no value":                      {`{"a":}`, "error: no value at byte 5"},
		"a number with a zero before":   {`{"a":01}`, "error: no comma"},
		"a number without its end":      {`{"a":1.}`, "error: a number that ends in a point"},
		"a cut line":                    {`{"a":"b`, "error: a string that does not end"},
		"a cut escape":                  {`{"a":"\u00`, "error: a wrong \\u escape"},
		"a wrong escape":                {`{"a":"\x"}`, "error: a wrong escape"},
	})
}

func TestPlainTextStaysAsItIs(t *testing.T) {
	check(t, "plain", map[string]row{
		"text":    {"a\tb", `{"message":"a\tb"}`},
		"nothing": {"", `{"message":""}`},
	})
}

func TestLevelsAreWordsInLowerCaseAndAName(t *testing.T) {
	for text, want := range map[string][2]string{
		"INFO": {"info", "info"}, " Warn ": {"warn", "warn"}, "warning": {"warning", "warn"}, "ERR": {"err", "error"},
		"30": {"info", "info"}, "NOTE": {"note", "notice"}, "Custom": {"custom", ""}, "": {"", ""},
		strings.Repeat("x", 25): {"", ""}, "SEVERE": {"severe", "error"}, "FATAL": {"fatal", "fatal"},
	} {
		word, level := Level([]byte(text))
		if string(word.Text()) != want[0] || level != want[1] {
			t.Errorf("%q gives %q, %q", text, word.Text(), level)
		}
	}
}

func TestALineFeedBehindTheMethodIsNoLineOfIIS(t *testing.T) {
	check(t, "iis.access", map[string]row{
		"one line feed": {"2026-11-22 19:00:00 GET\n / - 80 - 203.0.113.7 curl 200 0 0 1", "error: "},
	})
}

// Events may be of several lines: no parser may wait for a word where one of them ends.
func TestParsersGoOnBehindALineFeed(t *testing.T) {
	for format, line := range map[string]string{
		"haproxy": `203.0.113.7 - - [22/Nov/2026:19:00:00 +0000] "GET /cart HTTP/1.1" 200 3097 "" "" 5123 123 "www~" "shop" "web-1" 0 0 1 55 56 "----" 2 2 0 0 0 0 0 "" "" a` + "\nb/c",
		"syslog":  "<13>Nov 22 19:00:00 a sshd[1]: pam_unix(sshd:auth): authentication failure; user=a\nrhost=b",
		"auto":    "<4>Nov 22 19:00:00 a kernel: [UFW BLOCK] IN=eth0 OUT= SRC=203.0.113.7\nDST=10.0.0.5",
	} {
		if _, err := newParser(t, format).parse(line); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func TestEveryFormatParsesItsExample(t *testing.T) {
	for _, spec := range Specs() {
		if _, err := newParser(t, spec.Name).parse(spec.Example); err != nil {
			t.Errorf("%s: %v", spec.Name, err)
		}
		if spec.Summary == "" || len(spec.Fields) == 0 {
			t.Errorf("%s is not described", spec.Name)
		}
	}
}

func FuzzAddressesAreThoseOfNetip(f *testing.F) {
	for _, s := range []string{"1.2.3.4", "01.2.3.4", "::", "::1", "1::", "2001:db8::7:1", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:1.2.3.4", ":1", "1:", "1::2::3", "0::0:0:0:0:0:0:0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ip, err := netip.ParseAddr(text)
		want := err == nil && ip.Zone() == ""
		if got := isIP([]byte(text)); got != want {
			t.Fatalf("%q: %t, want %t (%v)", text, got, want, err)
		}
	})
}

// FuzzFormats checks of every format and line: a valid document on one line, nothing set on failure, and the same answer
// from a parser that has seen other lines.
func FuzzFormats(f *testing.F) {
	for _, spec := range Specs() {
		f.Add(spec.Name, []byte(spec.Example))
	}
	f.Add("nginx.access", []byte(`a:1 "10.5.1.2, 2.3.4.5" unix: - u [07/Dec/2016:10:43:23 +0100] "\x16" 400 1 "a\" b" "c`))
	f.Add("json", []byte(`{"a":[{"b":"\ud800"},1e5],"time":1795371255,"log":"{}","req":{"url":"http://[::1]:5/x"}}`))
	f.Add("syslog", []byte(`<1>12 - - - - - [a b="\]"][c] m`))
	f.Add("syslog", []byte(`<13>Feb 29 01:02:03 h a b[1] (c): d`))
	f.Add("syslog", []byte(`40 <189>643: 12: h: *Nov 22 2026 18:14:15.1 UTC: %SYS-5-X: a`))
	f.Add("syslog", []byte(`<1>1 - - - - - [a.b][a b="\"" b="]"] m`))
	f.Add("tomcat.access", []byte(`a - - [07/Dec/2016:10:43:23 +0100] "- -" - - 1 2 "-" "x" "y`))
	f.Fuzz(func(t *testing.T, name string, line []byte) {
		known := false
		for _, spec := range Specs() {
			known = known || spec.Name == name
		}
		if !known {
			return
		}
		p := newParser(t, name)
		got, err := p.parse(string(line))
		decode(t, got)
		if strings.ContainsAny(got, "\n\r") {
			t.Fatalf("more than one line: %q", got)
		}
		if err != nil && got != "{}" && got != `{"tags":["_invalid_utf8"]}` {
			t.Fatalf("it failed and still set %s", got)
		}
		again, err2 := p.parse(string(line))
		if again != got || (err == nil) != (err2 == nil) {
			t.Fatalf("first %s, %v; then %s, %v", got, err, again, err2)
		}
	})
}
