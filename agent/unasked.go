package agent

import (
	"log/slog"
	"slices"
	"strings"

	"github.com/millrace/millrace/agent/internal/explain"
	"github.com/millrace/millrace/agent/internal/input"
	"github.com/millrace/millrace/schemas/collect"
)

// unasked logs which inputs no collection asks for, when that changes: their spools fill
// until one does. It belongs to the follower's goroutine.
type unasked struct {
	inputs []input.Config
	log    *slog.Logger
	told   []string
}

// tell looks at the collections that are applied now.
func (u *unasked) tell(views []collect.AgentView) {
	var names []string
	for i := range u.inputs {
		if name := u.inputs[i].Name; len(explain.Takers(views, name)) == 0 {
			names = append(names, name)
		}
	}
	switch {
	case slices.Equal(names, u.told):
	case len(names) > 0:
		u.log.Warn("no collection asks for some inputs; what they receive waits in their spools, up to spool_bytes", "inputs", strings.Join(names, ", "))
	default:
		u.log.Info("collections ask for all inputs now")
	}
	u.told = names
}
