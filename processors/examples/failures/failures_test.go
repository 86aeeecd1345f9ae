package failures_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/examples/failures"
	"github.com/millrace/millrace/processors/tester"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// responses are n events of one minute after noon.
func responses(n, status, minute int) []string {
	at := noon.Add(time.Duration(minute)*time.Minute + 30*time.Second)
	one := fmt.Sprintf(`{"@timestamp":%q,"http":{"response":{"status_code":%d}}}`, at.Format(time.RFC3339Nano), status)
	return slices.Repeat([]string{one}, n)
}

func alerts(t *testing.T, out processors.Outcome) (all []failures.Alert) {
	t.Helper()
	for _, m := range out.Emits {
		var a failures.Alert
		if err := json.Unmarshal(m.Value, &a); err != nil || m.Topic != "alerts" || m.Key != a.App+"/"+a.Host {
			t.Fatalf("%+v: %v", m, err)
		}
		a.Batch = ""
		all = append(all, a)
	}
	return all
}

func TestAMinuteWithTooManyFailuresIsToldOnce(t *testing.T) {
	p := tester.New(failures.Processor, map[string]string{"share": "0.1", "responses": "10"})
	feed := func(parts ...[]string) []failures.Alert {
		return alerts(t, p.Events("shop", "web-1", slices.Concat(parts...)...))
	}
	if got := feed(responses(9, 200, 0), responses(1, 500, 0)); got != nil {
		t.Errorf("a share of 0.1 is not above 0.1: %+v", got)
	}
	raised := feed(responses(1, 503, 0), responses(8, 200, 0))
	want := []failures.Alert{{App: "shop", Host: "web-1", Minute: failures.Minute{Start: noon, Responses: 11, Failed: 2, Told: true}}}
	if diff := cmp.Diff(want, raised); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(raised, alerts(t, p.Again())); diff != "" {
		t.Errorf("delivered again: %s", diff)
	}
	if got := feed(responses(5, 500, 0)); got != nil {
		t.Errorf("told twice in a minute: %+v", got)
	}
	if got := feed(responses(9, 500, 1), responses(1, 500, 0)); got != nil {
		t.Errorf("told of few responses, or of late ones: %+v", got)
	}
	if got := feed(responses(1, 500, 1)); len(got) != 1 || got[0].Failed != 10 {
		t.Errorf("the next minute: %+v", got)
	}
}

func TestAnAppWithoutResponsesHasNoPlaceInTheTable(t *testing.T) {
	p := tester.New(failures.Processor, nil)
	p.Events("syslog", "web-1", `{"@timestamp":"2026-11-22T12:00:00Z","message":"no response"}`)
	if apps := tester.Counted[map[string]failures.App](p, "web-1"); len(apps) != 0 {
		t.Errorf("%+v", apps)
	}
}
