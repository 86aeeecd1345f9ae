package elasticimport

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/millrace/millrace/processors/pipeline"
)

func TestAnIngestPipelineBecomesSteps(t *testing.T) {
	steps, left, err := Import([]byte(`{"web": {"description": "d", "processors": [
		{"grok": {"field": "message", "patterns": ["%{IP:source.ip} %{GREEDYDATA:rest}"], "description": "x"}},
		{"drop": {"if": "ctx?.rest == null || ctx.rest.contains('ping') && ctx.n < 2"}},
		{"script": {"source": "ctx.x = 1"}},
		{"set": {"field": "labels.a", "value": 1, "if": "ctx.tags.size() > 1"}},
		{"set": {"field": "{{x}}", "value": 1}},
		{"foreach": {"field": "l", "processor": {"lowercase": {"field": "_ingest._value"}}}},
		{"date": {"field": "when", "formats": ["ISO8601"], "on_failure": [{"remove": {"field": "when"}}, {"pipeline": {"name": "other"}}]}}
	]}}`))
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"grok":{"field":"message","patterns":["%{IP:source.ip} %{GREEDYDATA:rest}"]}},` +
		`{"drop":{"if":"ctx.rest == nil || ctx.rest contains \"ping\" && ctx.n < 2"}},` +
		`{"foreach":{"field":"l","processor":{"lowercase":{"field":"_ingest._value"}}}},` +
		`{"date":{"field":"when","formats":["ISO8601"],"on_failure":[{"remove":{"field":"when"}}]}}]`
	if string(steps) != want {
		t.Errorf("got  %s\nwant %s", steps, want)
	}
	if _, problems := pipeline.Compile(steps, "p"); len(problems) > 0 {
		t.Error(problems)
	}
	var paths []string
	for _, l := range left {
		paths = append(paths, l.Path)
	}
	if got := []string{"processors[2].script", "processors[3].set.if", "processors[4].set.field", "processors[6].date.on_failure[1].pipeline"}; !reflect.DeepEqual(paths, got) {
		t.Errorf("left %v", left)
	}
}

func TestWhatIsNoPipelineIsRefused(t *testing.T) {
	for text, says := range map[string]string{
		"": "unexpected end", "{}": "it has no processors", `{"a": {}, "b": {}}`: "it has no processors",
		"[]": `it must be an object, as GET _ingest/pipeline gives it, and is of type array; a list of processors is put into {"processors": [...]}`, "7": "of type number",
		`{"processors": "set"}`: "processors is of type string", `{"processors": [1]}`: "of type number; processors and on_failure are lists of objects",
		`{"mine": []}`: "it must be an object",
	} {
		steps, _, err := Import([]byte(text))
		if err == nil || json.Valid(steps) {
			t.Errorf("%q is taken", text)
		} else if !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "Go ") {
			t.Errorf("%q is refused with %q, want %q in it", text, err, says)
		}
	}
}
