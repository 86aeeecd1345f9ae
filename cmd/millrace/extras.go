package main

import (
	"context"
	"errors"
	"strings"

	"github.com/millrace/millrace/internal/process"
	"github.com/millrace/millrace/internal/settings"
	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/examples/failures"
	"github.com/millrace/millrace/processors/examples/requests"
	"github.com/millrace/millrace/processors/program"
)

// extras are the extra processors that `millrace processor` and `millrace up` can run.
// One more is a line here.
var extras = []processors.Processor{requests.Processor, failures.Processor}

// extraNames are their names, for the help.
func extraNames() string {
	names := make([]string, len(extras))
	for i, p := range extras {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}

// extraFlags are the flags about them.
type extraFlags struct {
	Extra  []string `placeholder:"NAME" help:"Run these extra processors too: ${extras}."`
	Tables string   `placeholder:"ADDR" help:"Serve the tables of extra processors here, such as 127.0.0.1:9092."`
}

// extraRole is the extra processors that were asked for.
type extraRole struct {
	cfg   program.Config
	specs []processors.Spec
}

// load reads the section of extra processors, which need not repeat what the
// processor's own section says.
func (f extraFlags) load(src settings.Source, cfg processors.Config) (extraRole, error) {
	r := extraRole{cfg: program.Config{Config: cfg}}
	if err := src.Load(program.Section, &r.cfg); err != nil {
		return r, err
	}
	if len(f.Extra) > 0 {
		r.cfg.Run = f.Extra
	}
	if f.Tables != "" {
		r.cfg.Tables = f.Tables
	}
	var err error
	r.specs, err = r.cfg.Specs(extras)
	if err == nil && f.Tables != "" && len(r.specs) == 0 {
		err = errors.New("--tables: there are none; name extra processors with --extra")
	}
	return r, err
}

// run runs them until ctx ends.
func (r extraRole) run(t process.Telemetry) func(context.Context) error {
	return func(ctx context.Context) error {
		return program.Run(ctx, r.cfg, r.specs, processors.Deps{Log: t.Log, Registry: t.Registry})
	}
}
