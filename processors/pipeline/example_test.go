package pipeline_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/millrace/millrace/processors/pipeline"
)

func ExampleRunner_Run() {
	p, problems := pipeline.Compile(json.RawMessage(`[
		{"dissect": {"pattern": "%{log.level} %{url.path} took %{took}"}},
		{"drop": {"if": "url.path == \"/healthz\""}}
	]`), "pipeline")
	if len(problems) > 0 {
		fmt.Println(problems)
		return
	}
	r := p.NewRunner()
	at := time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC)
	for _, line := range []string{"INFO /cart took 12ms", "INFO /healthz took 0ms", "odd"} {
		doc, result := r.Run(nil, &pipeline.Input{Message: []byte(line), At: at, App: "shop", Host: "web-1"})
		fmt.Printf("%s, level %q, cause %q\n", result.Outcome, result.Level, result.Cause)
		fmt.Println(string(doc))
	}
	// Output:
	// index, level "info", cause ""
	// {"@timestamp":"2026-11-22T19:00:00.000Z","message":"INFO /cart took 12ms","took":"12ms","url":{"path":"/cart"},"log":{"level":"info","offset":0},"event":{"created":"2026-11-22T19:00:00.000Z"},"host":{"name":"web-1"},"agent":{"type":"millrace"},"ecs":{"version":"8.17.0"},"service":{"name":"shop"}}
	// drop, level "", cause "pipeline[1].drop"
	//
	// index, level "", cause "pipeline[0].dissect: the field does not have the pattern's parts"
	// {"@timestamp":"2026-11-22T19:00:00.000Z","message":"odd","error":{"message":"pipeline[0].dissect: the field does not have the pattern's parts"},"tags":["_dissect_failure"],"log":{"offset":0},"event":{"original":"odd","created":"2026-11-22T19:00:00.000Z"},"host":{"name":"web-1"},"agent":{"type":"millrace"},"ecs":{"version":"8.17.0"},"service":{"name":"shop"}}
}

func ExampleCompile() {
	_, problems := pipeline.Compile(json.RawMessage(`[{"format": "nginx.acess"}, {"drop": {"if": "status >"}}]`), "pipeline")
	for _, problem := range problems {
		fmt.Println(problem)
	}
	// Output:
	// pipeline[0].format.name: unknown format "nginx.acess"; did you mean "nginx.access"?
	// pipeline[1].drop.if: unexpected token EOF (column 8)
}
