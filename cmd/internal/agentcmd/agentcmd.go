// Package agentcmd is the command that runs an agent, for both programs: the
// agent alone and `millrace agent`. It links no server.
package agentcmd

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/agent"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/process"
	"github.com/millrace/millrace/internal/topics"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/topic"
)

// Cmd runs one agent against real addresses.
type Cmd struct {
	process.Common
	process.Monitor
	Host       string            `placeholder:"NAME" help:"Name of this host, the key of its records. Default: the system's host name."`
	StateDir   string            `placeholder:"DIR" help:"Folder for what must outlive a restart. Default: /var/lib/millrace-agent."`
	AllowPaths []string          `placeholder:"GLOB" help:"Files that may be read at all, whatever collections say. Default: /var/log/**."`
	Memory     string            `name:"memory-limit" placeholder:"BYTES" help:"Memory to stay below. Default: 100663296 (96 MiB)."`
	CPU        string            `name:"cpu-limit" placeholder:"CORES" help:"Cores to take at most, such as 0.2; reading waits beyond that. Default: 1."`
	Labels     map[string]string `placeholder:"NAME=VALUE" help:"What selectors of collections can ask for."`
}

// Run ships until ctx ends, then drains.
func (c *Cmd) Run(ctx context.Context, env *process.Env) error {
	src := c.Source(env, map[string]any{
		"agent.host": c.Host, "agent.state_dir": c.StateDir, "agent.allow_paths": c.AllowPaths, "agent.labels": c.Labels,
		"agent.memory_limit": c.Memory, "agent.cpu_limit": c.CPU,
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
	agent.Confine(cfg)
	if err := preflight(ctx, cfg, telemetry); err != nil {
		return err
	}
	health := &obs.Health{} // it works without etcd, too
	process.Reach(health, "kafka", cfg.Kafka.Probe)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.Run(ctx) })
	group.Go(func() error { return topics.Check(ctx, cfg.Kafka, telemetry.Log, topic.Raw, topic.Agents) })
	group.Go(func() error { return c.Serve(ctx, telemetry, health) })
	return group.Wait()
}

// preflight stops a first start that nobody lets in. An agent that has worked here
// before goes on: it holds the files that it reads, and takes its place again by
// itself when the credential is repaired.
func preflight(ctx context.Context, cfg agent.Config, t process.Telemetry) error {
	err := process.Preflight(ctx, t.Log, cfg.Kafka.Probe, func(ctx context.Context) error {
		return cfg.Etcd.Probe(ctx, collect.KeyAgentCollections)
	})
	if err == nil || !cfg.HasWorked() {
		return err
	}
	t.Log.Error("a server refuses this agent; going on until it is repaired", "error", err)
	return nil
}
