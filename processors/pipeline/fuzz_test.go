package pipeline

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// pieces are what random pipelines are made of. FIELD stands for one of fuzzFields, OTHER for the next of them. All of them
// compile, alone and together: none that may change over time decides an event's fate.
var pieces = []string{
	`{"append":{"field":"FIELD","value":["a","{{{OTHER}}}"],"allow_duplicates":falseCOMMON}}`,
	`{"community_id":{"ignore_missing":trueCOMMON}}`,
	`{"convert":{"field":"FIELD","type":"integer"COMMON}}`,
	`{"convert":{"field":"FIELD","type":"auto","target_field":"OTHER"COMMON}}`,
	`{"convert":{"field":"FIELD","type":"ip"COMMON}}`,
	`{"csv":{"field":"FIELD","target_fields":["a","b.c","OTHER"],"separator":";","trim":trueCOMMON}}`,
	`{"date":{"field":"FIELD","formats":["ISO8601","UNIX","UNIX_MS","dd/MMM/yyyy:HH:mm:ss Z","MMM d HH:mm:ss"]COMMON}}`,
	`{"dissect":{"field":"FIELD","pattern":"%{a} %{b->} [%{+a}] %{*k}=%{&k} %{d}"COMMON}}`,
	`{"drop":{"if":"FIELD matches \"^drop\""}}`,
	`{"fingerprint":{"fields":["FIELD","OTHER"],"ignore_missing":trueCOMMON}}`,
	`{"foreach":{"field":"FIELD","processor":{"uppercase":{"field":"_ingest._value"}}COMMON}}`,
	`{"foreach":{"field":"FIELD","processor":{"append":{"field":"seen","value":"{{{_ingest._value}}}"}}COMMON}}`,
	`{"format":"auto"}`, `{"format":"json"}`, `{"format":"nginx.access"}`, `{"format":"syslog"}`, `{"format":"logfmt"}`,
	`{"grok":{"field":"FIELD","patterns":["%{IPORHOST:source.address} %{WORD:a} %{NUMBER:took:float}","^%{TIMESTAMP_ISO8601:when} %{GREEDYDATA:OTHER}"]COMMON}}`,
	`{"gsub":{"field":"FIELD","pattern":"[0-9]+","replacement":"<$0>","target_field":"OTHER"COMMON}}`,
	`{"join":{"field":"FIELD","separator":"; "COMMON}}`,
	`{"json":{"field":"FIELD","target_field":"payload"COMMON}}`,
	`{"json":{"field":"FIELD","add_to_root":trueCOMMON}}`,
	`{"kv":{"field":"FIELD","field_split":"[ &]+","value_split":"=","strip_brackets":trueCOMMON}}`,
	`{"kv":{"field":"FIELD","field_split":" ","value_split":":","target_field":"args","trim_key":"<>"COMMON}}`,
	`{"logfmt":{"field":"FIELD","target_field":"app"COMMON}}`,
	`{"lookup":{"field":"FIELD","match":"cidr","values":{"10.0.0.0/8":{"team":"core"}},"target_field":"labels"COMMON}}`,
	`{"lowercase":{"field":"FIELD"COMMON}}`,
	`{"network_direction":{"internal_networks":["private"],"ignore_missing":trueCOMMON}}`,
	`{"redact":{"field":"FIELD","patterns":["%{EMAILADDRESS:EMAIL}","%{IP:CLIENT}"]COMMON}}`,
	`{"regex":{"field":"FIELD","pattern":"(?<a>[a-z]+)=(?<labels.took>[0-9]+)"COMMON}}`,
	`{"remove":{"field":["FIELD","a"],"ignore_missing":trueCOMMON}}`,
	`{"rename":{"field":"FIELD","target_field":"OTHER"COMMON}}`,
	`{"sample":{"rate":0.5,"field":"FIELD"COMMON}}`,
	`{"set":{"field":"FIELD","value":"<{{{OTHER}}}>"COMMON}}`,
	`{"set":{"field":"FIELD","copy_from":"OTHER"COMMON}}`,
	`{"set":{"field":"FIELD","value":{"n":1.5,"l":[1,"x",{"y":null}]}COMMON}}`,
	`{"split":{"field":"FIELD","separator":"[,;]\\s*"COMMON}}`,
	`{"trim":{"field":"FIELD"COMMON}}`,
	`{"uppercase":{"field":"FIELD","target_field":"OTHER"COMMON}}`,
	`{"uri_parts":{"field":"FIELD","target_field":"link"COMMON}}`,
	`{"urldecode":{"field":"FIELD"COMMON}}`,
	`{"user_agent":{"field":"FIELD"COMMON}}`,
	`{"geoip":{"field":"FIELD","target_field":"source.geo"COMMON}}`, // last: nothing behind it may depend on it
}

