package program

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/internal/guard"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/process"
	"github.com/millrace/millrace/internal/sleep"
	"github.com/millrace/millrace/internal/stagebeat"
	"github.com/millrace/millrace/processors"
)

// Run runs processors, each a group of its own, until ctx ends or one of them does,
// which wrong topics are no reason for.
// Beside them it tells of each as a stage and serves their tables, where Config gives an
// address for that.
func Run(ctx context.Context, cfg Config, specs []processors.Spec, deps processors.Deps) error {
	if len(specs) == 0 {
		return nil
	}
	serve, err := open(ctx, cfg, specs, deps)
	if err != nil {
		return err
	}
	metrics := prometheus.NewRegistry()
	if deps.Registry != nil {
		if err := deps.Registry.Register(metrics); err != nil {
			return fmt.Errorf("extra: %w", err)
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	stages := make([]*stagebeat.Stage, len(specs))
	for i, spec := range specs {
		stages[i] = stagebeat.NewExtra(spec.Group, spec.Table != nil)
		deps := processors.Deps{Log: stages[i].Logger(deps.Log), Registry: metrics}
		group.Go(func() error { return lasting(ctx, cfg.Config, spec, deps) })
	}
	group.Go(func() error { return stagebeat.New(cfg.Kafka, metrics, deps.Log, stages...).Run(ctx) })
	group.Go(func() error { return serve(ctx) })
	return group.Wait()
}

// again is how long a processor waits whose topics are not as they must be.
const again = 10 * time.Second

// lasting runs a processor until ctx ends. Topics that are not as they must be are for an
// operator to put right: they are no reason to end the processors beside it.
func lasting(ctx context.Context, cfg processors.Config, spec processors.Spec, deps processors.Deps) error {
	for {
		err := processors.Run(ctx, cfg, spec, deps)
		if !errors.Is(err, kafka.ErrMismatch) {
			return err
		}
		deps.Log.Error("an extra processor waits until its topics are put right", "processor", spec.Group, "error", err)
		if !sleep.For(ctx, again) {
			return nil
		}
	}
}

// open listens for questions about tables, so that an address that cannot be had is told
// at once; what it returns answers them until its ctx ends.
func open(ctx context.Context, cfg Config, specs []processors.Spec, deps processors.Deps) (func(context.Context) error, error) {
	if cfg.Tables == "" {
		return func(context.Context) error { return nil }, nil
	}
	token, err := guard.ReadToken(cfg.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("extra.token: %w", err)
	}
	listener, err := process.Listen(ctx, cfg.Tables)
	if err != nil {
		return nil, fmt.Errorf("extra.tables: %w", err)
	}
	return func(ctx context.Context) error { return newTables(cfg, specs, token, deps.Log).serve(ctx, listener) }, nil
}
