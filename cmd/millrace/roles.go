package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/admin"
	"github.com/millrace/millrace/indexer"
	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/process"
	"github.com/millrace/millrace/internal/roster"
	"github.com/millrace/millrace/internal/stagebeat"
	"github.com/millrace/millrace/internal/topics"
	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/adopt"
	"github.com/millrace/millrace/processors/enrich"
	"github.com/millrace/millrace/processors/fleet"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/member"
	"github.com/millrace/millrace/schemas/stage"
	"github.com/millrace/millrace/schemas/topic"
)

type processorCmd struct {
	process.Common
	process.Monitor
	StateDir string `placeholder:"DIR" help:"Folder for the local copies of tables and for revisions; may be lost."`
	Instance string `placeholder:"NAME" help:"Tells two processors with one state folder apart."`
	extraFlags
}

// Run processes until ctx ends, then settles what is in flight.
func (c *processorCmd) Run(ctx context.Context, env *process.Env) error {
	src := c.Source(env, map[string]any{"processor.state_dir": c.StateDir, "processor.instance": c.Instance})
	telemetry, err := process.NewTelemetry(src, env.Stderr)
	if err != nil {
		return err
	}
	cfg := enrich.Default()
	cfg.StateDir = "/var/lib/millrace/processor"
	if err := src.Load("processor", &cfg); err != nil {
		return err
	}
	defer process.GiveHeapRoom(env)()
	extra, err := c.load(src, cfg.Config)
	if err != nil {
		return err
	}
	if err := cfg.Validate(); err != nil {
		return fmt.Errorf("processor: %w", err)
	}
	if err := process.Preflight(ctx, telemetry.Log, cfg.Kafka.Probe, probeEtcd(cfg.Etcd)); err != nil {
		return err
	}
	place := roster.New(cfg.Etcd, "processor", c.Metrics, telemetry.Log)
	health := &obs.Health{}
	process.Reach(health, "kafka", cfg.Kafka.Probe)
	process.Reach(health, "etcd", probeEtcd(cfg.Etcd))
	return serveBeside(ctx, &c.Monitor, telemetry, health, func(ctx context.Context) error {
		return runProcessors(ctx, cfg, telemetry)
	}, extra.run(telemetry), place.Run, checkTopics(cfg.Kafka, telemetry, topic.Raw, topic.Agents, topic.DeadRaw))
}

// runProcessors runs the three processors of ours, each a goka group, and tells of
// them while they run.
func runProcessors(ctx context.Context, cfg enrich.Config, t process.Telemetry) error {
	enriching, adopting, keeping := stagebeat.NewStage(stage.Enrich), stagebeat.NewStage(stage.Adopt), stagebeat.NewStage(stage.Fleet)
	cfg.Health = enrich.NewHealth()
	enriching.Pipelines, enriching.Failed = cfg.Health.Jumped, cfg.Health.Failed
	metrics := ownMetrics(t)
	deps := func(s *stagebeat.Stage) processors.Deps {
		return processors.Deps{Log: s.Logger(t.Log), Registry: metrics}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return enrich.Run(ctx, cfg, deps(enriching)) })
	group.Go(func() error { return adopt.Run(ctx, adopt.Config{Config: cfg.Config, Etcd: cfg.Etcd}, deps(adopting)) })
	group.Go(func() error { return fleet.Run(ctx, cfg.Config, deps(keeping)) })
	group.Go(func() error {
		return stagebeat.New(cfg.Kafka, metrics, t.Log, enriching, adopting, keeping).Run(ctx)
	})
	return group.Wait()
}

type indexerCmd struct {
	process.Common
	process.Monitor
}

// Run indexes until ctx ends, then lets what is in flight settle.
func (c *indexerCmd) Run(ctx context.Context, env *process.Env) error {
	src := c.Source(env, nil)
	telemetry, err := process.NewTelemetry(src, env.Stderr)
	if err != nil {
		return err
	}
	cfg := indexer.Default()
	if err := src.Load("indexer", &cfg); err != nil {
		return err
	}
	defer process.GiveHeapRoom(env)()
	var lead func(context.Context, func(context.Context))
	beside := []func(context.Context) error{checkTopics(cfg.Kafka, telemetry, topic.DeadLogs)}
	if len(cfg.Etcd.Endpoints) > 0 {
		place := roster.New(cfg.Etcd, "indexer", c.Metrics, telemetry.Log)
		lead, beside = leader(place, member.Upkeep), append(beside, place.Run)
	}
	x, run, err := newIndexer(cfg, lead, telemetry)
	if err != nil {
		return err
	}
	probes := []process.Probe{cfg.Kafka.Probe, cfg.Elastic.Probe}
	if len(cfg.Etcd.Endpoints) > 0 {
		probes = append(probes, probeEtcd(cfg.Etcd))
	}
	if err := process.Preflight(ctx, telemetry.Log, probes...); err != nil {
		return err
	}
	health := &obs.Health{}
	process.Reach(health, "kafka", cfg.Kafka.Probe)
	process.Reach(health, "search", cfg.Elastic.Probe)
	health.Add("index template", templateCheck(x))
	return serveBeside(ctx, &c.Monitor, telemetry, health, append(beside, run)...)
}

