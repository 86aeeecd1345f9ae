package pipeline

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/processors/pipeline/geo"
	"github.com/millrace/millrace/processors/pipeline/geo/geotest"
	"github.com/millrace/millrace/processors/pipeline/step"
	"github.com/millrace/millrace/processors/pipeline/table"
)

var update = flag.Bool("update", false, "write the tables of docs/pipelines.md")

const document = "../../docs/pipelines.md"

// testData answers in the examples.
type testData struct {
	set    *geo.Set
	tables map[string]*table.Table
}

func (d testData) Geo() *geo.Set { return d.set }

func (d testData) Table(name string) step.Table {
	if t := d.tables[name]; t != nil {
		return t
	}
	return nil
}

func newTestData(tb testing.TB) testData {
	tb.Helper()
	teams, err := table.FromCSV([]byte("user,name,size\nbob,core,3\n"), "user")
	if err != nil {
		tb.Fatal(err)
	}
	return testData{geotest.Set(tb), map[string]*table.Table{"teams": teams}}
}

var example = regexp.MustCompile("(?s)```json\n(.*?)```")

func TestTheExamplesOfTheDocumentAreTrue(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for i, block := range example.FindAllSubmatch(text, -1) {
		var c struct {
			Steps   json.RawMessage
			In, Out json.RawMessage
		}
		if err := json.Unmarshal(block[1], &c); err != nil {
			t.Errorf("example %d: %v", i, err)
			continue
		}
		var steps []map[string]json.RawMessage
		if err := json.Unmarshal(c.Steps, &steps); err != nil {
			t.Fatal(err)
		}
		for _, s := range steps {
			for kind := range s {
				shown[kind] = true
			}
		}
		t.Run(fmt.Sprintf("example %d", i), func(t *testing.T) { checkExample(t, string(c.Steps), c.In, c.Out) })
	}
	for _, s := range Steps() {
		if !shown[s.Name] {
			t.Errorf("%s has no example", s.Name)
		}
	}
}

func checkExample(t *testing.T, steps string, in, out json.RawMessage) {
	t.Helper()
	const before = `[{"json": {"field": "message", "add_to_root": true}}, {"remove": {"field": "message"}}, `
	p := mustCompile(t, before+strings.TrimPrefix(steps, "["))
	doc, result := p.NewRunner().Use(newTestData(t)).Run(nil, &Input{Message: in, At: at})
	if result.Failed || (result.Outcome == Drop) != (string(out) == "null") {
		t.Fatalf("%+v", result)
	}
	if result.Outcome == Drop {
		return
	}
	var got, want map[string]any
	if err := json.Unmarshal(doc, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	delete(got, "agent")
	delete(got, "ecs")
	drop(got, "event", "created")
	drop(got, "log", "offset")
	if _, ok := want["@timestamp"]; !ok {
		delete(got, "@timestamp")
	}
	if !reflect.DeepEqual(got, want) {
		text, _ := json.Marshal(got)
		t.Errorf("%s\ngives %s\nwant  %s", steps, text, out)
	}
}

var marked = regexp.MustCompile(`(?s)<!-- (options: (\w+)|formats) -->\n.*?<!-- end -->`)

func TestTheDocumentListsStepsOptionsAndFormats(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	fresh := marked.ReplaceAllStringFunc(string(text), func(block string) string {
		m := marked.FindStringSubmatch(block)
		listed[m[2]] = true
		return "<!-- " + m[1] + " -->\n" + tableOf(m[2]) + "<!-- end -->"
	})
	for _, s := range Steps() {
		if !listed[s.Name] {
			t.Errorf("%s is missing", s.Name)
		}
	}
	if fresh == string(text) {
		return
	}
	if !*update {
		t.Fatal("the tables are out of date; run go test ./processors/pipeline -run Document -update")
	}
	if err := os.WriteFile(document, []byte(fresh), 0o644); err != nil {
		t.Fatal(err)
	}
}

func tableOf(name string) string {
	if name == "" {
		out := "| format | what it reads |\n|---|---|\n"
		for _, f := range Formats() {
			out += fmt.Sprintf("| %#q | %s |\n", f.Name, strings.ReplaceAll(f.Summary, "|", `\|`))
		}
		return out
	}
	options := CommonOptions()
	out := ""
	if at := slices.IndexFunc(Steps(), func(s step.Spec) bool { return s.Name == name }); at >= 0 {
		s := Steps()[at]
		options = s.Options
		out = s.Summary + "\n\n"
		if s.Short != "" {
			out += fmt.Sprintf("`{%q: \"…\"}` is short for `{%q: {%q: \"…\"}}`.\n\n", name, name, s.Short)
		}
	}
	if len(options) == 0 {
		return out + "It has no options of its own.\n"
	}
	out += "| option | type | default | |\n|---|---|---|---|\n"
	for _, o := range options {
		value := "–"
		if o.Required {
			value = "required"
		} else if o.Default != nil && o.Default != "" {
			text, _ := json.Marshal(o.Default)
			value = "`" + string(text) + "`"
		}
		out += fmt.Sprintf("| %#q | %s | %s | %s |\n", o.Name, o.Type, value, strings.ReplaceAll(o.Summary, "|", `\|`))
	}
	return out
}
