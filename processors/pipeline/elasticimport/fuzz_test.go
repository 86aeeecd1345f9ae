package elasticimport

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/millrace/millrace/processors/pipeline"
)

// FuzzImport checks that what is taken over compiles step by step, and that what is left has a place and a reason.
func FuzzImport(f *testing.F) {
	for _, spec := range pipeline.Steps() {
		f.Add(`{"processors": [` + spec.Example + `]}`)
	}
	f.Add(`{"web": {"processors": [{"drop": {"if": "ctx?.a?.b == null || ctx.c.contains('x')"}}], "on_failure": []}}`)
	f.Add(`{"processors": [{"set": {"field": "{{x}}", "value": 1, "on_failure": [{"pipeline": {"name": "y"}}]}}, {"script": {}}]}`)
	f.Fuzz(func(t *testing.T, source string) {
		if strings.Count(source, "{") > 50 {
			return
		}
		steps, left, err := Import([]byte(source))
		if err != nil {
			return
		}
		var list []json.RawMessage
		if err := json.Unmarshal(steps, &list); err != nil {
			t.Fatalf("%v in %s", err, steps)
		}
		for _, s := range list {
			one, _ := json.Marshal([]json.RawMessage{s})
			if _, problems := pipeline.Compile(one, "p"); len(problems) > 0 {
				t.Fatalf("%s: %v", s, problems)
			}
		}
		for _, l := range left {
			if l.Path == "" || l.Reason == "" {
				t.Fatalf("%+v", l)
			}
		}
	})
}
