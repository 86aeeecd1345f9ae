package processors

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

const document = `{"@timestamp":"2026-11-22T12:00:00.123Z","message":"GET \"/\" \\","http":{"response":{"status_code":503,"body":{"bytes":-7}},"version":"1.1"},` +
	`"tags":["a","}"],"event.dataset":"x","labels":{"a.b":{"c":1.5},"odd\\":2},"none":null,"yes":true,"host":{"name":"w\u0065b"}}` + "\n"

func TestFieldsAreReadByTheirPath(t *testing.T) {
	e := &Event{text: []byte(document)}
	for path, want := range map[string]string{
		"message":                   `"GET \"/\" \\"`,
		"http":                      `{"response":{"status_code":503,"body":{"bytes":-7}},"version":"1.1"}`,
		"http.response.status_code": "503",
		"http.response.body.bytes":  "-7",
		"http.version":              `"1.1"`,
		"tags":                      `["a","}"]`,
		"event.dataset":             `"x"`,
		"labels.a.b.c":              "1.5",
		`labels.odd\\`:              "2",
		"none":                      "null",
		"yes":                       "true",
		"":                          "",
		"htt":                       "",
		"http.":                     "",
		"http.response.status":      "",
		"message.text":              "",
		"yes.no":                    "",
		"absent":                    "",
	} {
		if got := string(e.Raw(path)); got != want {
			t.Errorf("%q is %s, want %s", path, got, want)
		}
	}
}

func TestAFieldOfAnotherTypeIsNotThere(t *testing.T) {
	e := &Event{text: []byte(document)}
	text := func(path string) any { b, ok := e.Text(path); return pair{string(b), ok} }
	whole := func(path string) any { n, ok := e.Int(path); return pair{n, ok} }
	number := func(path string) any { n, ok := e.Float(path); return pair{n, ok} }
	moment := func(path string) any { at, ok := e.Time(path); return pair{at, ok} }
	for name, c := range map[string]struct{ got, want any }{
		"a string's text has no escapes": {text("message"), pair{`GET "/" \`, true}},
		"nor those of letters":           {text("host.name"), pair{"web", true}},
		"a number is no text":            {text("http.response.status_code"), pair{"", false}},
		"a whole number":                 {whole("http.response.body.bytes"), pair{int64(-7), true}},
		"a text is no number":            {whole("http.version"), pair{int64(0), false}},
		"a fraction is not whole":        {whole("labels.a.b.c"), pair{int64(0), false}},
		"a fraction":                     {number("labels.a.b.c"), pair{1.5, true}},
		"true is no number":              {number("yes"), pair{0.0, false}},
		"null is nothing":                {text("none"), pair{"", false}},
		"a time":                         {moment("@timestamp"), pair{time.Date(2026, 11, 22, 12, 0, 0, 123e6, time.UTC), true}},
		"a message is no time":           {moment("message"), pair{time.Time{}, false}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
}

type pair [2]any

func TestReadingFieldsAllocatesNothing(t *testing.T) {
	e := &Event{text: []byte(document)}
	n := testing.AllocsPerRun(100, func() {
		e.split = false
		e.Int("http.response.status_code")
		e.Text("http.version")
		e.Time("@timestamp")
	})
	if n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzEvent(f *testing.F) {
	f.Add(document, "http.response")
	f.Add(`{"a":`, "a")
	f.Add(`{"a\"":1}`, `a\"`)
	f.Fuzz(func(t *testing.T, text, path string) {
		e := &Event{text: []byte(text)}
		v := e.Raw(path)
		e.Text(path)
		if v != nil && json.Valid([]byte(text)) && !json.Valid(v) {
			t.Errorf("%q of %q is %q", path, text, v)
		}
	})
}

func BenchmarkEvent(b *testing.B) {
	text := []byte(strings.Replace(document, "GET", strings.Repeat("GET ", 100), 1))
	e := &Event{text: text}
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		e.split = false
		e.Int("http.response.status_code")
		e.Int("http.response.body.bytes")
		e.Text("host.name.x")
	}
}
