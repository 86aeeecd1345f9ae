package main

import (
	"context"

	"github.com/millrace/millrace/internal/process"
	"github.com/millrace/millrace/internal/settings"
	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/examples/failures"
	"github.com/millrace/millrace/processors/examples/requests"
	"github.com/millrace/millrace/processors/program"
)

// extras are the extra processors that `millrace processor` can run. One more is a line
// here.
var extras = []processors.Processor{requests.Processor, failures.Processor}

// extraRole is the extra processors that were asked for.
type extraRole struct {
	cfg   processors.Config
	specs []processors.Spec
}

// loadExtras reads the section of extra processors, which need not repeat what the
// processor's own section says.
func loadExtras(src settings.Source, cfg processors.Config, names []string) (extraRole, error) {
	c := program.Config{Config: cfg}
	if err := src.Load(program.Section, &c); err != nil {
		return extraRole{}, err
	}
	if len(names) > 0 {
		c.Run = names
	}
	specs, err := c.Specs(extras)
	return extraRole{c.Config, specs}, err
}

// run runs them until ctx ends.
func (r extraRole) run(t process.Telemetry) func(context.Context) error {
	return func(ctx context.Context) error {
		return program.Run(ctx, r.cfg, r.specs, processors.Deps{Log: t.Log, Registry: t.Registry})
	}
}
