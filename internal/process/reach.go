package process

import (
	"context"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/obs"
)

const (
	// reachedFor is how long it holds that a server let us in, and missedFor that it did
	// not. A probe logs in anew: thousands of agents are asked every few seconds, and shall
	// not cost the brokers as many log-ins.
	reachedFor = 30 * time.Second
	missedFor  = 5 * time.Second
	// reachMost bounds a probe.
	reachMost = 2 * time.Second
)

// Reach makes readiness depend on a server without which the role does nothing. The
// server is asked only when somebody asks for the readiness.
func Reach(health *obs.Health, name string, probe Probe) {
	health.Add(name, (&reach{probe: probe, reachedFor: reachedFor, missedFor: missedFor}).check)
}

type reach struct {
	probe                 Probe
	reachedFor, missedFor time.Duration

	mu    sync.Mutex
	until time.Time // the answer holds
	err   error
}

// check asks to the end even if whoever wants to know has given up: the answer is for the
// next one, too.
func (r *reach) check(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Now().Before(r.until) {
		return r.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reachMost)
	defer cancel()
	r.err = r.probe(ctx)
	holds := r.reachedFor
	if r.err != nil {
		holds = r.missedFor
	}
	r.until = time.Now().Add(holds)
	return r.err
}
