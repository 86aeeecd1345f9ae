package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/schemas/stage"
)

// Stage is a stage of the pipeline, over all of its instances that live now.
type Stage struct {
	Name         string            `json:"name" doc:"agent, adopt, enrich, indexer, fleet, or the name of an extra processor."`
	Instances    int               `json:"instances" doc:"That told of themselves within the last 15 seconds."`
	In           uint64            `json:"in" doc:"Events, since the instances were started, as all counts; adopt, fleet and extra processors count records."`
	Out          uint64            `json:"out" doc:"Agents: events that Kafka has. Indexer: events that are in the index. Fleet: beats in its table."`
	Dropped      map[string]uint64 `json:"dropped" doc:"By reason. Of agents: ranges that they could not read or ship."`
	DeadLettered map[string]uint64 `json:"dead_lettered" doc:"By reason."`
	RateIn       float64           `json:"rate_in" doc:"A second, over about ten seconds."`
	RateOut      float64           `json:"rate_out"`
	Measuring    bool              `json:"measuring" doc:"The rates are not known yet: it takes two beats of an instance to tell one."`
	LagRecords   int64             `json:"lag_records" doc:"Kafka records that are not settled. Of agents: records that Kafka has not acknowledged."`
	LagSeconds   float64           `json:"lag_seconds" doc:"How far behind the stage is."`
	LastError    string            `json:"last_error" doc:"The newest trouble that an instance logged."`
	LastErrorAt  *time.Time        `json:"last_error_at,omitempty"`
}

// Role is a process of a server role that is there now.
type Role struct {
	Role    string    `json:"role" enum:"processor,indexer,admin"`
	ID      string    `json:"id" doc:"Drawn at random when the process starts."`
	Host    string    `json:"host"`
	Version string    `json:"version"`
	Metrics string    `json:"metrics" doc:"Address of its /metrics; empty where it serves none."`
	Since   time.Time `json:"since"`
	Leads   []string  `json:"leads" nullable:"false" doc:"What this process does for all of its role."`
}

// TopicFinding is one way in which a topic is not as it should be.
type TopicFinding struct {
	Topic string `json:"topic"`
	What  string `json:"what" doc:"What was wanted, and what is there."`
	Fix   string `json:"fix" doc:"What puts it right."`
	Fatal bool   `json:"fatal" doc:"Work is impossible, or loses data, until then."`
}

// Pipeline is the answer to GET /pipeline.
type Pipeline struct {
	Roles []Role `json:"roles" nullable:"false" doc:"One that has died is gone after ten seconds. Empty while etcd does not answer."`

	Topics []TopicFinding `json:"topics" nullable:"false" doc:"What of the topics is not as the install says. Looked at every minute."`
	Stages []Stage        `json:"stages" nullable:"false" doc:"In the order of the flow; extra processors that run now stand at the end."`

	Failing []FailingPipeline `json:"failing" nullable:"false" doc:"Collections whose pipelines fail far more often than they did, those with most failures first."`
}

// FailingPipeline is a collection whose pipeline fails far more often than it did.
type FailingPipeline struct {
	Collection string        `json:"collection"`
	Minute     FailingShare  `json:"minute" doc:"The last minute."`
	Before     FailingShare  `json:"before" doc:"The hour before it."`
	Failing    []FailingLine `json:"failing" nullable:"false" doc:"The last ten lines that failed, the newest first."`
}

// FailingShare is how many of some lines failed.
type FailingShare struct {
	Lines  uint64 `json:"lines"`
	Failed uint64 `json:"failed"`
}

// FailingLine is a line on which a step failed.
type FailingLine struct {
	At    time.Time `json:"at" doc:"When it was read on its host."`
	Host  string    `json:"host"`
	Path  string    `json:"path"`
	Line  string    `json:"line" doc:"Its first 300 bytes."`
	Step  string    `json:"step" doc:"Key path of the step in the collection."`
	Cause string    `json:"cause"`
}

type pipelineOutput struct{ Body Pipeline }

func (a *api) pipeline(h huma.API) {
	huma.Register(h, operation(http.MethodGet, "/pipeline", "get-pipeline", "Read the state of the pipeline",
		"What passes through each stage, how fast, how far behind it is and what went wrong last."), a.getPipeline)
}

func (a *api) getPipeline(ctx context.Context, _ *struct{}) (*pipelineOutput, error) {
	beats, err := a.Fleet.All()
	if err != nil {
		return nil, a.fail(err)
	}
	stages := a.Flow.Stages(ctx, beats)
	out := &pipelineOutput{Body: Pipeline{Roles: a.roles(ctx), Stages: make([]Stage, len(stages))}}
	out.Body.Topics = []TopicFinding{}
	for _, f := range a.Topics() {
		out.Body.Topics = append(out.Body.Topics, TopicFinding(f))
	}
	for i, s := range stages {
		out.Body.Stages[i] = Stage(s)
	}
	out.Body.Failing = failingPipelines(a.Flow.Failing())
	return out, nil
}

func failingPipelines(all []stage.Pipeline) []FailingPipeline {
	out := make([]FailingPipeline, len(all))
	for i, p := range all {
		lines := make([]FailingLine, len(p.Failing))
		for n, l := range p.Failing {
			lines[n] = FailingLine(l)
		}
		out[i] = FailingPipeline{p.Collection, FailingShare(p.Minute), FailingShare(p.Before), lines}
	}
	return out
}

// rosterTimeout bounds the reading of the roster: the rest of the picture does not
// need etcd.
const rosterTimeout = time.Second

func (a *api) roles(ctx context.Context) []Role {
	roles := []Role{}
	ctx, cancel := context.WithTimeout(ctx, rosterTimeout)
	defer cancel()
	entries, err := a.Roster(ctx)
	if err != nil {
		a.Log.Debug("the roster cannot be read", "error", err)
		return roles
	}
	for _, e := range entries {
		roles = append(roles, Role{
			Role: e.Role, ID: e.ID, Host: e.Host, Version: e.Version, Metrics: e.Metrics, Since: e.Since, Leads: append([]string{}, e.Leads...),
		})
	}
	return roles
}
