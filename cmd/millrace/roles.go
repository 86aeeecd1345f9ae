package main

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/cmd/internal/process"
	"github.com/millrace/millrace/indexer"
	"github.com/millrace/millrace/internal/obs"
)

type indexerCmd struct {
	process.Common
	process.Monitor
}

// Run indexes until ctx ends, then lets what is in flight settle.
func (c *indexerCmd) Run(ctx context.Context, env *process.Env) error {
	src := c.Source(env, nil)
	telemetry, err := process.NewTelemetry(src)
	if err != nil {
		return err
	}
	cfg := indexer.Default()
	if err := src.Load("indexer", &cfg); err != nil {
		return err
	}
	x, err := indexer.New(cfg, indexer.Deps{Log: telemetry.Log, Registry: telemetry.Registry})
	if err != nil {
		return err
	}
	return c.serveBeside(ctx, telemetry, &obs.Health{}, x.Run)
}

// serveBeside runs a role and, beside it, the monitor.
func serveBeside(ctx context.Context, m *process.Monitor, t process.Telemetry, health *obs.Health, run func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return run(ctx) })
	group.Go(func() error { return m.Serve(ctx, t, health) })
	return group.Wait()
}
