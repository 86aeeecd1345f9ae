package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Stage is a stage of the pipeline, over all of its instances that live now.
type Stage struct {
	Name         string            `json:"name" enum:"agent,adopt,enrich,indexer,fleet"`
	Instances    int               `json:"instances" doc:"That told of themselves within the last 15 seconds."`
	In           uint64            `json:"in" doc:"Events, since the instances were started, as all counts; adopt and fleet count records."`
	Out          uint64            `json:"out" doc:"Agents: events that Kafka has. Indexer: events that are in the index. Fleet: beats in its table."`
	Dropped      map[string]uint64 `json:"dropped" doc:"By reason. Of agents: ranges that they could not read or ship."`
	DeadLettered map[string]uint64 `json:"dead_lettered" doc:"By reason."`
	RateIn       float64           `json:"rate_in" doc:"A second, over about ten seconds; nought until two beats have come."`
	RateOut      float64           `json:"rate_out"`
	LagRecords   int64             `json:"lag_records" doc:"Kafka records that are not settled. Of agents: records that Kafka has not acknowledged."`
	LagSeconds   float64           `json:"lag_seconds" doc:"How far behind the stage is."`
	LastError    string            `json:"last_error" doc:"The newest trouble that an instance logged."`
	LastErrorAt  *time.Time        `json:"last_error_at,omitempty"`
}

// Pipeline is the answer to GET /pipeline.
type Pipeline struct {
	Stages []Stage `json:"stages" nullable:"false" doc:"In the order of the flow."`
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
	out := &pipelineOutput{Body: Pipeline{Stages: make([]Stage, len(stages))}}
	for i, s := range stages {
		out.Body.Stages[i] = Stage(s)
	}
	return out, nil
}
