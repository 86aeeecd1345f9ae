// Package program makes a program of extra processors:
//
//	func main() { os.Exit(program.Main(requests.Processor, failures.Processor)) }
//
// The program has the flags, config file, log, metrics and signals of `millrace
// processor`, which runs processors through this package too. What it promises is what
// processors.Run promises. A processor that ends for good (topics that are not as they
// must be) ends the program, with exit code 1.
package program

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/process"
	"github.com/millrace/millrace/processors"
)

// Section is the part of the config file that is about extra processors.
const Section = "extra"

// Config says which processors run, where, and with what settings.
type Config struct {
	processors.Config `koanf:",squash" yaml:",inline"`
	// Run are the names of those that run.
	Run []string `koanf:"run" yaml:"run"`
	// Settings of each processor, by its name.
	Settings map[string]map[string]string `koanf:"settings" yaml:"settings"`
}

// Default runs all of a list; it lacks addresses.
func Default(list []processors.Processor) Config {
	cfg := Config{Config: processors.DefaultConfig(), Run: names(list)}
	cfg.StateDir = "/var/lib/millrace/extra"
	return cfg
}

func names(list []processors.Processor) []string {
	all := make([]string, len(list))
	for i, p := range list {
		all[i] = p.Name
	}
	return all
}

// Specs are those of the list's processors that shall run. The error lists everything
// that is wrong with the names and settings.
func (c *Config) Specs(list []processors.Processor) ([]processors.Spec, error) {
	var specs []processors.Spec
	var errs []error
	for _, name := range c.Run {
		at := slices.IndexFunc(list, func(p processors.Processor) bool { return p.Name == name })
		if at < 0 {
			errs = append(errs, fmt.Errorf("extra.run: there is no processor %q; there are %s", name, strings.Join(names(list), ", ")))
			continue
		}
		spec, err := list[at].Make(c.Settings[name])
		specs, errs = append(specs, spec), append(errs, err)
	}
	for name := range c.Settings {
		if !slices.Contains(names(list), name) {
			errs = append(errs, fmt.Errorf("extra.settings: there is no processor %q", name))
		}
	}
	return specs, errors.Join(errs...)
}

// Run runs processors, each a group of its own, until ctx ends or one of them does.
func Run(ctx context.Context, cfg processors.Config, specs []processors.Spec, deps processors.Deps) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, spec := range specs {
		group.Go(func() error { return processors.Run(ctx, cfg, spec, deps) })
	}
	return group.Wait()
}

// command is the command line of such a program.
type command struct {
	process.Common
	process.Monitor
	StateDir string   `placeholder:"DIR" help:"Folder for the local copies of tables; may be lost."`
	Instance string   `placeholder:"NAME" help:"Tells two programs with one state folder apart."`
	Only     []string `placeholder:"NAME" help:"Run only these processors: ${names}."`

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
	src := c.Source(env, map[string]any{"extra.state_dir": c.StateDir, "extra.instance": c.Instance, "extra.run": c.Only})
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
	if err := process.Preflight(ctx, telemetry.Log, cfg.Kafka.Probe); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return Run(ctx, cfg.Config, specs, processors.Deps{Log: telemetry.Log, Registry: telemetry.Registry})
	})
	group.Go(func() error { return c.Serve(ctx, telemetry, &obs.Health{}) })
	return group.Wait()
}
