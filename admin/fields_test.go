package admin_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/millrace/millrace/schemas/hosts"
	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/schemas/stage"
	"github.com/millrace/millrace/schemas/status"
	"github.com/millrace/millrace/schemas/topic"
)

func TestFieldsAreThoseThatEventsHave(t *testing.T) {
	w := start(t, nil)
	w.ready()
	w.load()
	var list struct {
		Fields []struct {
			Name, Type string
			Values     []string
		}
	}
	w.into(w.want(w.do("GET", "/api/v1/fields", ""), 200), &list)
	got := map[string]string{}
	for _, f := range list.Fields {
		if f.Values == nil {
			t.Errorf("%s has null for values", f.Name)
		}
		got[f.Name] = f.Type
	}
	for name, kind := range map[string]string{"@timestamp": "date", "message": "text", "service.name": "keyword"} {
		if got[name] != kind {
			t.Errorf("%s is %q, want %q", name, got[name], kind)
		}
	}
	if _, there := got["user_agent.name"]; there {
		t.Error("a field is told that no event has")
	}
	w.into(w.want(w.do("GET", "/api/v1/fields?app=nothing", ""), 200), &list)
	if len(list.Fields) != 0 {
		t.Errorf("an app without events has fields %+v", list.Fields)
	}
}

func TestCollectionsAreListedWithHowTheyFare(t *testing.T) {
	w := start(t, nil)
	w.ready()
	w.want(w.do("PUT", "/api/v1/collections/shop-access", shop), 201)
	now := time.Now().UTC()
	one, two := revision.Of([]byte("1")), revision.Of([]byte("2"))
	of := func(rev revision.ID, files int) []status.Collection {
		return []status.Collection{{Name: "shop-access", Rev: rev, Files: files}}
	}
	w.setAgent(status.Agent{ID: "1", Host: "web-1", At: now, Collections: of(one, 2)})
	w.setAgent(status.Agent{ID: "2", Host: "web-2", At: now, Collections: of(one, 3)})
	w.setAgent(status.Agent{ID: "3", Host: "web-3", At: now, Collections: of(two, 4)})
	w.setAgent(status.Agent{ID: "4", Host: "web-4", At: now.Add(-time.Hour), Collections: of(two, 100)})
	w.setAgent(status.Agent{ID: "5", Host: "web-5", At: now, Stopping: true, Collections: of(two, 100)})
	var s hosts.State
	s.Add("shop", now, hosts.Counts{Lines: 600, Failures: 100}) // those of other collections among them
	w.set(topic.GroupEnrich, "web-1", hosts.Append(nil, &s))
	at := now
	w.eventually("the list", func() string {
		at = at.Add(time.Second)
		for instance, failed := range map[string]uint64{"a": 5, "b": 2} {
			w.beat(stage.Beat{Name: stage.Enrich, Instance: instance, Started: now, At: at, Failed: []stage.Failed{
				{Collection: "shop-access", Share: stage.Share{Lines: 300, Failed: failed}},
				{Collection: "shop-errors", Share: stage.Share{Lines: 300, Failed: 40}},
			}})
		}
		a := w.want(w.do("GET", "/api/v1/collections", ""), 200)
		var list struct {
			Collections []struct {
				Name                   string
				Hosts, Files, Failures int
				Revisions              map[string]int
				Rate                   float64 `json:"rate_1m"`
			}
		}
		w.into(a, &list)
		c := list.Collections[0]
		if c.Hosts != 3 || c.Files != 9 || c.Failures != 7 || c.Rate < 5 || c.Rate > 10 ||
			fmt.Sprint(c.Revisions) != fmt.Sprint(map[string]int{one.String(): 2, two.String(): 1}) {
			return string(a.body)
		}
		return ""
	})
}
