package follow

import (
	"log/slog"
	"strings"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/status"
)

// Asked is a request with its name.
type Asked struct {
	Name string
	status.Request
}

// requests are the requests to this agent that stand in etcd.
type requests struct {
	prefix string
	asked  func(Asked)
	log    *slog.Logger
	taken  map[string]bool // those that still stand
}

func newRequests(agent string, log *slog.Logger, asked func(Asked)) *requests {
	return &requests{prefix: collect.RequestsOf(agent), asked: asked, log: log, taken: map[string]bool{}}
}

// take passes on each request once.
func (r *requests) take(state etcd.State) {
	standing := make(map[string]bool, len(state.Values))
	for key, value := range state.Values {
		name := strings.TrimPrefix(key, r.prefix)
		standing[name] = true
		if r.taken[name] {
			continue
		}
		request, err := status.DecodeRequest(value)
		if err != nil {
			r.log.Warn("a request cannot be read", "name", name, "error", err)
			continue
		}
		r.asked(Asked{name, request})
	}
	r.taken = standing
}
