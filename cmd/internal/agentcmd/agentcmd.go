// Package agentcmd is the command that runs an agent, for both programs: the
// agent alone and `millrace agent`. It links no server.
package agentcmd

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/agent"
	"github.com/millrace/millrace/cmd/internal/process"
	"github.com/millrace/millrace/internal/obs"
)

// Cmd runs one agent against real addresses.
type Cmd struct {
	process.Common
	process.Monitor
	Host       string            `placeholder:"NAME" help:"Name of this host, the key of its records. Default: the system's host name."`
	StateDir   string            `placeholder:"DIR" help:"Folder for what must outlive a restart. Default: /var/lib/millrace-agent."`
	AllowPaths []string          `placeholder:"GLOB" help:"Files that may be read at all, whatever collections say. Default: /var/log/**."`
	Labels     map[string]string `placeholder:"NAME=VALUE" help:"What selectors of collections can ask for."`
}

// Run ships until ctx ends, then drains.
func (c *Cmd) Run(ctx context.Context, env *process.Env) error {
	src := c.Source(env, map[string]any{
		"agent.host": c.Host, "agent.state_dir": c.StateDir, "agent.allow_paths": c.AllowPaths, "agent.labels": c.Labels,
	})
	telemetry, err := process.NewTelemetry(src, env.Stderr)
	if err != nil {
		return err
	}
	cfg := agent.Default()
	if err := src.Load("agent", &cfg); err != nil {
		return err
	}
	cfg.Version = obs.Build().Version
	a, err := agent.New(cfg, agent.Deps{Log: telemetry.Log, Registry: telemetry.Registry})
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.Run(ctx) })
	group.Go(func() error { return c.Serve(ctx, telemetry, &obs.Health{}) })
	return group.Wait()
}
