package pipeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/step"
)

var at = time.Date(2026, 11, 22, 19, 0, 0, 123456789, time.UTC)

// run runs one line and returns the document without the fields that every event has.
func run(t testing.TB, steps, line string) (map[string]any, Result) {
	t.Helper()
	out, result := mustCompile(t, steps).NewRunner().Run(nil, &Input{Message: []byte(line), At: at, App: "shop"})
	if result.Outcome != Index {
		if len(out) > 0 {
			t.Errorf("%s and a document: %s", result.Outcome, out)
		}
		return nil, result
	}
	var doc map[string]any
	if err := json.Unmarshal(out, &doc); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	for _, field := range []string{"agent", "ecs", "service"} {
		delete(doc, field)
	}
	if doc["@timestamp"] == "2026-11-22T19:00:00.123456789Z" {
		delete(doc, "@timestamp")
	}
	drop(doc, "event", "created")
	drop(doc, "log", "offset")
	return doc, result
}

func drop(doc map[string]any, object, field string) {
	if inner, ok := doc[object].(map[string]any); ok {
		if delete(inner, field); len(inner) == 0 {
			delete(doc, object)
		}
	}
}

func TestStepsChangeEvents(t *testing.T) {
	for name, c := range map[string]struct{ steps, line, want string }{
		"no steps":                  {`[]`, "a line", `{"message":"a line"}`},
		"an empty line":             {`[]`, "", `{"message":""}`},
		"set a text":                {`[{"set":{"field":"labels.x","value":"y"}}]`, "m", `{"message":"m","labels":{"x":"y"}}`},
		"set other types":           {`[{"set":{"field":"a","value":{"n":1.50,"b":true,"l":[1, "x"],"o":{"s":"t"}}}}]`, "m", `{"message":"m","a":{"n":1.50,"b":true,"l":[1,"x"],"o":{"s":"t"}}}`},
		"set by a template":         {`[{"set":{"field":"a","value":"<{{{message}}}-{{missing}}-{{ctx.service.name}}>"}}]`, "m", `{"message":"m","a":"<m--shop>"}`},
		"set a copy":                {`[{"set":{"field":"event.original","copy_from":"message"}}]`, "m", `{"message":"m","event":{"original":"m"}}`},
		"set a copy of an object":   {`[{"format":"json"},{"set":{"field":"b","copy_from":"a"}}]`, `{"a":{"x":1,"y":{"z":2}}}`, `{"message":"{\"a\":{\"x\":1,\"y\":{\"z\":2}}}","a":{"x":1,"y":{"z":2}},"b":{"x":1,"y":{"z":2}}}`},
		"set does not override":     {`[{"set":{"field":"message","value":"x","override":false}},{"set":{"field":"a","value":"x","override":false}}]`, "m", `{"message":"m","a":"x"}`},
		"set ignores what is empty": {`[{"set":{"field":"a","value":"{{{b}}}","ignore_empty_value":true}},{"set":{"field":"a","copy_from":"b","ignore_empty_value":true}}]`, "m", `{"message":"m"}`},
		"set a message":             {`[{"set":{"field":"message","value":"new"}}]`, "m", `{"message":"new"}`},
		"set the host":              {`[{"set":{"field":"host.name","value":"relay"}}]`, "m", `{"message":"m","host":{"name":"relay"}}`},
		"set a time as text":        {`[{"set":{"field":"@timestamp","value":"2026-11-22T00:00:00+01:00"}}]`, "m", `{"@timestamp":"2026-11-21T23:00:00.000Z","message":"m"}`},
		"a time that is none":       {`[{"set":{"field":"@timestamp","value":"soon"}}]`, "m", `{"message":"m","reported":{"timestamp":"soon"}}`},
		"a level in capitals":       {`[{"set":{"field":"log.level","value":"WARN"}}]`, "m", `{"message":"m","log":{"level":"warn"}}`},
		"dissect": {
			`[{"dissect":{"pattern":"%{a} %{?b} %{+c/2} %{+c/1} %{*d}=%{&d}","append_separator":"-"}}]`, "1 2 3 4 k=v",
			`{"message":"1 2 3 4 k=v","a":"1","c":"4-3","k":"v"}`,
		},
		"dissect names a field of ours": {`[{"dissect":{"pattern":"%{*d}=%{&d}"}}]`, "agent.id=v", `{"message":"agent.id=v","reported":{"agent":{"id":"v"}}}`},
		"dissect of nothing":            {`[{"dissect":{"field":"x","pattern":"%{a}","ignore_missing":true}}]`, "m", `{"message":"m"}`},
		"date":                          {`[{"date":{"field":"message","formats":["UNIX","dd/MMM/yyyy:HH:mm:ss Z"]}}]`, "22/Nov/2026:19:00:00 +0100", `{"@timestamp":"2026-11-22T18:00:00.000Z","message":"22/Nov/2026:19:00:00 +0100"}`},
		"date in a zone":                {`[{"date":{"field":"message","formats":["yyyy-MM-dd HH:mm"],"timezone":"+02:00","target_field":"event.start"}}]`, "2026-11-22 19:00", `{"message":"2026-11-22 19:00","event":{"start":"2026-11-22T17:00:00.000Z"}}`},
		"date with a layout to write":   {`[{"date":{"field":"message","formats":["UNIX_MS"],"target_field":"day","output_format":"yyyy.MM.dd"}}]`, "1795371255003", `{"message":"1795371255003","day":"2026.11.22"}`},
		"date of a number":              {`[{"format":"json"},{"date":{"field":"n","formats":["UNIX"]}}]`, `{"n":1795371255,"message":"m"}`, `{"@timestamp":"2026-11-22T18:14:15.000Z","message":"m","n":1795371255}`},
		"a condition that holds":        {`[{"set":{"field":"a","value":1,"if":"message contains \"m\""}}]`, "m", `{"message":"m","a":1}`},
		"a condition that does not":     {`[{"set":{"field":"a","value":1,"if":"message == \"x\""}}]`, "m", `{"message":"m"}`},
		"format of a field":             {`[{"dissect":{"pattern":"%{p}|%{rest}"}},{"format":{"name":"json","field":"rest"}}]`, `x|{"a":1}`, `{"message":"x|{\"a\":1}","p":"x","rest":"{\"a\":1}","a":1}`},
		"a failure is ignored":          {`[{"format":{"name":"json","ignore_failure":true}},{"set":{"field":"a","value":1}}]`, "m", `{"message":"m","a":1}`},
		"a failure is handled": {
			`[{"format":{"name":"json","tag":"t","on_failure":[{"set":{"field":"why","value":"{{{_ingest.on_failure_processor_type}}} {{_ingest.on_failure_processor_tag}}: {{{_ingest.on_failure_message}}}"}}]}},{"set":{"field":"a","value":1}}]`,
			"m", `{"message":"m","why":"format t: not a JSON object","a":1}`,
		},
		"a failure is handled by nothing at all": {`[{"format":{"name":"json","on_failure":[]}},{"set":{"field":"a","value":1}}]`, "m", `{"message":"m","a":1}`},
		"a failure ends the pipeline": {
			`[{"set":{"field":"a","value":1}},{"format":"json"},{"set":{"field":"b","value":1}}]`, "m",
			`{"message":"m","a":1,"event":{"original":"m"},"error":{"message":"pipeline[1].format: not a JSON object"},"tags":["_format_failure"]}`,
		},
		"a failure with a tag": {
			`[{"format":{"name":"json","tag":"bad_json"}}]`, "m",
			`{"message":"m","event":{"original":"m"},"error":{"message":"pipeline[0].format: not a JSON object"},"tags":["bad_json"]}`,
		},
		"a failure inside on_failure": {
			`[{"format":{"name":"json","on_failure":[{"date":{"field":"message","formats":["UNIX"]}}]}},{"set":{"field":"b","value":1}}]`, "m",
			`{"message":"m","event":{"original":"m"},"error":{"message":"pipeline[0].format.on_failure[0].date: \"m\" is in none of the formats"},"tags":["_date_failure"]}`,
		},
		"a failure after the message was changed": {
			`[{"set":{"field":"message","value":"new"}},{"dissect":{"pattern":"%{a} - %{b}"}}]`, "old",
			`{"message":"new","event":{"original":"old"},"error":{"message":"pipeline[1].dissect: the field does not have the pattern's parts"},"tags":["_dissect_failure"]}`,
		},
		"a condition that makes no sense": {
			`[{"drop":{"if":"message > 3"}}]`, "m",
			`{"message":"m","event":{"original":"m"},"error":{"message":"pipeline[0].drop: if: cannot compare text with a number"},"tags":["_drop_failure"]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, result := run(t, c.steps, c.line)
			var want map[string]any
			if err := json.Unmarshal([]byte(c.want), &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				text, _ := json.Marshal(got)
				t.Errorf("got  %s\nwant %s", text, c.want)
			}
			if result.Failed != (got["error"] != nil) || result.Failed != (result.Cause != "") || result.App != "shop" {
				t.Errorf("%+v", result)
			}
		})
	}
}

func TestADroppedEventSaysWhichStepDroppedIt(t *testing.T) {
	for name, c := range map[string]struct{ steps, cause string }{
		"always":                     {`[{"drop":{}}]`, "pipeline[0].drop"},
		"in on_failure":              {`[{"format":{"name":"json","on_failure":[{"drop":{}}]}}]`, "pipeline[0].format.on_failure[0].drop"},
		"in spite of ignore_failure": {`[{"drop":{"ignore_failure":true}}]`, "pipeline[0].drop"},
	} {
		t.Run(name, func(t *testing.T) {
			_, result := run(t, c.steps, "m")
			if want := (Result{Outcome: Drop, App: "shop", Time: at, Cause: c.cause}); result != want {
				t.Errorf("%+v", result)
			}
		})
	}
}

func TestWhatIsKnownOfAnEventIsInItsDocument(t *testing.T) {
	in := Input{
		Message: []byte("m"), At: at, Host: "web-1", Path: "/var/log/a b.log", App: "shop", Env: "prod", Collection: "shop-access",
		Revision: "0123456789abcdef", AgentID: "k3", Offset: 1 << 39,
	}
	want := `{"@timestamp":"2026-11-22T19:00:00.123456789Z","message":"m","log":{"offset":549755813888,"file":{"path":"/var/log/a b.log"}},` +
		`"event":{"created":"2026-11-22T19:00:00.123456789Z"},"host":{"name":"web-1"},"agent":{"id":"k3","type":"millrace"},` +
		`"ecs":{"version":"8.17.0"},"millrace":{"collection":"shop-access","revision":"0123456789abcdef"},"service":{"environment":"prod","name":"shop"}}`
	r := mustCompile(t, `[]`).NewRunner()
	for range 2 {
		if got, _ := r.Run(nil, &in); string(got) != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	in.App, in.Env, in.Host, in.At = "cart", "", "web-\xff", at.Add(time.Second)
	for range 2 {
		got, result := r.Run([]byte("before "), &in)
		want := `before {"@timestamp":"2026-11-22T19:00:01.123456789Z","message":"m","tags":["_invalid_utf8"],"log":{"offset":549755813888,"file":{"path":"/var/log/a b.log"}},` +
			`"event":{"created":"2026-11-22T19:00:01.123456789Z"},"host":{"name":"web-` + "\uFFFD" + `"},"agent":{"id":"k3","type":"millrace"},` +
			`"ecs":{"version":"8.17.0"},"millrace":{"collection":"shop-access","revision":"0123456789abcdef"},"service":{"name":"cart"}}`
		if string(got) != want || result.App != "cart" {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestOnlyTheFirstPartOfALongLineIsParsed(t *testing.T) {
	r := mustCompile(t, `[{"set":{"field":"parsed","value":true}}]`).NewRunner()
	for part, want := range map[int]string{
		0: `{"message":"m","parsed":true}`,
		1: `{"message":"m","parsed":true,"log":{"part":{"index":1,"last":false}},"tags":["log.part"]}`,
		2: `{"message":"m","log":{"part":{"index":2,"last":true}},"tags":["log.part"]}`,
	} {
		out, _ := r.Run(nil, &Input{Message: []byte("m"), At: at, Part: part, LastPart: part == 2})
		var got, wanted map[string]any
		if json.Unmarshal(out, &got) != nil || json.Unmarshal([]byte(want), &wanted) != nil {
			t.Fatalf("%s", out)
		}
		for _, field := range []string{"agent", "ecs", "@timestamp"} {
			delete(got, field)
		}
		drop(got, "event", "created")
		drop(got, "log", "offset")
		if !reflect.DeepEqual(got, wanted) {
			t.Errorf("part %d: %s", part, out)
		}
	}
}

func TestTimeIsOfTheEventUnlessItLiesInTheFuture(t *testing.T) {
	for text, want := range map[string]struct {
		at     string
		future bool
	}{
		"2026-11-20T10:00:00.000000001Z": {"2026-11-20T10:00:00.000000001Z", false},
		"1999-11-20T10:00:00Z":           {"1999-11-20T10:00:00Z", false},
		"2026-11-23T18:59:59Z":           {"2026-11-23T18:59:59Z", false},
		"2026-11-23T19:00:01Z":           {"2026-11-22T19:00:00.123456789Z", true},
		"9999-12-31T23:59:59Z":           {"2026-11-22T19:00:00.123456789Z", true},
	} {
		doc, result := run(t, `[{"date":{"field":"message","formats":["ISO8601"]}}]`, text)
		if got := result.Time.Format(time.RFC3339Nano); got != want.at {
			t.Errorf("%s: %s", text, got)
		}
		tags, _ := doc["tags"].([]any)
		if tagged := len(tags) == 1 && tags[0] == "_future_timestamp"; tagged != want.future || (doc["reported"] != nil) != want.future {
			t.Errorf("%s: %v", text, doc)
		}
	}
}

func TestEventsOfMoreThanADayAgoAreTaggedAsLate(t *testing.T) {
	for text, late := range map[string]bool{
		"2026-11-21T19:00:01Z": false, "2026-11-21T18:59:59Z": true, "1999-11-20T10:00:00Z": true, "2026-11-23T18:00:00Z": false, "no time": false,
	} {
		doc, _ := run(t, `[{"date":{"field":"message","formats":["ISO8601"],"ignore_failure":true}}]`, text)
		if tags, _ := doc["tags"].([]any); (len(tags) == 1 && tags[0] == "_late") != late {
			t.Errorf("%s: %v", text, doc)
		}
	}
}

func TestLevelIsCountedByOneVocabulary(t *testing.T) {
	for text, want := range map[string]string{"WARNING": "warn", "Err": "error", "30": "info", "odd": "", "": ""} {
		_, result := run(t, `[{"set":{"field":"log.level","copy_from":"message"}}]`, text)
		if result.Level != want {
			t.Errorf("%q counts as %q", text, result.Level)
		}
	}
}

func TestTheZoneOfTheSourceAppliesToTimesWithoutOne(t *testing.T) {
	r := mustCompile(t, `[{"format":"syslog"}]`).NewRunner()
	out, result := r.Run(nil, &Input{Message: []byte("Nov 22 10:00:00 h a: m"), At: at, Location: time.FixedZone("", -5*3600)})
	if want := "2026-11-22T15:00:00Z"; result.Time.Format(time.RFC3339) != want {
		t.Errorf("%s, %s", result.Time, out)
	}
}

func TestExplainTellsWhatEachStepDid(t *testing.T) {
	steps := `[{"format":{"name":"json","tag":"t","on_failure":[{"set":{"field":"a","value":1}}]}},
		{"set":{"field":"b","value":2,"if":"a == 2"}},{"set":{"field":"a","value":"x"}},{"date":{"field":"a","formats":["UNIX"]}}]`
	p := mustCompile(t, steps)
	in := &Input{Message: []byte("m"), At: at}
	out, result, got := p.NewRunner().Explain(nil, in)
	set := func(path, text string) map[string]json.RawMessage {
		return map[string]json.RawMessage{path: json.RawMessage(text)}
	}
	want := []Trace{
		{Path: "pipeline[0].format", Step: "format", Tag: "t", Error: "not a JSON object", Handled: true},
		{Path: "pipeline[0].format.on_failure[0].set", Step: "set", Set: set("a", "1")},
		{Path: "pipeline[1].set", Step: "set", Skipped: true},
		{Path: "pipeline[2].set", Step: "set", Set: set("a", `"x"`)},
		{Path: "pipeline[3].date", Step: "date", Error: `"x" is in none of the formats`},
	}
	for i := range got {
		if got[i].Took <= 0 {
			t.Errorf("%s took no time", got[i].Path)
		}
		got[i].Took = 0
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	plain, plainResult := p.NewRunner().Run(nil, in)
	if !bytes.Equal(out, plain) || result != plainResult {
		t.Errorf("explained %s, %+v\nrun       %s, %+v", out, result, plain, plainResult)
	}
}

type panics struct{}

func (panics) Run(c *step.Context) error {
	c.Event.Set(event.LogLevel, event.Text("info"))
	panic("out of order")
}

func TestAPanicGoesToTheDeadLettersAndTheRunnerGoesOn(t *testing.T) {
	p := mustCompile(t, `[{"drop":{"if":"message == \"x\""}}]`)
	r := p.NewRunner()
	r.steps = []compiled{{path: "pipeline[0].odd", kind: "odd", do: panics{}}}
	out, result := r.Run([]byte("kept"), &Input{Message: []byte("m"), At: at, App: "shop"})
	want := Result{Outcome: DeadLetter, App: "shop", Time: at, Cause: "pipeline[0].odd: panic: out of order"}
	if result != want || string(out) != "kept" {
		t.Errorf("%+v, %s", result, out)
	}
	r.steps = p.steps
	if out, result = r.Run(nil, &Input{Message: []byte("m"), At: at}); result.Outcome != Index || bytes.Contains(out, []byte("level")) {
		t.Errorf("%+v, %s", result, out)
	}
}

func TestCommonLinesNeedNoMemory(t *testing.T) {
	for _, c := range []struct{ steps, line string }{
		{`[]`, nginxLine},
		{`[{"format":"nginx.access"}]`, nginxLine},
		{`[{"format":"json"}]`, jsonLine},
		{`[{"format":"syslog"}]`, syslogLine},
		{`[{"format":"syslog"}]`, syslog5424Line},
		{`[{"dissect":{"pattern":"%{a} - %{b} [%{when}] %{c}","if":"message contains \"GET\""}},{"date":{"field":"when","formats":["dd/MMM/yyyy:HH:mm:ss Z"]}},{"set":{"field":"x","value":"{{{a}}}"}}]`, nginxLine},
	} {
		r := mustCompile(t, c.steps).NewRunner()
		in := benchInput(c.line)
		var out []byte
		if n := testing.AllocsPerRun(100, func() { out, _ = r.Run(out[:0], in) }); n != 0 {
			t.Errorf("%s: %v allocations a line", c.steps, n)
		}
	}
}

// checkRun checks what holds of any pipeline and line.
func checkRun(t *testing.T, p *Pipeline, line []byte) {
	t.Helper()
	checkRunWith(t, p, line, nil)
}

func checkRunWith(t *testing.T, p *Pipeline, line []byte, data Data) {
	t.Helper()
	r := p.NewRunner().Use(data)
	in := benchInput(string(line))
	for range 2 {
		out, result := r.Run(nil, in)
		switch result.Outcome {
		case DeadLetter:
			t.Fatalf("%s on %q", result.Cause, line)
		case Drop:
			continue
		}
		var doc map[string]any
		if err := json.Unmarshal(out, &doc); err != nil {
			t.Fatalf("%v in %q", err, out)
		}
		if bytes.ContainsAny(out, "\n\r") || !utf8.Valid(out) {
			t.Fatalf("not one line of UTF-8: %q", out)
		}
		if _, err := time.Parse(time.RFC3339Nano, doc["@timestamp"].(string)); err != nil {
			t.Fatal(err)
		}
		service, _ := doc["service"].(map[string]any)
		if service["name"] != result.App {
			t.Fatalf("service.name is %v", service["name"])
		}
		original, _ := doc["event"].(map[string]any)["original"].(string)
		if result.Failed && original != strings.ToValidUTF8(string(line), "\uFFFD") && utf8.Valid(line) {
			t.Fatalf("the line %q is lost: %s", line, out)
		}
		in.ManyPaths = true
		if again, _ := r.Run(nil, in); !bytes.Equal(again, out) {
			t.Fatalf("run %s\nwith many paths %s", out, again)
		}
		in.ManyPaths = false
		explained, explainedResult, _ := p.NewRunner().Use(data).Explain(nil, in)
		if !bytes.Equal(explained, out) || explainedResult != result {
			t.Fatalf("run %s\nexplained %s", out, explained)
		}
	}
}

// FuzzRun runs lines through each format, with steps that touch what it sets.
func FuzzRun(f *testing.F) {
	var pipelines []*Pipeline
	for _, format := range Formats() {
		pipelines = append(pipelines, mustCompile(f, `[{"format":"`+format.Name+`"},
			{"dissect":{"field":"message","pattern":"%{x} %{*k}=%{&k} %{+y} %{+y->} %{z}","ignore_failure":true}},
			{"date":{"field":"x","formats":["ISO8601","UNIX","MMM d HH:mm:ss"],"ignore_failure":true}},
			{"set":{"field":"y.z","value":"{{{x}}}{{{y}}}","if":"x != nil and len(z) > 3"}},
			{"set":{"field":"copy","copy_from":"http","ignore_empty_value":true}},
			{"drop":{"if":"x matches \"^drop\""}}]`))
		f.Add([]byte(format.Example))
	}
	for _, line := range []string{nginxLine, jsonLine, syslogLine, syslog5424Line, "1795371255 tags.x=1 a b c", "x service=1 a b c", "\xff message=\xff a b c"} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		for _, p := range pipelines {
			checkRun(t, p, line)
		}
	})
}

func TestMessagesReadBackAsTheyWere(t *testing.T) {
	for _, line := range []string{"", "plain", "tab\t quote\" back\\slash / é 𝄞 \u2028", "\x00\x01\x1f\x7f", strings.Repeat("long ", 50000)} {
		if doc, _ := run(t, `[{"format":"plain"}]`, line); doc["message"] != line {
			t.Errorf("%.50q became %.50q", line, doc["message"])
		}
	}
}

func TestRunnersOfOnePipelineShareNothingThatChanges(t *testing.T) {
	p := mustCompile(t, `[{"format":"json"},{"set":{"field":"seen","value":"{{{id}}}","if":"len(list) == 2 and id != nil"}}]`)
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			r := p.NewRunner()
			for i := range 500 {
				line := fmt.Sprintf(`{"id":"%d-%d","list":[1,2],"k%d":{"x%d":1}}`, worker, i, worker, i)
				out, _ := r.Run(nil, &Input{Message: []byte(line), At: at})
				if want := fmt.Sprintf(`"seen":"%d-%d"`, worker, i); !bytes.Contains(out, []byte(want)) {
					t.Errorf("no %s in %s", want, out)
				}
			}
		})
	}
	group.Wait()
}

func TestTheLineIsKeptWhenAsked(t *testing.T) {
	r := mustCompile(t, `[{"set":{"field":"message","value":"new"}}]`).NewRunner()
	for keep, want := range map[bool]string{false: `"event":{"created"`, true: `"original":"old"`} {
		out, _ := r.Run(nil, &Input{Message: []byte("old"), At: at, KeepOriginal: keep})
		if !strings.Contains(string(out), want) || strings.Contains(string(out), "original") != keep {
			t.Errorf("keep %v: %s", keep, out)
		}
	}
}
