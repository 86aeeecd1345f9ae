package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Part is one long-lived part of a process.
type Part struct {
	Name string
	// Run works until ctx ends. Returning earlier, even without an error,
	// ends the whole stack.
	Run func(ctx context.Context) error
}

// Stack runs parts that feed one another. They are given downstream first and
// started in that order; they are stopped upstream first, each after the one
// before it has drained, so that what is under way reaches its end.
type Stack struct {
	Log   *slog.Logger
	Parts []Part
	// StopWithin bounds the whole stop. Parts that have not ended then are left
	// to the end of the process: every one of them survives being killed.
	StopWithin time.Duration
}

// running is a part that was started.
type running struct {
	Part
	cancel context.CancelFunc
	ended  chan struct{}
	err    error
}

// Run runs the stack until ctx ends or a part does. It returns the errors of
// the parts; an end of ctx is none.
func (s *Stack) Run(ctx context.Context) error {
	first := make(chan *running, len(s.Parts))
	parts := make([]*running, len(s.Parts))
	for i, p := range s.Parts {
		parts[i] = p.start(context.WithoutCancel(ctx), first)
	}
	var early *running
	select {
	case <-ctx.Done():
	case early = <-first:
	}
	return s.stop(parts, early)
}

// start runs the part and tells ended when it is over.
func (p Part) start(ctx context.Context, ended chan<- *running) *running {
	ctx, cancel := context.WithCancel(ctx)
	r := &running{Part: p, cancel: cancel, ended: make(chan struct{})}
	go func() { // ends when the part does
		r.err = p.Run(ctx)
		cancel()
		close(r.ended)
		ended <- r
	}()
	return r
}

// stop ends the parts from the last to the first.
func (s *Stack) stop(parts []*running, early *running) error {
	deadline := time.NewTimer(s.StopWithin)
	defer deadline.Stop()
	var errs []error
	for i := len(parts) - 1; i >= 0; i-- {
		p := parts[i]
		p.cancel()
		select {
		case <-p.ended:
		case <-deadline.C:
			s.Log.Warn("did not drain in time; what was under way is done again at the next start", "part", p.Name)
			for _, rest := range parts[:i] {
				rest.cancel()
			}
			return errors.Join(errs...)
		}
		switch {
		case p.err != nil && !errors.Is(p.err, context.Canceled):
			errs = append(errs, fmt.Errorf("%s: %w", p.Name, p.err))
		case p == early:
			errs = append(errs, fmt.Errorf("%s: ended by itself", p.Name))
		}
	}
	return errors.Join(errs...)
}
