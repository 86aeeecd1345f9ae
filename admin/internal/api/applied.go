package api

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/millrace/millrace/admin/internal/store"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/revision"
)

// The states of a collection on an agent.
const (
	stateApplied = "applied"
	stateOlder   = "older"
	stateWaiting = "waiting"
	stateRefused = "refused"
)

// applied compares the collections of an agent with those there are, and adds those that
// it lacks. While etcd cannot be read it says no more than the beat does.
func (a *api) applied(ctx context.Context, agent *Agent) {
	all, err := a.Store.List(ctx)
	if err != nil {
		a.Log.Debug("collections cannot be listed", "error", err)
	}
	newest := make(map[string]*store.Stored, len(all))
	for _, s := range all {
		newest[s.Name] = s
	}
	for i := range agent.Collections {
		c := &agent.Collections[i]
		s := newest[c.Name]
		delete(newest, c.Name)
		switch {
		case c.Revision == (revision.ID{}):
			c.State = stateRefused
		case s != nil && s.Rev != c.Revision:
			c.State, c.Newest = stateOlder, s.Rev.String()
			if c.Error == "" {
				c.Error = fmt.Sprintf("the agent applies etcd revision %d, which is older", agent.Revision)
			}
		default:
			c.State = stateApplied
		}
	}
	for name, s := range newest {
		var config collect.Collection
		if json.Unmarshal(s.Config, &config) != nil || !config.Select.Covers(agent.Host, agent.Labels) {
			continue
		}
		agent.Collections = append(agent.Collections, AgentsCollection{
			Name: name, State: stateWaiting, Newest: s.Rev.String(),
			Error: fmt.Sprintf("the agent applies etcd revision %d, which does not have it", agent.Revision),
		})
	}
	slices.SortFunc(agent.Collections, func(x, y AgentsCollection) int { return strings.Compare(x.Name, y.Name) })
}
