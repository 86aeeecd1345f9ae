package step

import (
	"strings"
	"testing"

	"github.com/millrace/millrace/processors/pipeline/event"
)

func TestUnknownNamesAreMetWithTheClosestKnownOne(t *testing.T) {
	known := []string{"dissect", "drop", "date", "format", "set"}
	for name, want := range map[string]string{
		"disect":                 `unknown step "disect"; did you mean "dissect"?`,
		"fromat":                 `unknown step "fromat"; did you mean "format"?`,
		"est":                    `unknown step "est"; did you mean "set"?`,
		"grok":                   `unknown step "grok"; known: date, dissect, drop, format, set`,
		"":                       `unknown step ""; known: date, dissect, drop, format, set`,
		strings.Repeat("x", 100): `unknown step "` + strings.Repeat("x", 100) + `"; known: date, dissect, drop, format, set`,
	} {
		if got := Unknown("step", name, known); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestEditDistanceCountsChanges(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "axc", 1}, {"abcd", "acd", 1}, {"kitten", "sitting", 3}} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("%s to %s is %d, want %d", c.a, c.b, got, c.want)
		}
		if editDistance(c.a, c.b) != editDistance(c.b, c.a) {
			t.Errorf("%s and %s are not as far from each other", c.a, c.b)
		}
	}
}

func TestTemplatesPutFieldsIntoText(t *testing.T) {
	schema := event.NewSchema()
	for text, want := range map[string]string{
		"":                            "",
		"plain":                       "plain",
		"{{{message}}}":               "a\"b",
		"<{{ message }}|{{missing}}>": "<a\"b|>",
		"{ {{{log.offset}}} }":        "{ 7 }",
		"{{ctx.message}}{{message}}":  "a\"ba\"b",
	} {
		parsed, err := parseTemplate(text, schema)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		e := event.New(schema)
		e.Set(event.Message, event.Text("a\"b"))
		e.Set(event.LogOffset, event.Int(7))
		if got, err := parsed.render(e); err != nil || string(got) != want {
			t.Errorf("%q gives %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"{{message", "{{{message}}", "{{}}", "{{#each}}", "{{a b}}"} {
		if _, err := parseTemplate(text, schema); err == nil {
			t.Errorf("%q is taken for a template", text)
		}
	}
}

func TestATemplateThatGrowsTooLargeFails(t *testing.T) {
	schema := event.NewSchema()
	parsed, err := parseTemplate(strings.Repeat("{{{message}}}", 5), schema)
	if err != nil {
		t.Fatal(err)
	}
	e := event.New(schema)
	e.Set(event.Message, event.String(make([]byte, maxRendered/4)))
	if _, err := parsed.render(e); err == nil {
		t.Error("no error")
	}
}
