package admin_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/millrace/millrace/schemas/status"
)

// What an agent tells of its inputs and of what its process takes is passed on as it is,
// and as the OpenAPI document says.
func TestAnAgentsInputsAndItsUsageAreShown(t *testing.T) {
	w := start(t, nil)
	w.ready()
	inputs := []status.Input{
		{Name: "net", Kind: "syslog", Collections: []string{"shop"}, Listening: []string{"tcp://127.0.0.1:514"}, Received: 7, ReceivedBytes: 70, Connections: 1, SpoolBytes: 30, SpoolLimit: 100},
		{Name: "web", Kind: "http", Received: 1, Dropped: 2, Cut: 3, Refused: 4, SpoolLimit: 100, LastError: "address in use"},
	}
	usage := status.Usage{MemoryBytes: 30 << 20, MemoryLimit: 96 << 20, CPUMillis: 1200, CPULimit: 0.2, DelayedMillis: 40}
	w.setAgent(status.Agent{ID: "1", Host: "web-1", At: time.Now(), Stopping: true, Inputs: inputs, Usage: &usage})
	type agent struct {
		Inputs []status.Input
		Usage  status.Usage
	}
	want := agent{inputs, usage}
	w.eventually("the agent", func() string {
		var got struct{ Agent agent }
		a := w.do("GET", "/api/v1/agents/1", "")
		if a.status != 200 {
			return string(a.body)
		}
		w.into(a, &got)
		if diff := cmp.Diff(want, got.Agent); diff != "" {
			return diff
		}
		return ""
	})
	var doc document
	w.into(w.want(w.do("GET", "/api/v1/openapi.json", ""), 200), &doc)
	var body any
	w.into(w.do("GET", "/api/v1/agents/1", ""), &body)
	for _, wrong := range doc.check(doc.Paths["/api/v1/agents/{id}"]["get"].Responses["200"].Content["application/json"].Schema, body, "") {
		t.Error(wrong)
	}
}
