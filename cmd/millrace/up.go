package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"github.com/millrace/millrace/admin"
	"github.com/millrace/millrace/agent"
	"github.com/millrace/millrace/cmd/internal/process"
	"github.com/millrace/millrace/indexer"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/settings"
	"github.com/millrace/millrace/internal/standalone"
	"github.com/millrace/millrace/processors/enrich"
)

// stopWithin bounds the end of `up`, which promises 10 s; what has not drained
// then is done again at the next start.
const stopWithin = 9 * time.Second

type upCmd struct {
	process.Common
	Data       string   `default:"./millrace-data" placeholder:"DIR" help:"Folder for all data; one process at a time. Default: ${default}."`
	HTTP       string   `name:"http" placeholder:"ADDR" help:"Address of the API and the page. Default: 127.0.0.1:9090; port 0 is any free one."`
	Host       string   `placeholder:"NAME" help:"Name of this host, the key of its records. Default: the system's host name."`
	AllowPaths []string `placeholder:"GLOB" help:"Files that may be read at all, whatever collections say. Default: /var/log/**."`
	Token      string   `placeholder:"FILE" help:"File with the token that every API request must bear."`
}

// site is everything that `up` runs.
type site struct {
	telemetry process.Telemetry
	servers   *standalone.Servers
	listener  net.Listener
	health    *obs.Health
	agent     *agent.Agent
	indexer   *indexer.Indexer
	index     func(context.Context) error // runs the indexer
	admin     *admin.Admin
	enrich    enrich.Config
}

// Run runs everything until ctx ends, then drains from the files downwards:
//
//	files ─► agent ─► Kafka ─► processors ─► Kafka ─► indexer ─► search ◄─ admin
func (c *upCmd) Run(ctx context.Context, env *process.Env) error {
	src := c.Source(env, map[string]any{
		"admin.http": c.HTTP, "admin.token": c.Token, "agent.host": c.Host, "agent.allow_paths": c.AllowPaths,
	})
	s, err := c.build(ctx, src)
	if err != nil {
		return err
	}
	announced, stop := context.WithCancel(ctx)
	defer stop()
	go func() { // ends with announced
		if err := process.AnnounceReady(announced, env.Stdout, s.listener.Addr(), s.health); err != nil {
			s.telemetry.Log.Error("standard output", "error", err)
		}
	}()
	stack := process.Stack{Log: s.telemetry.Log, StopWithin: stopWithin, Parts: []process.Part{
		{Name: "admin", Run: s.admin.Run},
		{Name: "indexer", Run: s.index},
		{Name: "processors", Run: func(ctx context.Context) error { return runProcessors(ctx, s.enrich, s.telemetry) }},
		{Name: "agent", Run: s.agent.Run},
	}}
	s.telemetry.Log.Info("other users of this machine can read what is collected here", "data", c.Data)
	return errors.Join(stack.Run(ctx), s.servers.Close())
}

// build starts the servers and makes every role, each with its own folder.
func (c *upCmd) build(ctx context.Context, src settings.Source) (*site, error) {
	telemetry, err := process.NewTelemetry(src)
	if err != nil {
		return nil, err
	}
	s := &site{telemetry: telemetry, health: &obs.Health{}}
	roles, err := loadRoles(src)
	if err != nil {
		return nil, err
	}
	s.servers, err = standalone.Start(ctx, standalone.Config{DataDir: c.Data, Log: telemetry.Log, Registerer: telemetry.Registry})
	if err != nil {
		return nil, err
	}
	if err := s.roles(ctx, roles, c.Data); err != nil {
		return nil, errors.Join(err, s.servers.Close())
	}
	return s, nil
}

// roleConfigs are the settings of the roles, without addresses.
type roleConfigs struct {
	agent   agent.Config
	enrich  enrich.Config
	indexer indexer.Config
	admin   admin.Config
}

func loadRoles(src settings.Source) (roleConfigs, error) {
	r := roleConfigs{agent: agent.Default(), enrich: enrich.Default(), indexer: indexer.Default(), admin: admin.Default()}
	return r, errors.Join(src.Load("agent", &r.agent), src.Load("processor", &r.enrich), src.Load("indexer", &r.indexer), src.Load("admin", &r.admin))
}

// roles makes the roles against the embedded servers.
func (s *site) roles(ctx context.Context, r roleConfigs, data string) (err error) {
	if _, err := writeConfig(s.servers, data); err != nil {
		return err
	}
	log, registry := s.telemetry.Log, s.telemetry.Registry

	r.agent.Kafka, r.agent.Etcd = s.servers.Kafka(), s.servers.AgentEtcd()
	r.agent.StateDir, r.agent.Version = filepath.Join(data, "agent"), obs.Build().Version
	if s.agent, err = agent.New(r.agent, agent.Deps{Log: log, Registry: registry}); err != nil {
		return err
	}

	s.enrich = r.enrich
	s.enrich.Kafka, s.enrich.Etcd = s.servers.Kafka(), s.servers.Etcd()
	s.enrich.StateDir, s.enrich.Replication = filepath.Join(data, "processor"), 1

	r.indexer.Kafka, r.indexer.Elastic = s.servers.Kafka(), s.servers.Search()
	if s.indexer, s.index, err = newIndexer(r.indexer, s.telemetry); err != nil {
		return err
	}

	r.admin.Kafka, r.admin.Etcd, r.admin.Elastic = s.servers.Kafka(), s.servers.Etcd(), s.servers.Search()
	r.admin.Topics = s.servers.Topics()
	if s.listener, err = process.Listen(ctx, r.admin.HTTP); err != nil {
		return fmt.Errorf("--http: %w", err)
	}
	s.admin, err = admin.New(r.admin, admin.Deps{Log: log, Registry: registry, Health: s.health, Listener: s.listener})
	if err != nil {
		return errors.Join(err, s.listener.Close())
	}
	s.health.Add("indexer", func(ctx context.Context) error {
		select {
		case <-s.indexer.Ready():
			return nil
		default:
			return errors.New("the search store has not taken the index template yet")
		}
	})
	return nil
}