var (
	fuzzFields = []string{"message", "a", "b.c", "labels.x", "source.ip", "args.k", "url.original", "http.request"}
	fuzzCommon = []string{
		``, ``, `,"ignore_failure":true`, `,"tag":"t"`, `,"if":"FIELD != nil && len(string(OTHER)) > 2"`, `,"on_failure":[]`,
		`,"on_failure":[{"set":{"field":"why","value":"{{{_ingest.on_failure_message}}}"}}]`,
		`,"on_failure":[{"rename":{"field":"FIELD","target_field":"z"}}],"if":"a == nil"`,
	}
)

// randomPipeline reads a pipeline from bytes: three make a step.
func randomPipeline(program []byte) string {
	const most = 8
	var steps []string
	for i := 0; i+2 < len(program) && len(steps) < most; i += 3 {
		at := int(program[i+1]) % len(fuzzFields)
		text := strings.ReplaceAll(pieces[int(program[i])%(len(pieces)-1)], "COMMON", fuzzCommon[int(program[i+2])%len(fuzzCommon)])
		text = strings.ReplaceAll(text, "FIELD", fuzzFields[at])
		steps = append(steps, strings.ReplaceAll(text, "OTHER", fuzzFields[(at+1)%len(fuzzFields)]))
	}
	geo := strings.ReplaceAll(strings.ReplaceAll(pieces[len(pieces)-1], "COMMON", ""), "FIELD", "source.ip")
	return "[" + strings.Join(append(steps, geo), ",") + "]"
}

// FuzzPipelines runs random lines through random pipelines. None may panic, give what is no document, lose the line, or do
// something else the second time or when it is explained.
func FuzzPipelines(f *testing.F) {
	for i := range pieces {
		for j, line := range []string{nginxLine, jsonLine, "a=1 b=<2> c:d", "203.0.113.9;x; y ;\"q\"\"\"", `["a", 1, null]`} {
			f.Add([]byte{byte(i), byte(j), byte(i + j), byte(i + 7), 0, 0, byte(i + 3), 1, 2}, []byte(line))
		}
	}
	data := newTestData(f)
	f.Fuzz(func(t *testing.T, program, line []byte) {
		steps := randomPipeline(program)
		p, problems := Compile(json.RawMessage(steps), "p")
		if len(problems) > 0 {
			t.Fatalf("%v in %s", problems, steps)
		}
		checkRunWith(t, p, line, data)
		in := benchInput(string(line))
		in.KeepOriginal = true
		out, result := p.NewRunner().Use(data).Run(nil, in)
		if result.Outcome == Index && len(line) < cutMessage && !keeps(out, line) {
			t.Fatalf("the line %q is lost by %s: %s", line, steps, out)
		}
	})
}

// keeps reports whether a document has the line as event.original.
func keeps(document, line []byte) bool {
	var doc struct {
		Event struct {
			Original *string `json:"original"`
		} `json:"event"`
	}
	if err := json.Unmarshal(document, &doc); err != nil || doc.Event.Original == nil {
		return false
	}
	return !utf8.Valid(line) || *doc.Event.Original == string(line)
}

// FuzzCSV writes values as the standard library does, and reads them back.
func FuzzCSV(f *testing.F) {
	p := mustCompile(f, `[{"csv":{"field":"message","target_fields":["v0","v1","v2"]}},{"remove":{"field":"message"}}]`)
	f.Add("a", "b", "c")
	f.Add(`"`, "", `x,"y" z`)
	f.Fuzz(func(t *testing.T, a, b, c string) {
		values := []string{a, b, c}
		var line bytes.Buffer
		w := csv.NewWriter(&line)
		if err := w.Write(values); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		checkRun(t, p, []byte(strings.Join(values, ","))) // as it is, it may be no CSV at all
		checkValues(t, p, bytes.TrimSuffix(line.Bytes(), []byte("\n")), values)
	})
}

// FuzzKV writes pairs, and reads them back.
func FuzzKV(f *testing.F) {
	p := mustCompile(f, `[{"kv":{"field":"message","field_split":"&","value_split":"="}},{"remove":{"field":"message"}}]`)
	f.Add("a", "b", "c")
	f.Add("x=y", "", "[1]")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		checkRun(t, p, []byte(a+"&"+b+"="+c))
		values := []string{a, b, c}
		for i, v := range values {
			values[i] = strings.ReplaceAll(v, "&", "")
		}
		checkValues(t, p, fmt.Appendf(nil, "v0=%s&v1=%s&v2=%s", values[0], values[1], values[2]), values)
	})
}

// checkValues checks that a line gives the values as the fields v0, v1, …
func checkValues(t *testing.T, p *Pipeline, line []byte, values []string) {
	t.Helper()
	if !utf8.Valid(line) || len(line) > cutMessage {
		return
	}
	out, result := p.NewRunner().Run(nil, benchInput(string(line)))
	var doc map[string]any
	if err := json.Unmarshal(out, &doc); err != nil || result.Failed {
		t.Fatalf("%q: %v, %+v", line, err, result)
	}
	for i, want := range values {
		if got, _ := doc[fmt.Sprint("v", i)].(string); got != want {
			t.Fatalf("%q: v%d is %q, want %q", line, i, got, want)
		}
	}
}
