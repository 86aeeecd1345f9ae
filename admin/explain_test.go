package admin_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/schemas/status"
)

func TestAnAgentIsAskedWhyAPathIsNotCollected(t *testing.T) {
	w := start(t, nil)
	w.ready()
	const id, old, silent, stopped = "host-1", "host-2", "host-3", "host-4"
	now := time.Now().UTC()
	for _, agent := range []string{id, old, silent} {
		w.setAgent(status.Agent{ID: agent, Host: agent, Version: "v0.0.9", At: now.Add(time.Hour), LastError: "no room on disk"}) // it does not fall silent during the test
	}
	w.setAgent(status.Agent{ID: stopped, Host: stopped, At: now, Stopping: true})
	explain := func(agent, path, more string) answer {
		return w.do("GET", "/api/v1/agents/"+agent+"/explain?path="+url.QueryEscape(path)+more, "")
	}
	w.eventually("the agents", func() string {
		for _, agent := range []string{id, old, silent, stopped} {
			if a := w.do("GET", "/api/v1/agents/"+agent, ""); a.status != 200 {
				return string(a.body)
			}
		}
		return ""
	})
	w.answerWith(id, func(name string, r status.Request) ([][]byte, error) {
		part, err := status.EncodeExplanation(id, name, &status.Explanation{
			Path: r.Explain, Verdict: status.NoLine, Text: "it holds no complete line yet", Collection: r.Collection, Glob: "/var/log/*.log", Revision: 7, At: now,
			Source: &status.Source{ID: "00", Path: r.Explain, Size: 10, Behind: 10},
		})
		return [][]byte{part}, err
	})
	w.answerAs(old, nil)
	var got struct {
		Path, Verdict, Text, Collection, Glob string
		Revision                              int
		Source                                *struct{ Size, Behind int }
	}
	const path = "/var/log/a b&c.log"
	a := w.want(explain(id, path, "&collection=shop"), 200)
	w.into(a, &got)
	var doc document
	w.into(w.want(w.do("GET", "/api/v1/openapi.json", ""), 200), &doc)
	var body any
	w.into(a, &body)
	described := doc.Paths["/api/v1/agents/{id}/explain"]["get"].Responses["200"].Content["application/json"].Schema
	for _, wrong := range doc.check(described, body, "") {
		t.Error(wrong)
	}
	if got.Path != path || got.Verdict != "no_line" || got.Text == "" || got.Collection != "shop" || got.Glob != "/var/log/*.log" || got.Revision != 7 || got.Source == nil || got.Source.Behind != 10 {
		t.Errorf("%+v", got)
	}
	for _, c := range []struct {
		name, agent, path string
		status            int
		detail            string
	}{
		{"an agent that nobody knows", "nobody", path, 404, "there is no agent nobody"},
		{"a path that is not absolute", id, "a.log", 422, "must begin with / or input://"},
		{"no path", id, "", 422, ""},
		{"an agent of an older version", old, path, 501, "too old to explain: it has version v0.0.9"},
		{"an agent that does not answer", silent, path, 504, "its last trouble: no room on disk"},
		{"an agent that has stopped", stopped, path, 504, "it is stopped"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := w.want(explain(c.agent, c.path, ""), c.status)
			if !strings.Contains(string(a.body), c.detail) {
				t.Errorf("%s lacks %q", a.body, c.detail)
			}
		})
	}
}
