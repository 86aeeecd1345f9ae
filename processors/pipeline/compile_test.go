package pipeline

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestEveryProblemIsNamedAtItsPath(t *testing.T) {
	for name, c := range map[string]struct {
		steps string
		want  []string
	}{
		"no pipeline":     {``, nil},
		"null":            {`null`, nil},
		"no steps":        {`[]`, nil},
		"not an array":    {`{"format": "json"}`, []string{"p: must be an array of steps: it is a object"}},
		"not JSON":        {`[`, []string{"p: must be an array of steps: unexpected end of JSON input"}},
		"not an object":   {`[7, "format"]`, []string{`p[0]: must be an object such as {"format": "json"}`, `p[1]: must be an object such as {"format": "json"}`}},
		"an unknown step": {`[{"fromat": "json"}]`, []string{`p[0].fromat: unknown step "fromat"; did you mean "format"?`}},
		"a step far from any": {
			`[{"teleport": {}}]`,
			[]string{`p[0].teleport: unknown step "teleport"; known: append, community_id, convert, csv, date, dissect, drop, fingerprint, foreach, format, geoip, grok, gsub, join, json, kv, logfmt, lookup, lowercase, network_direction, redact, regex, remove, rename, reroute, sample, set, split, trim, uppercase, uri_parts, urldecode, user_agent`},
		},
		"two keys": {
			`[{"format": "json", "drop": {}}]`,
			[]string{"p[0]: must have exactly one key, the kind of step; it has 2"},
		},
		"an unknown format": {`[{"format": "nginx.acess"}]`, []string{`p[0].format.name: unknown format "nginx.acess"; did you mean "nginx.access"?`}},
		"no format":         {`[{"format": {}}]`, []string{`p[0].format.name: is required`}},
		"options of a wrong type": {
			`[{"set": {"field": 7, "value": 1, "override": "yes", "tag": 1, "on_failure": {}}}]`,
			[]string{
				"p[0].set.on_failure: must be an array of steps", "p[0].set.tag: must be a string",
				"p[0].set.field: must be a string", "p[0].set.override: must be true or false",
			},
		},
		"many at once, in order": {
			`[{"dissect": {"field": "message", "patern": "%{a}", "if": "a >"}}, {"date": {"field": "a", "formats": ["yyyyT", 1], "timezone": "Mars"}}]`,
			[]string{
				"p[0].dissect.if: unexpected token EOF (column 3)", "p[0].dissect.pattern: is required",
				`p[0].dissect.patern: unknown option "patern"; did you mean "pattern"?`,
				"p[1].date.formats: must be an array of strings; item 1 is none", `p[1].date.timezone: "Mars" is not a known zone`,
			},
		},
		"each layout by its place": {
			`[{"date": {"field": "a", "formats": ["ISO8601", "QQ", "yyyy", "'"], "locale": "de", "output_format": "yyyy"}}]`,
			[]string{
				`p[0].date.locale: unknown value "de"; known: ENGLISH, ROOT, en, en-GB, en-US`, `p[0].date.formats[1]: the layout has "QQ", which is not known (column 1)`,
				"p[0].date.formats[3]: the layout has a quote that does not end", "p[0].date.output_format: @timestamp is always an instant; give another target_field",
			},
		},
		"inside on_failure": {
			`[{"drop": {"on_failure": [{"drop": {"on_failure": [{"set": {"field": "a"}}]}}]}}]`,
			[]string{"p[0].drop.on_failure[0].drop.on_failure[0].set: needs value or copy_from"},
		},
		"what steps may not set": {
			`[{"set": {"field": "service.name", "value": "x"}}, {"dissect": {"pattern": "%{agent.id} %{a}"}}, {"date": {"field": "a", "formats": ["UNIX"], "target_field": "log.offset"}}, {"set": {"field": "service", "value": {"name": "x"}}}, {"set": {"field": "tags.a", "value": 1}}]`,
			[]string{
				`p[0].set.field: "service.name" says where the event came from or goes to, and is not for steps to change`,
				`p[1].dissect.pattern: "agent.id" says where the event came from or goes to, and is not for steps to change`,
				`p[2].date.target_field: "log.offset" says where the event came from or goes to, and is not for steps to change`,
				`p[3].set.value: "service.name" says where the event came from or goes to, and is not for steps to change`,
				`p[4].set.field: "tags" is an array`,
			},
		},
		"set with both or neither": {
			`[{"set": {"field": "a", "value": 1, "copy_from": "b"}}, {"set": {"field": "a"}}, {"set": {"field": "a", "value": null}}, {"set": {"field": "a..b", "value": 1}}, {"set": {"field": "a", "value": "{{x"}}]`,
			[]string{
				"p[0].set.copy_from: give either value or copy_from, not both", "p[1].set: needs value or copy_from", "p[2].set.value: must not be null",
				`p[3].set.field: "a..b" has an empty part between its dots`, `p[4].set.value: "{{x" does not end with }}`,
			},
		},
		"too many steps": {"[" + strings.Repeat(`{"drop":{}},`, 200) + `{"drop":{}}]`, []string{"p: has 201 steps; at most 200 are allowed"}},
		"too deep": {
			strings.Repeat(`[{"drop":{"on_failure":`, 7) + "[]" + strings.Repeat("}}]", 7),
			[]string{"p" + strings.Repeat("[0].drop.on_failure", 6) + ": on_failure is nested more than 5 deep"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, problems := Compile(json.RawMessage(c.steps), "p")
			var got []string
			for _, problem := range problems {
				got = append(got, problem.Error())
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if (p == nil) != (len(problems) > 0) {
				t.Errorf("pipeline %v with %d problems", p, len(problems))
			}
		})
	}
}

func TestTheRegistryDescribesWhatCompiles(t *testing.T) {
	for _, spec := range Steps() {
		if _, problems := Compile(json.RawMessage("["+spec.Example+"]"), spec.Name); len(problems) > 0 {
			t.Errorf("the example of %s: %v", spec.Name, problems)
		}
		if spec.Summary == "" {
			t.Errorf("%s is not described", spec.Name)
		}
		for _, o := range append(spec.Options, CommonOptions()...) {
			if o.Summary == "" || o.Type == "" {
				t.Errorf("option %s of %s is not described", o.Name, spec.Name)
			}
		}
	}
	for _, f := range Formats() {
		if _, problems := Compile(json.RawMessage(fmt.Sprintf(`[{"format": {"name": %q, "field": "message"}}]`, f.Name)), "p"); len(problems) > 0 {
			t.Errorf("format %s: %v", f.Name, problems)
		}
	}
}

func FuzzCompileNeverPanics(f *testing.F) {
	for _, spec := range Steps() {
		f.Add("[" + spec.Example + "]")
	}
	f.Add(`[{"set":{"field":"a","value":{"b":[1,{"c":null}],"d":"{{{e}}}"},"on_failure":[{"drop":"x"}]}}]`)
	f.Fuzz(func(t *testing.T, steps string) {
		if len(steps) > 2000 {
			return
		}
		p, problems := Compile(json.RawMessage(steps), "p")
		if (p == nil) != (len(problems) > 0) {
			t.Fatalf("pipeline %v with problems %v", p, problems)
		}
		for _, problem := range problems {
			if !strings.HasPrefix(problem.Path, "p") || problem.Message == "" {
				t.Fatalf("an empty problem %+v", problem)
			}
		}
		if p != nil {
			checkRun(t, p, []byte(`a {"b": "x"} 2026-11-22T19:00:00Z`))
		}
	})
}
