package format

import (
	"reflect"
	"strings"
	"testing"
)

// shaped is a parser of a format with its option.
func shaped(t *testing.T, name, option string) *parser {
	t.Helper()
	p := newParser(t, name)
	parse, err := p.spec.Shape.Make(option)
	if err != nil {
		t.Fatalf("%s: %v", option, err)
	}
	p.spec.Parse = parse
	return p
}

func TestPatternsOfLoggersReadWhatTheyWrite(t *testing.T) {
	for name, c := range map[string]struct{ pattern, line, want string }{
		"the usual one": {
			"%d{ISO8601} %-5p [%t] %c - %m%n", "2026-11-22 19:00:00,123 INFO  [main] com.acme.Cart - added 2 - items",
			`{"@timestamp":"2026-11-22T19:00:00.123Z","message":"added 2 - items","log":{"level":"INFO","logger":"com.acme.Cart"},"process":{"thread":{"name":"main"}}}`,
		},
		"a thread with brackets and a level of the user's own": {
			"[%t] %level{length=9} | %msg", "[pool [7]] NOTICE | up", `{"message":"up","log":{"level":"NOTICE"},"process":{"thread":{"name":"pool [7]"}}}`,
		},
		"a layout of time that no other has": {
			"%d{dd.MM.yyyy HH:mm:ss.SSS} %p %m", "22.11.2026 20:00:00.500 WARN low on disk", `{"@timestamp":"2026-11-22T20:00:00.500Z","message":"low on disk","log":{"level":"WARN"}}`,
		},
		"a time in a zone, as Log4j has it": {
			"%date{HH:mm:ss.SSS}{Europe/Berlin}|%m", "19:30:00.000|x", `{"@timestamp":"2026-11-22T18:30:00.000Z","message":"x"}`,
		},
		"a time in a zone, as Logback has it": {
			`%d{"yyyy-MM-dd HH:mm:ss,SSS", Europe/Berlin} %m`, "2026-11-22 20:00:00,000 x", `{"@timestamp":"2026-11-22T19:00:00.000Z","message":"x"}`,
		},
		"a compact time":     {"%d{COMPACT}%%%m", "20261122190000123%x", `{"@timestamp":"2026-11-22T19:00:00.123Z","message":"x"}`},
		"seconds since 1970": {"%d{UNIX_MILLIS};%m", "1795374000123;x", `{"@timestamp":"2026-11-22T19:00:00.123Z","message":"x"}`},
		"colours of Spring Boot": {
			"%clr(%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX}){faint} %clr(%5p) %clr(%pid){magenta} %clr(---){faint} %clr([%15.15t]){faint} %clr(%-40.40logger{39}){cyan} %clr(:){faint} %m%n%wEx",
			"2026-11-22T20:00:00.123+01:00  INFO 4711 --- [           main] com.acme.Application                     : Started",
			`{"@timestamp":"2026-11-22T19:00:00.123Z","message":"Started","log":{"level":"INFO","logger":"com.acme.Application"},"process":{"pid":4711,"thread":{"name":"main"}}}`,
		},
		"what stands in the context": {
			"%p [%X{traceId}] [%X{user.name:-}] %c{1}:%L.%M - %m", "ERROR [4bf92] [] Cart:118.add - sold out",
			`{"message":"sold out","log":{"level":"ERROR","logger":"Cart","origin":{"file":{"line":118},"function":"add"}},"labels":{"traceId":"4bf92"}}`,
		},
		"a message in the middle": {"%m (%F:%L)", "left (or right) (Door.java:7)", `{"message":"left (or right)","log":{"origin":{"file":{"line":7,"name":"Door.java"}}}}`},
		"a stack trace behind the message": {
			"%p %m%n%ex", "ERROR broken\njava.lang.IllegalStateException: no pool\n\tat shop.Pool.take(Pool.java:118)",
			`{"message":"broken","error":{"message":"no pool","stack_trace":"java.lang.IllegalStateException: no pool\n\tat shop.Pool.take(Pool.java:118)","type":"java.lang.IllegalStateException"},"log":{"level":"ERROR"}}`,
		},
		"a stack trace behind a message in the middle": {
			"%p %m (%c)%n", "ERROR broken (shop)\njava.lang.IllegalStateException: no pool\n\tat shop.Pool.take(Pool.java:118)",
			`{"message":"broken","error":{"message":"no pool","stack_trace":"java.lang.IllegalStateException: no pool\n\tat shop.Pool.take(Pool.java:118)","type":"java.lang.IllegalStateException"},"log":{"level":"ERROR","logger":"shop"}}`,
		},
		"more lines behind a message in the middle": {"%p %m (%c)%n", "INFO one (shop)\ntwo\nthree", `{"message":"one\ntwo\nthree","log":{"level":"INFO","logger":"shop"}}`},
		"text over two lines":                       {"%d %c%n%p: %m%n", "2026-11-22 19:00:00 shop\nINFO: up", `{"@timestamp":"2026-11-22T19:00:00.000Z","message":"up","log":{"level":"INFO","logger":"shop"}}`},
		"an empty message":                          {"%p - %m", "INFO - ", `{"message":"","log":{"level":"INFO"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := shaped(t, "log4j", c.pattern).parse(c.line)
			if err != nil || !reflect.DeepEqual(decode(t, got), decode(t, c.want)) {
				t.Errorf("%v\n got %s\nwant %s", err, got, c.want)
			}
		})
	}
}

func TestALineThatAPatternDidNotWriteFails(t *testing.T) {
	p := shaped(t, "log4j", "%d{ISO8601} %-5p [%t] (%L) %X{id} - %m%n")
	for _, line := range []string{
		"", "INFO", "2026-11-22 19:00:00,123 INFO main] (7) x - m", "yesterday INFO [main] (7) x - m", "2026-11-22 19:00:00,123 INFO [main] (seven) x - m",
		"2026-11-22 19:00:00,123 INFO [main] (7) x", "2026-11-22 19:00:00,123 INFO",
	} {
		if doc, err := p.parse(line); err == nil || doc != "{}" {
			t.Errorf("%q gives %s, %v", line, doc, err)
		}
	}
}

func TestPatternsThatCannotBeReadAreRefused(t *testing.T) {
	for pattern, want := range map[string]string{
		"%d %p": "must have the message %m once", "%p%c - %m": "nothing between %p and %c", "%d{yyyy-QQ} %m": "a time that cannot be read",
		"%d{HH:mm}{Mars/Base} %m": "zone", "%p %foo %m": "not known: %foo", "%d{ISO8601 %m": "closing brace", "%-5(%p %m": "closing parenthesis",
		"${LOG_PATTERN} %m": "write out what it stands for", "%": "not known", "%m %m": "has it 2 times", "%highlight %m": "without the pattern",
	} {
		if _, err := withPattern(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", pattern, err, want)
		}
	}
}

func TestColumnsOfIISAreThoseOfItsHeader(t *testing.T) {
	const header = "#Fields: time date c-ip cs-method cs-uri-stem sc-status time-taken X-Forwarded-For cs(User-Agent) cs-version"
	p := shaped(t, "iis.access", header)
	got, err := p.parse("19:00:00 2026-11-22 203.0.113.7 GET /cart 404 46 198.51.100.1 Mozilla/5.0+(X11) HTTP/2.0")
	want := `{"@timestamp":"2026-11-22T19:00:00.000Z","http":{"request":{"method":"GET"},"response":{"status_code":404},"version":"2.0"},"iis":{"access":{"x_forwarded_for":"198.51.100.1"}},` +
		`"source":{"address":"203.0.113.7","ip":"203.0.113.7"},"url":{"original":"/cart","path":"/cart"},"user_agent":{"original":"Mozilla/5.0 (X11)"},"event":{"duration":46000000}}`
	if err != nil || !reflect.DeepEqual(decode(t, got), decode(t, want)) {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
	if got, err := p.parse("19:00:00 2026-11-22 - - - - - - - -"); err != nil || !reflect.DeepEqual(decode(t, got), decode(t, `{"@timestamp":"2026-11-22T19:00:00.000Z"}`)) {
		t.Errorf("%v %s", err, got)
	}
	if got, err := p.parse("#Software: Microsoft Internet Information Services 10.0"); err != nil || !strings.Contains(got, "Microsoft") {
		t.Errorf("%v %s", err, got)
	}
	for line, want := range map[string]string{
		"19:00:00 2026-11-22 203.0.113.7": "has 3 columns where its fields are 10", "19:00:00 2026-11-22 1 2 3 4 5 6 7 8 9": "more columns",
		"19:00 yesterday 1 2 3 4 5 x 7 8": "no date and time",
	} {
		if doc, err := p.parse(line); err == nil || !strings.Contains(err.Error(), want) || doc != "{}" {
			t.Errorf("%q gives %s, %v", line, doc, err)
		}
	}
	for header, want := range map[string]string{"": "lists no field", "#Fields: date time date": "lists date twice", "c-ip cs-method": "no date and time"} {
		if _, err := iisWithFields(header); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", header, err, want)
		}
	}
}

func FuzzPatterns(f *testing.F) {
	f.Add("%d{ISO8601} %-5p [%t] %c - %m%n", "2026-11-22 19:00:00,123 INFO  [main] com.acme.Cart - added\n\tat x")
	f.Add("%clr(%d{HH:mm, Europe/Berlin}){faint} %X{a}%%%m (%F:%L)", "19:00 x%m (a:1)\nmore")
	f.Add("%m%n%p", "a\nb")
	p := newParser(f, "log4j")
	f.Fuzz(func(t *testing.T, pattern, line string) {
		parse, err := withPattern(pattern)
		if err != nil {
			return
		}
		p.spec.Parse = parse
		if doc, err := p.parse(line); err != nil && doc != "{}" {
			t.Errorf("%q with %q failed and set %s", line, pattern, doc)
		}
	})
}
