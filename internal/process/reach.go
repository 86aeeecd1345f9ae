package process

import (
	"context"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/obs"
)

// reachFor is how long an answer of a probe holds: a probe logs in anew, and however
// often somebody asks for /readyz shall cost the servers nothing.
const reachFor = 5 * time.Second

// Reach makes readiness depend on a server without which the role does nothing.
func Reach(health *obs.Health, name string, probe Probe) {
	health.Add(name, (&reach{probe: probe, holds: reachFor}).check)
}

type reach struct {
	probe Probe
	holds time.Duration

	mu    sync.Mutex
	asked time.Time
	err   error
}

func (r *reach) check(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked.IsZero() || time.Since(r.asked) >= r.holds {
		r.err = r.probe(ctx)
		r.asked = time.Now()
	}
	return r.err
}
