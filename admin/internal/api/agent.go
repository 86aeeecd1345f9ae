package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/admin/internal/flow"
	"github.com/millrace/millrace/internal/problem"
	"github.com/millrace/millrace/schemas/status"
)

// Source is a file of an agent.
type Source struct {
	ID         string     `json:"id" doc:"Names the file whatever it is called; empty for a file that is not collected."`
	Path       string     `json:"path"`
	Collection string     `json:"collection"`
	Size       uint64     `json:"size" doc:"Bytes, as its counts all are."`
	Offset     uint64     `json:"offset" doc:"How far it was read."`
	Behind     uint64     `json:"behind" doc:"Written and not yet read."`
	Rate       float64    `json:"rate" doc:"Bytes read a second, averaged over about ten seconds."`
	LastRead   *time.Time `json:"last_read,omitempty" doc:"When its newest line was read."`
	Gaps       uint64     `json:"gaps" doc:"Ranges that could not be read since the agent's start."`
	GapBytes   uint64     `json:"gap_bytes"`
	Skipped    uint64     `json:"skipped_bytes" doc:"Left out by a rule: a limit, or NUL bytes."`
	Error      string     `json:"error" doc:"Why it is not read."`
}

// AgentDetail is the answer to GET /agents/{id}.
type AgentDetail struct {
	Agent    Agent    `json:"agent"`
	Sources  []Source `json:"sources" nullable:"false" doc:"Those that are furthest behind first."`
	Complete bool     `json:"complete" doc:"False where the agent did not answer within two seconds; then the sources are at most those of its last beat."`
}

type agentInput struct {
	ID string `path:"id" doc:"The agent's id."`
}

type agentOutput struct{ Body AgentDetail }

func (a *api) agent(h huma.API) {
	huma.Register(h, operation(http.MethodGet, "/agents/{id}", "get-agent", "Read an agent with its files",
		"The agent is asked for all of its files, so this takes as long as it takes to answer.", http.StatusNotFound), a.getAgent)
}

func (a *api) getAgent(ctx context.Context, in *agentInput) (*agentOutput, error) {
	beat, err := a.beatOf(in.ID)
	if err != nil {
		return nil, err
	}
	out := &agentOutput{Body: AgentDetail{Agent: agentOf(beat, a.Now())}}
	a.applied(ctx, &out.Body.Agent)
	sources := beat.Sources
	if out.Body.Agent.State == flow.Running {
		if all, err := a.Asker.Sources(ctx, in.ID); err == nil {
			sources, out.Body.Complete = all, true
		} else {
			a.Log.Debug("an agent does not list its sources", "agent", in.ID, "error", err)
		}
	}
	out.Body.Sources = make([]Source, len(sources))
	for i := range sources {
		out.Body.Sources[i] = sourceOf(&sources[i])
	}
	return out, nil
}

// beatOf is the newest beat of an agent. Errors are for the client.
func (a *api) beatOf(id string) (*status.Agent, error) {
	text, err := a.Fleet.Get(id)
	if err != nil {
		return nil, a.fail(err)
	}
	if text == nil {
		return nil, problem.New(http.StatusNotFound, "there is no agent "+id)
	}
	beat, err := status.Decode(text)
	if err != nil {
		return nil, a.fail(err)
	}
	return beat, nil
}

func sourceOf(s *status.Source) Source {
	out := Source{
		ID: s.ID, Path: s.Path, Collection: s.Collection, Size: s.Size, Offset: s.Offset, Behind: s.Behind, Rate: s.Rate,
		Gaps: s.Gaps, GapBytes: s.GapBytes, Skipped: s.Skipped, Error: s.Error,
	}
	if !s.LastRead.IsZero() {
		out.LastRead = &s.LastRead
	}
	return out
}
