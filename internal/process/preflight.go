package process

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/millrace/millrace/internal/wire"
)

// Probe asks one server, once, whether it lets us in. Its error is a *wire.Refusal
// when the server says no.
type Probe func(ctx context.Context) error

// Preflight asks all servers that a role needs, at once, before the role starts. It
// takes ten seconds at most and returns what was refused, one line each: that is for
// an operator to repair, and nobody has come to rely on this process yet. A server that
// cannot be reached stops nobody; the role waits for it.
func Preflight(ctx context.Context, log *slog.Logger, probes ...Probe) error {
	errs := make([]error, len(probes))
	var asked sync.WaitGroup
	for i, probe := range probes {
		asked.Go(func() { errs[i] = probe(ctx) })
	}
	asked.Wait()
	var refused []error
	for _, err := range errs {
		var r *wire.Refusal
		switch {
		case errors.As(err, &r):
			refused = append(refused, r)
		case err != nil && ctx.Err() == nil:
			log.Warn("a server cannot be reached yet; waiting for it", "error", err)
		}
	}
	return errors.Join(refused...)
}