// ownMetrics is a registry for one role, shown by that of the process. Its beats read
// it every two seconds, which is too often for what other roles have to ask for.
func ownMetrics(t process.Telemetry) *prometheus.Registry {
	own := prometheus.NewRegistry()
	t.Registry.MustRegister(own)
	return own
}

// newIndexer makes an indexer, and what runs it and tells of it meanwhile.
// lead chooses who does what one shall do for all; nil: this is the only one.
func newIndexer(cfg indexer.Config, lead func(context.Context, func(context.Context)), t process.Telemetry) (*indexer.Indexer, func(context.Context) error, error) {
	told := stagebeat.NewStage(stage.Indexer)
	metrics := ownMetrics(t)
	x, err := indexer.New(cfg, indexer.Deps{Log: told.Logger(t.Log), Registry: metrics, Lead: lead})
	if err != nil {
		return nil, nil, err
	}
	return x, func(ctx context.Context) error {
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return x.Run(ctx) })
		group.Go(func() error { return stagebeat.New(cfg.Kafka, metrics, t.Log, told).Run(ctx) })
		return group.Wait()
	}, nil
}

// templateCheck tells whether the indexer may begin.
func templateCheck(x *indexer.Indexer) func(context.Context) error {
	return func(context.Context) error {
		select {
		case <-x.Ready():
			return nil
		default:
			return errors.New("the search store has not taken the index template yet")
		}
	}
}

type adminCmd struct {
	process.Common
	HTTP  string `name:"http" placeholder:"ADDR" help:"Address of the API and the page. Default: 127.0.0.1:9090."`
	Token string `placeholder:"FILE" help:"File with the token that every request must bear."`
}

// Run serves until ctx ends.
func (c *adminCmd) Run(ctx context.Context, env *process.Env) error {
	src := c.Source(env, map[string]any{"admin.http": c.HTTP, "admin.token": c.Token})
	telemetry, err := process.NewTelemetry(src, env.Stderr)
	if err != nil {
		return err
	}
	cfg := admin.Default()
	if err := src.Load("admin", &cfg); err != nil {
		return err
	}
	health := &obs.Health{}
	listener, err := process.Listen(ctx, cfg.HTTP)
	if err != nil {
		return fmt.Errorf("--http: %w", err)
	}
	place := roster.New(cfg.Etcd, "admin", listener.Addr().String(), telemetry.Log)
	a, err := admin.New(cfg, admin.Deps{
		Log: telemetry.Log, Registry: telemetry.Registry, Health: health, Listener: listener, Lead: leader(place, member.Topics),
	})
	if err != nil {
		return err
	}
	if err := process.Preflight(ctx, telemetry.Log, cfg.Kafka.Probe, probeEtcd(cfg.Etcd), cfg.Elastic.Probe); err != nil {
		return errors.Join(err, listener.Close())
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return place.Run(ctx) })
	group.Go(func() error { return a.Run(ctx) })
	group.Go(func() error { return process.AnnounceReady(ctx, env.Stdout, listener.Addr(), health, telemetry.Log) })
	return group.Wait()
}

// probeEtcd asks etcd for what every server role may read.
func probeEtcd(cfg etcd.Config) process.Probe {
	return func(ctx context.Context) error { return cfg.Probe(ctx, collect.KeyHeads) }
}

// leader is how a role has one process do a duty for all.
func leader(place *roster.Roster, duty string) func(context.Context, func(context.Context)) {
	return func(ctx context.Context, work func(context.Context)) { place.Lead(ctx, duty, work) }
}

// checkTopics ends the role where work with its topics is impossible.
func checkTopics(cfg kafka.Config, t process.Telemetry, names ...string) func(context.Context) error {
	return func(ctx context.Context) error { return topics.Check(ctx, cfg, t.Log, names...) }
}

// serveBeside runs a role and, beside it, the monitor and what else there is.
func serveBeside(ctx context.Context, m *process.Monitor, t process.Telemetry, health *obs.Health, runs ...func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, run := range runs {
		group.Go(func() error { return run(ctx) })
	}
	group.Go(func() error { return m.Serve(ctx, t, health) })
	return group.Wait()
}
