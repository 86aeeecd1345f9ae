package admin_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/schemas/hosts"
	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/schemas/status"
	"github.com/millrace/millrace/schemas/topic"
)

// set puts a value into a table, as its processor would.
func (w *world) set(group, key string, value []byte) {
	w.t.Helper()
	w.produce(&sarama.ProducerMessage{Topic: topic.TableOf(group), Key: sarama.StringEncoder(key), Value: sarama.ByteEncoder(value)})
}

// produce writes a record.
func (w *world) produce(m *sarama.ProducerMessage) {
	w.t.Helper()
	cfg, err := w.cfg.Kafka.Sarama()
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := sarama.NewSyncProducer(w.cfg.Kafka.Brokers, cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	if _, _, err = p.SendMessage(m); err != nil {
		w.t.Fatal(err)
	}
}

func TestAgentsAreShownAsTheirLastBeatTold(t *testing.T) {
	w := start(t, nil)
	w.ready()
	now := time.Now().UTC().Truncate(time.Millisecond)
	rev := revision.Of([]byte("x"))
	for _, beat := range []status.Agent{
		{
			ID: "1", Host: "web-2", Version: "v1", At: now, Revision: 7, Totals: status.Totals{Files: 3, BytesBehind: 42},
			Collections: []status.Collection{{Name: "shop", Rev: rev, Files: 3}},
		},
		{ID: "2", Host: "web-1", At: now.Add(-time.Minute)},
		{ID: "3", Host: "web-3", At: now.Add(-time.Minute), Stopping: true},
	} {
		b, err := status.Encode(&beat)
		if err != nil {
			t.Fatal(err)
		}
		w.set(topic.GroupFleet, beat.ID, b)
	}
	w.set(topic.GroupFleet, "broken", []byte("{"))
	type agent struct {
		ID, Host, Version, State string
		Revision                 int64
		LastBeat                 time.Time `json:"last_beat"`
		Files                    int
		BytesBehind              int `json:"bytes_behind"`
		Collections              []struct{ Name, Revision string }
	}
	var list struct{ Agents []agent }
	w.eventually("the agents", func() string {
		a := w.want(w.do("GET", "/api/v1/agents", ""), 200)
		list.Agents = nil
		w.into(a, &list)
		if len(list.Agents) != 3 {
			return string(a.body)
		}
		return ""
	})
	var states []string
	for _, a := range list.Agents {
		states = append(states, a.Host+" "+a.State)
	}
	if got := strings.Join(states, ", "); got != "web-1 silent, web-2 running, web-3 stopped" {
		t.Errorf("the agents are %s", got)
	}
	got := list.Agents[1]
	if got.ID != "1" || got.Version != "v1" || got.Revision != 7 || !got.LastBeat.Equal(now) || got.Files != 3 || got.BytesBehind != 42 ||
		len(got.Collections) != 1 || got.Collections[0].Revision != rev.String() {
		t.Errorf("the agent is %+v", got)
	}
}

func TestHostsAreShownWithTheirRates(t *testing.T) {
	w := start(t, nil)
	w.ready()
	now := time.Now().UTC().Truncate(time.Millisecond)
	var s hosts.State
	s.Add("shop", now, hosts.Counts{Lines: 600, Bytes: 6000, Errors: 2, Failures: 1})
	w.set(topic.GroupEnrich, "web-1", hosts.Append(nil, &s))
	var list struct {
		Hosts []struct {
			Host     string
			LastSeen time.Time `json:"last_seen"`
			Apps     map[string]map[string]float64
		}
	}
	w.eventually("the hosts", func() string {
		a := w.want(w.do("GET", "/api/v1/hosts", ""), 200)
		w.into(a, &list)
		if len(list.Hosts) != 1 {
			return string(a.body)
		}
		return ""
	})
	h := list.Hosts[0]
	app := h.Apps["shop"]
	if h.Host != "web-1" || !h.LastSeen.Equal(now) || app["lines"] != 600 || app["bytes"] != 6000 || app["errors"] != 2 || app["failures"] != 1 {
		t.Errorf("the host is %+v", h)
	}
	// 600 lines at once are 10 a second over a minute, fading since.
	for of, times := range map[string]float64{"bytes_": 10, "errors_": 2.0 / 600, "failures_": 1.0 / 600} {
		for _, over := range []string{"1m", "5m", "15m"} {
			if got, want := app[of+"rate_"+over], times*app["rate_"+over]; math.Abs(got-want) > 1e-4*want {
				t.Errorf("%srate_%s is %g, want %g", of, over, got, want)
			}
		}
	}
	if r := app["rate_1m"]; r <= 5 || r > 10 || app["rate_5m"] > r || app["rate_15m"] > app["rate_5m"] {
		t.Errorf("the rates are %v", app)
	}
}

func TestAMissingPageIsAProblem(t *testing.T) {
	w := start(t, nil)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/api/v1/nothing", 404}, {"GET", "/nothing", 404}, {"DELETE", "/api/v1/agents", 405}, {"POST", "/", 405},
	} {
		w.problems(w.want(w.do(c.method, c.path, ""), c.status))
	}
	// A person gets the page, which knows best that it is none of its own.
	const browser = "text/html,application/xhtml+xml,*/*;q=0.8"
	for _, path := range []string{"/nothing", "/fleet/a/b", "/nothing/"} {
		a := w.want(w.do("GET", path, "", "Accept", browser), 404)
		if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.Contains(string(a.body), "Millrace") {
			t.Errorf("a browser gets at %s: %s", path, a.body)
		}
	}
	w.problems(w.want(w.do("GET", "/api/v1/nothing", "", "Accept", browser), 404))
	w.problems(w.want(w.do("GET", "/collections/", "", "Accept", "application/json"), 404))
	// A slash too many leads where it was meant to.
	a := w.want(w.do("GET", "/collections/?x=1", "", "Accept", browser), 200)
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		t.Errorf("a slash too many leads to %s", a.body)
	}
	if a := w.want(w.do("GET", "/", ""), 200); !strings.Contains(string(a.body), "Millrace") {
		t.Error("the page does not say what this is")
	}
	w.do("GET", "/api/v1/agents?x=1", "")
	a = w.want(w.do("GET", "/metrics", ""), 200)
	if want := fmt.Sprintf("millrace_admin_requests_total{code=%q,method=\"other\",route=\"other\"}", "404"); !strings.Contains(string(a.body), want) {
		t.Errorf("no %s in the metrics", want)
	}
}
