package cond

import (
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func sample(schema *event.Schema) *event.Event {
	e := event.New(schema)
	e.Set(event.HTTPResponseStatusCode, event.Int(503))
	e.Set(event.URLPath, event.Text("/health/live"))
	e.Set(event.LogLevel, event.Text("error"))
	e.Set(event.Timestamp, event.Time(time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC)))
	for path, v := range map[string]event.Value{
		"labels.team-name": event.Text("shop"),
		"took":             event.Number([]byte("12.5")),
		"text_number":      event.Text("503"),
		"ok":               event.Bool(true),
		"list":             event.Raw([]byte(`["a","b",3]`)),
	} {
		e.Set(e.Intern([]byte(path)), v)
	}
	return e
}

func TestAConditionHolds(t *testing.T) {
	for source, want := range map[string]bool{
		`http.response.status_code >= 500`:                                 true,
		`http.response.status_code > 503`:                                  false,
		`http.response.status_code == 503 and ok`:                          true,
		`http.response.status_code in 500..599`:                            true,
		`http.response.status_code in [200, 503]`:                          true,
		`http.response.status_code not in [200, 503]`:                      false,
		`missing.field == nil`:                                             true,
		`missing.field != nil`:                                             false,
		`missing.field > 3 or missing.field <= 3`:                          false,
		`missing.field contains "x"`:                                       false,
		`not (missing.field startsWith "x")`:                               true,
		`missing`:                                                          false,
		`labels != nil`:                                                    true,
		`labels["team-name"] == "shop"`:                                    true,
		`$env["@timestamp"] startsWith "2026-11-22T19"`:                    true,
		`ctx.log?.level == "error"`:                                        true,
		`url.path startsWith "/health" && !(url.path endsWith "ready")`:    true,
		`url.path matches "^/h[a-z]+/live$"`:                               true,
		`took < 12.6 and took >= 12.5 and took > -3`:                       true,
		`text_number == 503`:                                               false,
		`"a" in list`:                                                      true,
		`"z" in list`:                                                      false,
		`any(list, # == "b")`:                                              true,
		`len(list) == 3 and len(missing ?? []) == 0`:                       true,
		`lower("ERROR") == log.level`:                                      true,
		`int(text_number) >= 500 and missing.a.b.c == nil`:                 true,
		`let code = http.response.status_code; code >= 500 and code < 504`: true,
		`(ok ? log.level : "x") == "error"`:                                true,
		`upper(missing ?? "x") == "X" and missing < 3`:                     false,
		`1 < 2`: true,
		`true`:  true,
	} {
		t.Run(source, func(t *testing.T) {
			schema := event.NewSchema()
			c, err := Compile(source, schema)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if got, err := c.Holds(sample(schema)); err != nil || got != want {
					t.Errorf("got %t, %v", got, err)
				}
			}
		})
	}
}

// TestBothWaysToEvaluateAgree runs conditions that have a fast form on the machine too.
func TestBothWaysToEvaluateAgree(t *testing.T) {
	for _, source := range []string{
		`http.response.status_code >= 500`, `missing > 3`, `missing contains "a"`, `url.path contains "health"`, `url.path endsWith "x"`,
		`text_number >= 5`, `ok`, `ok == true`, `missing`, `log.level in ["error", "fatal"]`, `http.response.status_code in 500..599`,
		`url.path matches "live$"`, `missing matches "x"`, `list > 3`, `labels != nil`, `took == 12.5 or ok`, `not ok`, `url.path < "/z"`,
	} {
		schema := event.NewSchema()
		fast, err := Compile(source, schema)
		if err != nil || fast.fast == nil {
			t.Fatalf("%s: no fast form, %v", source, err)
		}
		slow := &Cond{}
		if slow.slow, err = compile(source, &rewriter{safe: true}); err != nil {
			t.Fatal(err)
		}
		slow.fields = fieldsOf(slow.slow.Node(), schema)
		a, errA := fast.Holds(sample(schema))
		b, errB := slow.Holds(sample(schema))
		if a != b || (errA == nil) != (errB == nil) {
			t.Errorf("%s: %t, %v and %t, %v", source, a, errA, b, errB)
		}
	}
}

func TestAWrongConditionSaysWhatAndWhere(t *testing.T) {
	for source, want := range map[string]string{
		`a >`:                              "unexpected token EOF (column 3)",
		`now() > 3`:                        `unknown function "now" (column 1)`,
		`a == 1 and rand() < 2`:            `unknown function "rand" (column 12)`,
		`message.contains("x")`:            `unknown function "contains" (column 9)`,
		`"text"`:                           "expected bool, but got string",
		`1 + 2`:                            "expected bool, but got int",
		`url.path matches "("`:             "error parsing regexp: missing closing ): `(` (column 10)",
		`any(1..5, # == a)`:                `a range is allowed only behind "in" (column 6)`,
		`any(a, any(b, # == 1))`:           "a loop inside a loop is not allowed",
		`date("2026-01-01") == a`:          `unknown function "date"`,
		`a in 1..b`:                        "a range needs two plain numbers",
		`keys(a) == ["x"]`:                 `unknown function "keys"`,
		`less__(1, 2)`:                     `unknown function "less__"`,
		strings.Repeat("a or ", 600) + "a": "exceeds maximum allowed nodes",
	} {
		_, err := Compile(source, event.NewSchema())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want %s", source, err, want)
		}
	}
}

func TestAComparisonThatMakesNoSenseIsAnError(t *testing.T) {
	for _, source := range []string{`text_number > 5`, `list > 3`, `log.level`, `took contains "1"`, `len(took) == 1`, `lower(ok) == "x"`} {
		schema := event.NewSchema()
		c, err := Compile(source, schema)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := c.Holds(sample(schema)); err == nil || got {
			t.Errorf("%s: %t, no error", source, got)
		}
	}
}

func FuzzConditionsNeverPanic(f *testing.F) {
	for _, s := range []string{
		`http.response.status_code >= 500 and not (url.path startsWith "/h")`, `any(list, # == "b")`, `a?.b["c"] in [1, "x"]`,
		`let x = list; len(x) > 2`, `log.level matches "^e"`, `$env["@timestamp"] != nil`, `list[0] == "a"`, `labels.x[1:2]`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 300 {
			return
		}
		schema := event.NewSchema()
		c, err := Compile(source, schema)
		if err != nil {
			return
		}
		first, err1 := c.Holds(sample(schema))
		second, err2 := c.Holds(sample(schema))
		if first != second || (err1 == nil) != (err2 == nil) {
			t.Fatalf("%s: %t, %v and then %t, %v", source, first, err1, second, err2)
		}
	})
}

func BenchmarkHolds(b *testing.B) {
	for _, source := range []string{
		`http.response.status_code >= 500`, `url.path == "/healthz" or log.level in ["debug", "trace"]`, `len(list) == 3`,
	} {
		b.Run(source, func(b *testing.B) {
			schema := event.NewSchema()
			c, err := Compile(source, schema)
			if err != nil {
				b.Fatal(err)
			}
			e := sample(schema)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = c.Holds(e)
			}
		})
	}
}
