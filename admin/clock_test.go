package admin_test

import (
	"testing"
	"time"

	"github.com/millrace/millrace/schemas/status"
)

// Hosts have clocks that are wrong; whether their agents run is another matter.
func TestAnAgentIsSilentByWhenItWasHeardAndNotByItsClock(t *testing.T) {
	w := start(t, nil)
	now := time.Now()
	w.setAgent(status.Agent{ID: "1", Host: "slow", At: now.Add(-time.Hour), Heard: now.Add(time.Minute)}) // not silent while the test runs
	w.setAgent(status.Agent{ID: "2", Host: "fast", At: now.Add(time.Hour), Heard: now.Add(-time.Hour)})
	w.setAgent(status.Agent{ID: "3", Host: "untold", At: now.Add(-time.Hour)})
	want := map[string]string{"slow": "running", "fast": "silent", "untold": "silent"}
	w.eventually("agents", func() string {
		var got struct {
			Agents []struct{ Host, State string }
		}
		a := w.do("GET", "/api/v1/agents", "")
		if a.status != 200 {
			return string(a.body)
		}
		w.into(a, &got)
		for _, one := range got.Agents {
			if one.State != want[one.Host] {
				t.Errorf("%s is %s", one.Host, one.State)
			}
		}
		if len(got.Agents) != len(want) {
			return string(a.body)
		}
		return ""
	})
}
