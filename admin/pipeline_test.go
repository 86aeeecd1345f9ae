package admin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/IBM/sarama"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/stage"
	"github.com/millrace/millrace/schemas/status"
	"github.com/millrace/millrace/schemas/topic"
)

// beat writes a stage's beat.
func (w *world) beat(b stage.Beat) {
	w.t.Helper()
	text, err := stage.Encode(&b)
	if err != nil {
		w.t.Fatal(err)
	}
	w.produce(&sarama.ProducerMessage{Topic: topic.Stages, Key: sarama.StringEncoder(b.Key()), Value: sarama.ByteEncoder(text)})
}

// setAgent puts an agent's beat into the fleet table.
func (w *world) setAgent(b status.Agent) {
	w.t.Helper()
	text, err := status.Encode(&b)
	if err != nil {
		w.t.Fatal(err)
	}
	w.set(topic.GroupFleet, b.ID, text)
}

type stageJSON struct {
	Name         string
	Instances    int
	In, Out      int
	Dropped      map[string]int
	DeadLettered map[string]int `json:"dead_lettered"`
	RateIn       float64        `json:"rate_in"`
	RateOut      float64        `json:"rate_out"`
	Measuring    bool           `json:"measuring"`
	LagRecords   int            `json:"lag_records"`
	LagSeconds   float64        `json:"lag_seconds"`
	LastError    string         `json:"last_error"`
}

func (w *world) stages() map[string]stageJSON {
	w.t.Helper()
	var p struct{ Stages []stageJSON }
	w.into(w.want(w.do("GET", "/api/v1/pipeline", ""), 200), &p)
	all := map[string]stageJSON{}
	for _, s := range p.Stages {
		if s.Dropped == nil || s.DeadLettered == nil {
			w.t.Errorf("%s has null for a map", s.Name)
		}
		all[s.Name] = s
	}
	return all
}

