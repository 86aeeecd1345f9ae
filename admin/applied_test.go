package admin_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/schemas/status"
)

func TestAnAgentTellsWhetherItsCollectionsAreApplied(t *testing.T) {
	w := start(t, nil)
	w.ready()
	revs := map[string]revision.ID{}
	for name, hosts := range map[string]string{"now": "web-*", "older": "web-*", "waiting": "web-1", "others": "db-*"} {
		config := fmt.Sprintf(`{"app":"shop","paths":["/var/log/%s.log"],"select":{"hosts":[%q]}}`, name, hosts)
		a := w.want(w.do("PUT", "/api/v1/collections/"+name, config), 201)
		rev, err := revision.Parse(strings.Trim(a.header.Get("ETag"), `"`))
		if err != nil {
			t.Fatal(err)
		}
		revs[name] = rev
	}
	w.setAgent(status.Agent{ID: "1", Host: "web-1", At: time.Now(), Stopping: true, Revision: 3, Collections: []status.Collection{
		{Name: "now", Rev: revs["now"]}, {Name: "older", Rev: revision.Of([]byte("older"))}, {Name: "bad", Error: "its config cannot be read"},
	}})
	var got struct {
		Agent struct {
			Collections []struct{ Name, State, Newest, Error string }
		}
	}
	w.eventually("the agent", func() string {
		a := w.do("GET", "/api/v1/agents/1", "")
		if a.status != 200 {
			return string(a.body)
		}
		w.into(a, &got)
		return ""
	})
	var told []string
	for _, c := range got.Agent.Collections {
		told = append(told, c.Name+" is "+c.State)
		if (c.State == "applied") != (c.Error == "") || (c.Newest != "") != (c.State == "older" || c.State == "waiting") {
			t.Errorf("%+v", c)
		}
		if c.Newest != "" && c.Newest != revs[c.Name].String() {
			t.Errorf("%+v", c)
		}
	}
	if text := strings.Join(told, ", "); text != "bad is refused, now is applied, older is older, waiting is waiting" {
		t.Error(text)
	}
}
