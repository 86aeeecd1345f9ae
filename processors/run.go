package processors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/sleep"
	"github.com/millrace/millrace/processors/internal/inorder"
)

// ErrStuck is returned by Run when something did not end in time after its context
// had. The process should exit: what is left behind cannot be trusted to end.
var ErrStuck = errors.New("processors: the processor did not stop in time")

const (
	// killAfter is when sockets are closed under a processor that stops: emits had
	// their grace, and a silent broker would hold everything else up for long.
	killAfter = inorder.Grace + 500*time.Millisecond
	// stuckAfter is when Run gives up waiting for a step or for Kafka's client.
	stuckAfter = 9 * time.Second

	minRetry = time.Second
	maxRetry = 10 * time.Second
	// healthyAfter is how long an attempt must have lasted for the next failure to be
	// a new one.
	healthyAfter = time.Minute
)

// Run runs a processor until ctx ends, and returns nil then, at most nine seconds
// later. Before that it returns only for what waiting cannot cure: a bad spec or
// config, or topics that are not as they must be. All else (Kafka away, a topic not
// there yet) is logged and tried again.
//
//	Run ─► live ─► goka.Processor around one client each for
//	         group (inorder) ─► runner.step ─► Spec.Step ─► producer (produce)
//	         table (heal) and topics (cluster)
func Run(ctx context.Context, cfg Config, spec Spec, deps Deps) error {
	if err := errors.Join(spec.Validate(), cfg.Validate()); err != nil {
		return fmt.Errorf("processors: %w", err)
	}
	deps = deps.withDefaults()
	log := deps.Log.With("component", "processor", "processor", spec.Group)
	m := newMetrics(deps.Registry, spec.Group)
	return repeat(ctx, log, func(ctx context.Context, change func(), dialer *kafka.Dialer) error {
		return cfg.Kafka.Explain(ctx, live(ctx, cfg, spec, change, dialer, log, m))
	})
}

// repeat calls f until ctx ends or f fails for good, with a pause between that grows
// and is shortened by chance, so that instances do not come back in step. When f calls
// change, its own context ends, and it is called again at once.
func repeat(ctx context.Context, log *slog.Logger, f func(_ context.Context, change func(), _ *kafka.Dialer) error) error {
	pause := minRetry
	for {
		began := time.Now()
		life, end := context.WithCancelCause(ctx)
		err := stoppable(life, func(d *kafka.Dialer) error { return f(life, func() { end(errInputs) }, d) })
		changed := errors.Is(context.Cause(life), errInputs)
		end(nil)
		switch {
		case errors.Is(err, ErrStuck) || errors.Is(err, kafka.ErrMismatch):
			return err
		case ctx.Err() != nil:
			log.Debug("stopped", "error", err)
			return nil //nolint:nilerr // a stop with Kafka away has errors, and was asked for
		case changed:
			log.Info("begins anew with other inputs")
			log.Debug("what ended before", "error", err)
			pause = minRetry
			continue
		case time.Since(began) > healthyAfter:
			pause = minRetry
		}
		log.Warn("ended, tried again after a pause", "pause", pause, "error", err)
		if !sleep.For(ctx, pause/2+rand.N(pause/2)) {
			return nil
		}
		pause = min(2*pause, maxRetry)
	}
}

// stoppable runs f with a dialer whose sockets are killed, and gives up on f, some
// time after ctx has ended.
func stoppable(ctx context.Context, f func(*kafka.Dialer) error) error {
	dialer := kafka.NewDialer()
	ended := make(chan error, 1)
	go func() { ended <- f(dialer) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	kill := time.AfterFunc(killAfter, dialer.Kill)
	defer kill.Stop()
	stuck := time.NewTimer(stuckAfter)
	defer stuck.Stop()
	select {
	case err := <-ended:
		return err
	case <-stuck.C:
		return ErrStuck
	}
}