func TestThePipelineAddsUpWhatItsInstancesTell(t *testing.T) {
	w := start(t, nil)
	w.ready()
	at := time.Now().UTC()
	send := func(instance string, after time.Duration, in uint64) {
		w.beat(stage.Beat{
			Name: stage.Enrich, Instance: instance, Started: at, At: at.Add(after), In: in, Out: in - 1,
			Dropped: map[string]uint64{"pipeline": 1}, LastError: "trouble of " + instance, LastErrorAt: &at,
		})
	}
	w.eventually("the first beats", func() string { // until somebody reads the topic, they are not news
		send("a", 0, 1000)
		send("b", 0, 100)
		if s := w.stages()["enrich"]; s.Instances != 2 {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	send("a", 10*time.Second, 3000)
	send("b", 10*time.Second, 200)
	w.eventually("the rates", func() string {
		s := w.stages()["enrich"]
		if s.In != 3200 || s.Out != 3198 || s.RateIn < 209 || s.RateIn > 211 || s.RateOut < 209 || s.Measuring || s.Dropped["pipeline"] != 2 || s.LastError == "" {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	w.beat(stage.Beat{Name: stage.Enrich, Instance: "b", At: at.Add(11 * time.Second), Stopping: true})
	w.eventually("the end of an instance", func() string {
		if s := w.stages()["enrich"]; s.Instances != 1 || s.In != 3000 || s.RateIn < 199 || s.RateIn > 201 {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	send("a", 12*time.Second, 50) // counts anew, whatever that means
	w.eventually("the reset", func() string {
		s := w.stages()["enrich"]
		if s.RateIn < 0 || s.RateOut < 0 {
			t.Errorf("a negative rate: %+v", s)
		}
		if s.In != 50 {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
}

func TestThePipelineKnowsWhatNobodyHasReadYet(t *testing.T) {
	w := start(t, nil)
	w.ready()
	w.want(w.do("PUT", "/api/v1/collections/shop-access", shop), 201)
	for i := range 5 {
		w.produce(&sarama.ProducerMessage{Topic: topic.Raw, Key: sarama.StringEncoder(fmt.Sprint(i)), Value: sarama.StringEncoder("x")})
	}
	w.writeEvents("shop", "web-1", `{"message":"x"}`)
	w.eventually("the lags", func() string {
		s := w.stages()
		if s["enrich"].LagRecords != 5 || s["indexer"].LagRecords != 1 {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	w.consume(topic.GroupEnrich, topic.Raw, 5)
	w.eventually("the lag after a commit", func() string {
		if s := w.stages()["enrich"]; s.LagRecords != 0 {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
}

func TestExtraProcessorsAreStages(t *testing.T) {
	w := start(t, nil)
	w.ready()
	w.want(w.do("PUT", "/api/v1/collections/shop-access", shop), 201)
	w.writeEvents("shop", "web-1", `{"message":"x"}`)
	w.consume("clients", topic.Logs("shop"), 1)
	w.writeEvents("shop", "web-1", `{"message":"y"}`)
	w.eventually("the extra processor", func() string {
		w.beat(stage.Beat{Name: "clients", Instance: "a", At: time.Now().UTC(), In: 1, Out: 1, DelaySeconds: 3})
		s := w.stages()["clients"]
		if s.Instances != 1 || s.In != 1 || s.LagRecords != 1 || s.LagSeconds < 3 {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	w.beat(stage.Beat{Name: "clients", Instance: "a", At: time.Now().UTC(), Stopping: true})
	w.eventually("its end", func() string {
		if s, there := w.stages()["clients"]; there {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
}

// consume reads so many records as a consumer group and commits them.
func (w *world) consume(group, name string, records int) {
	w.t.Helper()
	cfg, err := w.cfg.Kafka.Sarama()
	if err != nil {
		w.t.Fatal(err)
	}
	g, err := sarama.NewConsumerGroup(w.cfg.Kafka.Brokers, group, cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	errs := make(chan struct{})
	go func() { // ends when the group is closed
		defer close(errs)
		for range g.Errors() {
		}
	}()
	left := &remaining{cancel: cancel}
	left.n.Store(int32(records))
	if err := g.Consume(ctx, []string{name}, left); err != nil || left.n.Load() > 0 {
		w.t.Fatalf("%d records are left: %v", left.n.Load(), err)
	}
	if err := g.Close(); err != nil {
		w.t.Fatal(err)
	}
	<-errs
}

// remaining is a consumer that ends after some records.
type remaining struct {
	n      atomic.Int32
	cancel func()
}

func (*remaining) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (*remaining) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (r *remaining) ConsumeClaim(s sarama.ConsumerGroupSession, c sarama.ConsumerGroupClaim) error {
	for m := range c.Messages() {
		s.MarkMessage(m, "")
		if r.n.Add(-1) == 0 {
			r.cancel()
		}
	}
	return nil
}

func TestAgentsAreAStage(t *testing.T) {
	w := start(t, nil)
	w.ready()
	now := time.Now().UTC()
	beat := status.Agent{ID: "1", Nonce: 1, Host: "web-1", At: now.Add(-5 * time.Second), Totals: status.Totals{LinesShipped: 100, RecordsInAir: 3, UnackedOldest: 1500}}
	w.setAgent(beat)
	w.setAgent(status.Agent{ID: "2", Host: "web-2", At: now.Add(-time.Hour), Totals: status.Totals{LinesShipped: 999}})
	w.eventually("the agent", func() string {
		s := w.stages()["agent"]
		if s.Instances != 1 || s.In != 100 || s.Out != 100 || s.RateIn != 0 || !s.Measuring || s.LagRecords != 3 || s.LagSeconds != 1.5 {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	beat.At, beat.Totals.LinesShipped = now, 600
	w.setAgent(beat)
	w.eventually("its rate", func() string {
		if s := w.stages()["agent"]; s.RateIn < 99 || s.RateIn > 101 || s.Measuring {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
	beat.Nonce, beat.At, beat.Totals.LinesShipped = 2, now.Add(time.Second), 1
	w.setAgent(beat)
	w.eventually("its restart", func() string {
		s := w.stages()["agent"]
		if s.RateIn < 0 {
			t.Errorf("a negative rate: %+v", s)
		}
		if s.In != 1 {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
}

type agentJSON struct {
	Agent    struct{ ID, State string }
	Complete bool
	Sources  []struct {
		ID, Path, Error string
		Size, Offset    int
		Rate            float64
		LastRead        *time.Time `json:"last_read"`
	}
}

// answerAs does what an agent does with requests, until the test ends.
func (w *world) answerAs(agent string, sources []status.Source) {
	w.t.Helper()
	w.answerWith(agent, func(name string, _ status.Request) ([][]byte, error) {
		return status.EncodeListing(agent, name, sources)
	})
}

func (w *world) answerWith(agent string, answer func(name string, r status.Request) ([][]byte, error)) {
	w.t.Helper()
	client, err := etcd.Dial(w.t.Context(), w.servers.AgentEtcd(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	watched := client.Watch(ctx, collect.RequestsOf(agent), clientv3.WithPrefix(), clientv3.WithCreatedNotify())
	if r := <-watched; r.Err() != nil {
		w.t.Fatal(r.Err())
	}
	go func() { // ends with ctx
		defer close(done)
		for r := range watched {
			for _, e := range r.Events {
				if e.Type != clientv3.EventTypePut {
					continue
				}
				request, err := status.DecodeRequest(e.Kv.Value)
				if err != nil {
					w.t.Error(err)
				}
				parts, err := answer(string(e.Kv.Key[len(collect.RequestsOf(agent)):]), request)
				if err != nil {
					w.t.Error(err)
				}
				for _, p := range parts {
					w.produce(&sarama.ProducerMessage{Topic: topic.AgentSources, Key: sarama.StringEncoder(agent), Value: sarama.ByteEncoder(p)})
				}
			}
		}
	}()
	w.t.Cleanup(func() { cancel(); <-done; _ = client.Close() })
}

func TestAnAgentIsAskedForAllOfItsFiles(t *testing.T) {
	w := start(t, nil)
	w.ready()
	const id = "host/1 with blanks"
	now := time.Now().UTC()
	w.setAgent(status.Agent{ID: id, Host: "web-1", At: now, Sources: []status.Source{{ID: "worst", Path: "/var/log/worst.log"}}})
	path := "/api/v1/agents/host%2F1%20with%20blanks"
	var got agentJSON
	w.eventually("the agent", func() string {
		a := w.do("GET", path, "")
		if a.status != 200 {
			return string(a.body)
		}
		w.into(a, &got)
		return ""
	})
	if got.Agent.ID != id || got.Agent.State != "running" || got.Complete || len(got.Sources) != 1 || got.Sources[0].ID != "worst" {
		t.Errorf("without an answer: %+v", got)
	}
	sources := make([]status.Source, 3000) // several parts
	for i := range sources {
		sources[i] = status.Source{ID: fmt.Sprint(i), Path: fmt.Sprintf("/var/log/an/app/with/a/long/name/%d.log", i), Size: 10, Offset: 5, Behind: 5, Rate: 2.5, LastRead: now}
	}
	sources[1].LastRead, sources[1].Error = time.Time{}, "permission denied"
	w.answerAs(id, sources)
	got = agentJSON{}
	began := time.Now()
	w.into(w.want(w.do("GET", path, ""), 200), &got)
	t.Logf("answered after %v", time.Since(began))
	if !got.Complete || len(got.Sources) != len(sources) || got.Sources[2].Rate != 2.5 || got.Sources[2].LastRead == nil ||
		got.Sources[1].LastRead != nil || got.Sources[1].Error != "permission denied" {
		t.Errorf("%d sources, complete %v, the second is %+v", len(got.Sources), got.Complete, got.Sources[1])
	}
	w.problems(w.want(w.do("GET", "/api/v1/agents/nobody", ""), 404))
}

func TestAStoppedAgentIsNotAsked(t *testing.T) {
	w := start(t, nil)
	w.ready()
	w.setAgent(status.Agent{ID: "1", Host: "web-1", At: time.Now(), Stopping: true})
	w.eventually("the agent", func() string {
		began := time.Now()
		a := w.do("GET", "/api/v1/agents/1", "")
		if a.status != 200 {
			return string(a.body)
		}
		var got map[string]json.RawMessage
		w.into(a, &got)
		if string(got["sources"]) != "[]" || string(got["complete"]) != "false" || time.Since(began) > time.Second {
			t.Errorf("after %v: %s", time.Since(began), a.body)
		}
		return ""
	})
}

func TestThePipelineShowsCollectionsThatFail(t *testing.T) {
	w := start(t, nil)
	w.ready()
	at := time.Now().UTC().Truncate(time.Second)
	line := func(n int) stage.FailingLine {
		return stage.FailingLine{At: at.Add(time.Duration(n) * time.Second), Host: "web-1", Path: "/p", Line: fmt.Sprint(n), Step: "pipeline[0].grok", Cause: "no pattern fits"}
	}
	beat := func(instance string, after time.Duration, from int) {
		var lines []stage.FailingLine
		for n := range stage.MostFailing {
			lines = append(lines, line(from-n))
		}
		w.beat(stage.Beat{Name: stage.Enrich, Instance: instance, Started: at, At: at.Add(after), Pipelines: []stage.Pipeline{{
			Collection: "shop", Minute: stage.Share{Lines: 100, Failed: 40}, Before: stage.Share{Lines: 1000}, Failing: lines,
		}}})
	}
	try := time.Duration(0)
	w.eventually("both instances are heard", func() string {
		try += time.Second
		beat("a", try, 20)
		beat("b", try, 25)
		var p struct{ Failing []stage.Pipeline }
		w.into(w.want(w.do("GET", "/api/v1/pipeline", ""), 200), &p)
		if len(p.Failing) != 1 || p.Failing[0].Minute != (stage.Share{Lines: 200, Failed: 80}) {
			return fmt.Sprint(p.Failing)
		}
		got := p.Failing[0]
		if len(got.Failing) != stage.MostFailing || got.Failing[0] != line(25) || got.Failing[9] != line(18) {
			t.Errorf("the lines are %+v", got.Failing)
		}
		return ""
	})
}
