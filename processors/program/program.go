// Package program makes a program of extra processors:
//
//	func main() { os.Exit(program.Main(requests.Processor, failures.Processor)) }
//
// The program has the flags, config file, log, metrics and signals of `millrace
// processor`, which runs processors through this package too. What it promises is what
// processors.Run promises. A processor whose topics are not as they must be waits until
// somebody has put them right, and the others go on.
//
// Each processor tells of itself as a stage, so that the admin's page shows it, and where
// an address is given its table can be read over HTTP by the key.
package program

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/process"
	"github.com/millrace/millrace/processors"
)

// command is the command line of such a program.
type command struct {
	process.Common
	process.Monitor
	StateDir string   `placeholder:"DIR" help:"Folder for the local copies of tables; may be lost."`
	Instance string   `placeholder:"NAME" help:"Tells two programs with one state folder apart."`
	Only     []string `placeholder:"NAME" help:"Run only these processors: ${names}."`
	Tables   string   `placeholder:"ADDR" help:"Serve the processors' tables here, such as 127.0.0.1:9092."`

	list []processors.Processor
}

// Main runs the processors of a list and returns the exit code of the process.
func Main(list ...processors.Processor) int {
	about := make([]string, len(list))
	for i, p := range list {
		about[i] = p.Name + ": " + p.About
	}
	return process.Main(os.Args[1:], &command{list: list}, kong.Name(filepath.Base(os.Args[0])),
		kong.Vars{"names": strings.Join(names(list), ", ")},
		kong.Description("Runs extra processors of Millrace over the topics of apps.\n\n"+strings.Join(about, "\n\n")))
}

// Run processes until ctx ends, then settles what is in flight.
func (c *command) Run(ctx context.Context, env *process.Env) error {
	src := c.Source(env, map[string]any{"extra.state_dir": c.StateDir, "extra.instance": c.Instance, "extra.run": c.Only, "extra.tables": c.Tables})
	telemetry, err := process.NewTelemetry(src, env.Stderr)
	if err != nil {
		return err
	}
	cfg := Default(c.list)
	if err := src.Load(Section, &cfg); err != nil {
		return err
	}
	specs, err := cfg.Specs(c.list)
	if err != nil {
		return err
	}
	if err := cfg.Validate(); err != nil {
		return fmt.Errorf("%s: %w", Section, err)
	}
	if err := process.Preflight(ctx, telemetry.Log, cfg.Kafka.Probe); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return Run(ctx, cfg, specs, processors.Deps{Log: telemetry.Log, Registry: telemetry.Registry})
	})
	group.Go(func() error { return c.Serve(ctx, telemetry, &obs.Health{}) })
	return group.Wait()
}
