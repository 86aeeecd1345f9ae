package api

import (
	"time"

	"github.com/millrace/millrace/admin/internal/flow"
	"github.com/millrace/millrace/schemas/hosts"
	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/schemas/status"
)

// Running is how a collection fares on the hosts that have it.
type Running struct {
	Hosts     int            `json:"hosts" doc:"Agents that run it now."`
	Revisions map[string]int `json:"revisions" doc:"How many of them are at which revision."`
	Files     int            `json:"files" doc:"Files that they collect for it."`
	Rate1m    float64        `json:"rate_1m" doc:"Lines a second, over about a minute, of its app: collections of one app share this figure."`
	Failures  uint64         `json:"failures" doc:"Its lines on which a step of its pipeline failed in the last hour, as far as the processors that run now have seen it."`
}

// running adds up the beats of agents that are not silent, by collection.
func running(beats map[string][]byte, now time.Time) map[string]*Running {
	all := map[string]*Running{}
	for _, text := range beats {
		b, err := status.Decode(text)
		if err != nil || flow.StateOf(b, now) != flow.Running {
			continue
		}
		for _, c := range b.Collections {
			r := all[c.Name]
			if r == nil {
				r = &Running{Revisions: map[string]int{}}
				all[c.Name] = r
			}
			if c.Rev == (revision.ID{}) { // it cannot be read there
				continue
			}
			r.Hosts++
			r.Revisions[c.Rev.String()]++
			r.Files += c.Files
		}
	}
	return all
}

// rates adds up the lines a second of the host table by app.
func rates(states map[string][]byte, now time.Time) map[string]float64 {
	all := map[string]float64{}
	for _, text := range states {
		s, err := hosts.Decode(text)
		if err != nil {
			continue
		}
		for i := range s.Apps {
			app := &s.Apps[i]
			all[app.Name] += app.RatesAt(now).Lines.M1
		}
	}
	return all
}
