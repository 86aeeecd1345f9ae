package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/schemas/hosts"
)

// Host is what came from a host.
type Host struct {
	Host         string             `json:"host"`
	LastSeen     time.Time          `json:"last_seen" doc:"When its newest line was read, by its clock."`
	Gaps         uint64             `json:"gaps" doc:"Ranges that its agent could not read or ship."`
	GapBytes     uint64             `json:"gap_bytes"`
	SkippedLines uint64             `json:"skipped_lines" doc:"Lines that its agent left out by a rule."`
	Apps         map[string]HostApp `json:"apps" doc:"By app; _other adds up those that were pushed out."`
}

// HostApp is what came from a host for an app, since the host was first seen.
type HostApp struct {
	Lines    uint64  `json:"lines"`
	Bytes    uint64  `json:"bytes"`
	Errors   uint64  `json:"errors" doc:"Events of level error or worse."`
	Failures uint64  `json:"failures" doc:"Events in which a step of the pipeline failed."`
	Rate1m   float64 `json:"rate_1m" doc:"Lines a second, averaged over about a minute."`
	Rate5m   float64 `json:"rate_5m"`
	Rate15m  float64 `json:"rate_15m"`

	BytesRate1m     float64 `json:"bytes_rate_1m" doc:"Bytes a second, averaged as the lines are; likewise the rates of errors and failures."`
	BytesRate5m     float64 `json:"bytes_rate_5m"`
	BytesRate15m    float64 `json:"bytes_rate_15m"`
	ErrorsRate1m    float64 `json:"errors_rate_1m"`
	ErrorsRate5m    float64 `json:"errors_rate_5m"`
	ErrorsRate15m   float64 `json:"errors_rate_15m"`
	FailuresRate1m  float64 `json:"failures_rate_1m"`
	FailuresRate5m  float64 `json:"failures_rate_5m"`
	FailuresRate15m float64 `json:"failures_rate_15m"`
}

// HostList is the answer to GET /hosts.
type HostList struct {
	Hosts []Host `json:"hosts" doc:"By name." nullable:"false"`
}

type hostsOutput struct{ Body HostList }

func (a *api) hosts(h huma.API) {
	huma.Register(h, operation(http.MethodGet, "/hosts", "list-hosts", "List hosts", "Every host that sent lines, with counts and rates by app."), a.listHosts)
}

func (a *api) listHosts(context.Context, *struct{}) (*hostsOutput, error) {
	states, err := a.Hosts.All()
	if err != nil {
		return nil, a.fail(err)
	}
	now := a.Now()
	out := &hostsOutput{Body: HostList{Hosts: make([]Host, 0, len(states))}}
	for name, b := range states {
		state, err := hosts.Decode(b)
		if err != nil {
			a.Log.Warn("the host table holds what is no state of a host", "host", name, "error", err)
			continue
		}
		out.Body.Hosts = append(out.Body.Hosts, hostOf(name, state, now))
	}
	slices.SortFunc(out.Body.Hosts, func(x, y Host) int { return strings.Compare(x.Host, y.Host) })
	return out, nil
}

func hostOf(name string, s *hosts.State, now time.Time) Host {
	h := Host{
		Host: name, LastSeen: s.LastSeen, Gaps: s.Gaps, GapBytes: s.GapBytes, SkippedLines: s.SkippedLines,
		Apps: make(map[string]HostApp, len(s.Apps)),
	}
	for i := range s.Apps {
		app := &s.Apps[i]
		r := app.RatesAt(now)
		h.Apps[app.Name] = HostApp{
			Lines: app.Lines, Bytes: app.Bytes, Errors: app.Errors, Failures: app.Failures,
			Rate1m: r.Lines.M1, Rate5m: r.Lines.M5, Rate15m: r.Lines.M15,
			BytesRate1m: r.Bytes.M1, BytesRate5m: r.Bytes.M5, BytesRate15m: r.Bytes.M15,
			ErrorsRate1m: r.Errors.M1, ErrorsRate5m: r.Errors.M5, ErrorsRate15m: r.Errors.M15,
			FailuresRate1m: r.Failures.M1, FailuresRate5m: r.Failures.M5, FailuresRate15m: r.Failures.M15,
		}
	}
	return h
}
