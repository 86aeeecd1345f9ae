package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/admin/internal/flow"
	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/schemas/status"
)

// Agent is an agent as its last beat told.
type Agent struct {
	ID           string             `json:"id" doc:"Stable over restarts."`
	Host         string             `json:"host"`
	Version      string             `json:"version"`
	State        string             `json:"state" enum:"running,stopped,silent" doc:"stopped: it ended in order. silent: no beat for 15 seconds."`
	Revision     int64              `json:"revision" doc:"The etcd revision of the configuration it applies."`
	Started      time.Time          `json:"started"`
	LastBeat     time.Time          `json:"last_beat" doc:"By the host's clock."`
	Labels       map[string]string  `json:"labels"`
	Files        int                `json:"files"`
	FilesOpen    int                `json:"files_open"`
	FilesRefused int                `json:"files_refused" doc:"Files that a collection wants and allow_paths does not."`
	BytesBehind  uint64             `json:"bytes_behind" doc:"Written to the files and not yet read."`
	BytesRead    uint64             `json:"bytes_read" doc:"Since it started, as all counts."`
	BytesShipped uint64             `json:"bytes_shipped"`
	LinesShipped uint64             `json:"lines_shipped"`
	Gaps         uint64             `json:"gaps" doc:"Ranges that could not be read."`
	GapBytes     uint64             `json:"gap_bytes"`
	ShipErrors   uint64             `json:"ship_errors" doc:"Failed sends; they are repeated."`
	Collections  []AgentsCollection `json:"collections" nullable:"false"`
	Inputs       []status.Input     `json:"inputs,omitempty" doc:"Its ways in besides files."`
	Usage        *status.Usage      `json:"usage,omitempty" doc:"What its process takes, and what it may."`
	LastError    string             `json:"last_error"`
	LastErrorAt  *time.Time         `json:"last_error_at,omitempty"`
}

// AgentsCollection is how a collection fares on an agent.
type AgentsCollection struct {
	Name     string      `json:"name"`
	Revision revision.ID `json:"revision"`
	State    string      `json:"state,omitempty" enum:"applied,older,waiting,refused" doc:"Only where one agent is read. older: at another revision than the newest. waiting: it selects the host, and the agent does not have it. refused: it cannot be read there."`
	Newest   string      `json:"newest,omitempty" doc:"The newest revision, where the agent applies another."`
	Files    int         `json:"files"`
	Error    string      `json:"error"`
	Limited  *time.Time  `json:"limited,omitempty" doc:"Since when its limits are reached and lines are skipped; not there: they are kept now."`

	SkippedLines uint64 `json:"skipped_lines,omitempty" doc:"Lines that its limits left out since the agent started."`
	SkippedBytes uint64 `json:"skipped_bytes,omitempty"`
}

// AgentList is the answer to GET /agents.
type AgentList struct {
	Agents []Agent `json:"agents" doc:"By host." nullable:"false"`
}

type agentsOutput struct{ Body AgentList }

func (a *api) agents(h huma.API) {
	huma.Register(h, operation(http.MethodGet, "/agents", "list-agents", "List agents", "Every agent that was ever heard of, as its last beat told."), a.listAgents)
}

func (a *api) listAgents(context.Context, *struct{}) (*agentsOutput, error) {
	beats, err := a.Fleet.All()
	if err != nil {
		return nil, a.fail(err)
	}
	now := a.Now()
	out := &agentsOutput{Body: AgentList{Agents: make([]Agent, 0, len(beats))}}
	for id, b := range beats {
		beat, err := status.Decode(b)
		if err != nil {
			a.Log.Warn("the fleet table holds what is no beat", "agent", id, "error", err)
			continue
		}
		out.Body.Agents = append(out.Body.Agents, agentOf(beat, now))
	}
	slices.SortFunc(out.Body.Agents, func(x, y Agent) int {
		if c := strings.Compare(x.Host, y.Host); c != 0 {
			return c
		}
		return strings.Compare(x.ID, y.ID)
	})
	return out, nil
}

func agentOf(b *status.Agent, now time.Time) Agent {
	a := Agent{
		ID: b.ID, Host: b.Host, Version: b.Version, State: flow.StateOf(b, now), Revision: b.Revision,
		Started: b.Started, LastBeat: b.At, Labels: b.Labels,
		Files: b.Totals.Files, FilesOpen: b.Totals.FilesOpen, FilesRefused: b.Totals.FilesRefused,
		BytesBehind: b.Totals.BytesBehind, BytesRead: b.Totals.BytesRead, BytesShipped: b.Totals.BytesShipped,
		LinesShipped: b.Totals.LinesShipped, Gaps: b.Totals.Gaps, GapBytes: b.Totals.GapBytes, ShipErrors: b.Totals.ShipErrors,
		Collections: make([]AgentsCollection, len(b.Collections)), Inputs: b.Inputs, Usage: b.Usage, LastError: b.LastError, LastErrorAt: b.LastErrorAt,
	}
	if a.Labels == nil {
		a.Labels = map[string]string{}
	}
	for i, c := range b.Collections {
		a.Collections[i] = AgentsCollection{
			Name: c.Name, Revision: c.Rev, Files: c.Files, Error: c.Error,
			Limited: c.Limited, SkippedLines: c.SkippedLines, SkippedBytes: c.SkippedBytes,
		}
	}
	return a
}
