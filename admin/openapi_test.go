package admin_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/schemas/status"
)

// document is the part of an OpenAPI document that the test reads.
type document struct {
	OpenAPI    string
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]*schema }
}

type operation struct {
	Parameters []struct {
		Name, In string
	}
	RequestBody *struct{ Content map[string]media }
	Responses   map[string]struct {
		Content map[string]media
		Headers map[string]any
	}
}

type media struct{ Schema *schema }

type schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Properties map[string]*schema
	Required   []string
	Items      *schema
	Additional any `json:"additionalProperties"`
	Enum       []any
}

// Every documented address answers with what is documented, and nothing else.
func TestTheDescriptionIsTrue(t *testing.T) {
	w := start(t, nil)
	w.ready()
	w.load()
	w.setAgent(status.Agent{ID: "host-1", Host: "web-1", At: time.Now(), Stopping: true, Sources: []status.Source{{ID: "1", Path: "/var/log/a.log", LastRead: time.Now()}}})
	w.eventually("the agent", func() string {
		if a := w.do("GET", "/api/v1/agents/host-1", ""); a.status != 200 {
			return string(a.body)
		}
		return ""
	})
	a := w.want(w.do("GET", "/api/v1/openapi.json", ""), 200)
	var doc document
	w.into(a, &doc)
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || strings.Contains(string(a.body), "http://") && strings.Contains(string(a.body), "unpkg") {
		t.Errorf("it is OpenAPI %s", doc.OpenAPI)
	}
	const item = "/api/v1/collections/{name}"
	for _, c := range []struct {
		method, path, query, body string
		status                    int
	}{
		{"get", item, "", "", 404},
		{"put", item, "", shop, 201},
		{"put", item, "", shopB, 200},
		{"put", item, "", `{}`, 422},
		{"put", item, "", "app: shop\n", 415},
		{"get", item, "", "", 200},
		{"get", "/api/v1/collections", "", "", 200},
		{"post", "/api/v1/collections/validate", "", shop, 200},
		{"post", "/api/v1/collections/validate", "", `{}`, 422},
		{"post", "/api/v1/collections/validate", "", "---\napp: shop\n", 415},
		{"post", "/api/v1/pipelines/try", "", `{"collection":{"pipeline":[{"format":"nginx.access"},{"drop":{"if":"false"}}]},"lines":["x","` + nginxLine + `"]}`, 200},
		{"post", "/api/v1/pipelines/try", "", `{"collection":{"pipeline":[{}]},"lines":["x"]}`, 422},
		{"post", "/api/v1/pipelines/try", "", `{"lines":["x"],"colection":{}}`, 422},
		{"post", "/api/v1/pipelines/suggest", "", `{"lines":["` + nginxLine + `"]}`, 200},
		{"post", "/api/v1/pipelines/suggest", "", `{"lines":[]}`, 422},
		{"get", "/api/v1/search", "?histogram=10", "", 200},
		{"get", "/api/v1/search", "?q=(", "", 422},
		{"get", "/api/v1/tail", "?q=(", "", 422},
		{"get", "/api/v1/fields", "", "", 200},
		{"get", "/api/v1/pipeline", "", "", 200},
		{"get", "/api/v1/agents", "", "", 200},
		{"get", "/api/v1/agents/{id}", "", "", 200},
		{"get", "/api/v1/agents/{id}", "?x=1", "", 422},
		{"get", "/api/v1/agents/{id}/explain", "?path=/var/log/a.log", "", 504},
		{"get", "/api/v1/agents/{id}/explain", "?path=a.log", "", 422},
		{"get", "/api/v1/agents/{id}/explain", "", "", 422},
		{"get", "/api/v1/hosts", "", "", 200},
		{"delete", item, "", "", 204},
		{"delete", item, "", "", 404},
	} {
		t.Run(fmt.Sprint(c.method, " ", c.path, c.query, " is ", c.status), func(t *testing.T) {
			op, ok := doc.Paths[c.path][c.method]
			if !ok {
				t.Fatal("it is not documented")
			}
			got := w.want(w.do(strings.ToUpper(c.method), strings.NewReplacer("{name}", "shop-access", "{id}", "host-1").Replace(c.path)+c.query, c.body), c.status)
			resp, ok := op.Responses[fmt.Sprint(c.status)]
			if !ok {
				t.Fatal("the status is not documented")
			}
			if len(got.body) == 0 {
				return
			}
			m, ok := resp.Content[got.header.Get("Content-Type")]
			if !ok {
				t.Fatalf("the content type %s is not documented", got.header.Get("Content-Type"))
			}
			var v any
			w.into(got, &v)
			for _, wrong := range doc.check(m.Schema, v, "") {
				t.Error(wrong)
			}
			for name := range resp.Headers {
				if got.header.Get(name) == "" {
					t.Errorf("the header %s is documented and missing", name)
				}
			}
		})
	}
	if n := len(doc.Paths); n != 13 {
		t.Errorf("%d paths are documented and 13 are tested", n)
	}
	collection := doc.Components.Schemas["Collection"]
	if body := doc.Paths[item]["put"].RequestBody; body == nil || body.Content["application/json"].Schema.Ref != "#/components/schemas/Collection" ||
		collection == nil || collection.Properties["retention_days"] == nil {
		t.Error("the body of PUT is not described as a collection")
	}
	var names []string
	for _, p := range doc.Paths["/api/v1/search"]["get"].Parameters {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	if got := strings.Join(names, " "); got != "app cursor from histogram host level q size to" {
		t.Errorf("search has the parameters %s", got)
	}
}

// check holds a value against a schema and says what does not fit.
func (d *document) check(s *schema, v any, at string) []string {
	if s == nil {
		return nil
	}
	if s.Ref != "" {
		name := strings.TrimPrefix(s.Ref, "#/components/schemas/")
		if d.Components.Schemas[name] == nil {
			return []string{at + ": the schema " + s.Ref + " is missing"}
		}
		return d.check(d.Components.Schemas[name], v, at)
	}
	if !s.takes(v) {
		return []string{fmt.Sprintf("%s: %v is no %v", at, v, s.Type)}
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		return []string{fmt.Sprintf("%s: %v is none of %v", at, v, s.Enum)}
	}
	var wrong []string
	switch v := v.(type) {
	case map[string]any:
		for _, key := range s.Required {
			if _, ok := v[key]; !ok {
				wrong = append(wrong, at+"."+key+": is required and missing")
			}
		}
		for key, value := range v {
			below := s.below(key)
			if below == nil && s.Additional == false {
				wrong = append(wrong, at+"."+key+": is not documented")
			}
			wrong = append(wrong, d.check(below, value, at+"."+key)...)
		}
	case []any:
		for i, value := range v {
			wrong = append(wrong, d.check(s.Items, value, fmt.Sprintf("%s[%d]", at, i))...)
		}
	}
	return wrong
}

// below is the schema of a member: its own, or that of all others.
func (s *schema) below(key string) *schema {
	if p := s.Properties[key]; p != nil {
		return p
	}
	if _, ok := s.Additional.(map[string]any); !ok {
		return nil
	}
	b, err := json.Marshal(s.Additional)
	if err != nil {
		return nil
	}
	var other schema
	if json.Unmarshal(b, &other) != nil {
		return nil
	}
	return &other
}

// takes reports whether the type of a value is one that the schema names.
func (s *schema) takes(v any) bool {
	var types []string
	switch t := s.Type.(type) {
	case nil:
		return true
	case string:
		types = []string{t}
	case []any:
		for _, one := range t {
			types = append(types, fmt.Sprint(one))
		}
	}
	for _, name := range types {
		ok := false
		switch v := v.(type) {
		case nil:
			ok = name == "null"
		case bool:
			ok = name == "boolean"
		case string:
			ok = name == "string"
		case float64:
			ok = name == "number" || name == "integer" && v == float64(int64(v))
		case []any:
			ok = name == "array"
		case map[string]any:
			ok = name == "object"
		}
		if ok {
			return true
		}
	}
	return false
}
