package follow

import (
	"strings"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/schemas/collect"
)

// requests are the requests for this agent's sources that stand in etcd.
type requests struct {
	prefix string
	asked  func(request string)
	taken  map[string]bool // those that still stand
}

func newRequests(agent string, asked func(string)) *requests {
	return &requests{prefix: collect.RequestsOf(agent), asked: asked, taken: map[string]bool{}}
}

// take passes on each request once.
func (r *requests) take(state etcd.State) {
	standing := make(map[string]bool, len(state.Values))
	for key := range state.Values {
		name := strings.TrimPrefix(key, r.prefix)
		standing[name] = true
		if !r.taken[name] {
			r.asked(name)
		}
	}
	r.taken = standing
}
