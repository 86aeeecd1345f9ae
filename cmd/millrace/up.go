package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/admin"
	"github.com/millrace/millrace/agent"
	"github.com/millrace/millrace/cmd/millrace/demo"
	"github.com/millrace/millrace/indexer"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/process"
	"github.com/millrace/millrace/internal/settings"
	"github.com/millrace/millrace/internal/standalone"
	"github.com/millrace/millrace/processors/enrich"
)

// stopWithin bounds the end of `up`, which promises 10 s; what has not drained
// then is done again at the next start.
const stopWithin = 9 * time.Second

// demoFolder is where in the data folder the demo shop writes.
const demoFolder = "demo-logs"

type upCmd struct {
	process.Common
	Data       string   `default:"./millrace-data" placeholder:"DIR" help:"Folder for all data; one process at a time. Default: ${default}."`
	HTTP       string   `name:"http" placeholder:"ADDR" help:"Address of the API and the page. Default: 127.0.0.1:9090; port 0 is any free one."`
	Host       string   `placeholder:"NAME" help:"Name of this host, the key of its records. Default: the system's host name."`
	AllowPaths []string `placeholder:"GLOB" help:"Files that may be read at all, whatever collections say. Default: /var/log/**."`
	Token      string   `placeholder:"FILE" help:"File with the token that every API request must bear."`
	Samples    bool     `help:"Publish collections for the usual logs of this machine, where there are none of their names."`
	Demo       bool     `help:"Run a small shop that writes logs to DATA/demo-logs, and collect them."`
	extraFlags
}

// Help is what `--help` adds.
func (upCmd) Help() string {
	return "The first look, with the logs of this machine and a shop to play with:\n\n" +
		"    millrace up --samples --demo\n\n" +
		"Standard output gets one line, \"ready http://ADDR\", when everything answers; all else goes to standard error. " +
		"Ctrl-C lets what is under way reach its end, for 10 s at most; a second one ends at once. Neither loses a line."
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
	extra     extraRole
	data      string // absolute, without symlinks
	token     string // the token's file
}

// Run runs everything until ctx ends, then drains from the files downwards:
//
//	files ─► agent ─► Kafka ─► processors ─► Kafka ─► indexer ─► search ◄─ admin
func (c *upCmd) Run(ctx context.Context, env *process.Env) error {
	src := c.Source(env, map[string]any{
		"admin.http": c.HTTP, "admin.token": c.Token, "agent.host": c.Host, "agent.allow_paths": c.AllowPaths,
	})
	s, err := c.build(ctx, env, src)
	if err != nil {
		return err
	}
	log := s.telemetry.Log
	announced, stop := context.WithCancel(ctx)
	defer stop()
	go func() { // ends with announced
		if err := c.welcome(announced, env, s); err != nil {
			log.Error("standard output", "error", err)
		}
	}()
	stack := process.Stack{Log: log, StopWithin: stopWithin, Parts: []process.Part{
		{Name: "embedded servers", Run: s.hold},
		{Name: "admin", Run: s.admin.Run},
		{Name: "indexer", Run: s.index},
		{Name: "processors", Run: func(ctx context.Context) error { return runProcessors(ctx, s.enrich, s.telemetry) }},
		{Name: "agent", Run: s.agent.Run},
	}}
	if len(s.extra.specs) > 0 {
		stack.Parts = slices.Insert(stack.Parts, 2, process.Part{Name: "extra processors", Run: s.extra.run(s.telemetry)})
	}
	if c.Demo {
		stack.Parts = append(stack.Parts, process.Part{Name: "demo shop", Run: s.shop})
	}
	context.AfterFunc(announced, func() {
		if ctx.Err() != nil {
			log.Info("stopping: what was read goes on to the index first, 10 s at most; Ctrl-C again ends at once")
		}
	})
	return stack.Run(ctx)
}

// hold keeps the servers until everything else has ended.
func (s *site) hold(ctx context.Context) error {
	<-ctx.Done()
	return s.servers.Close()
}

// shop writes the demo's logs. A full disk is no reason to stop collecting.
func (s *site) shop(ctx context.Context) error {
	if err := demo.Run(ctx, demo.Config{Dir: filepath.Join(s.data, demoFolder), Seed: demoSeed, History: demoHistory}); err != nil {
		s.telemetry.Log.Warn("the demo shop is closed", "error", err)
	}
	<-ctx.Done()
	return nil
}

// build opens what may be refused first, then starts the servers and makes every role,
// each with its own folder.
func (c *upCmd) build(ctx context.Context, env *process.Env, src settings.Source) (*site, error) {
	telemetry, err := process.NewTelemetry(src, env.Stderr)
	if err != nil {
		return nil, err
	}
	roles, err := loadRoles(src)
	if err != nil {
		return nil, err
	}
	if roles.extra, err = c.load(src, roles.enrich.Config); err != nil {
		return nil, err
	}
	if idle := roles.idle(); len(idle) > 0 {
		telemetry.Log.Warn("up has servers and folders of its own: these settings have no effect", "settings", strings.Join(idle, ", "))
	}
	if err := readable(roles.admin.TokenFile); err != nil {
		return nil, err
	}
	s := &site{telemetry: telemetry, health: &obs.Health{}, token: roles.admin.TokenFile}
	if s.listener, err = listen(ctx, roles.admin.HTTP); err != nil {
		return nil, err
	}
	s.servers, err = standalone.Start(ctx, standalone.Config{DataDir: c.Data, Log: telemetry.Log, Registerer: telemetry.Registry})
	if err != nil {
		return nil, errors.Join(dataError(err), s.listener.Close())
	}
	if s.data, err = realPath(c.Data); err == nil {
		if c.Demo {
			roles.agent.AllowPaths = append(roles.agent.AllowPaths, demo.Glob(filepath.Join(s.data, demoFolder)))
		}
		err = s.roles(roles)
	}
	if err != nil {
		return nil, errors.Join(err, s.servers.Close(), s.listener.Close())
	}
	return s, nil
}

// realPath is absolute and without symlinks: what allow_paths must cover.
func realPath(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// readable tells of a token's file that cannot be read before anything is started.
func readable(token string) error {
	if token == "" {
		return nil
	}
	f, err := os.Open(token)
	if err != nil {
		return fmt.Errorf("--token: %w", err)
	}
	return f.Close()
}

// roleConfigs are the settings of the roles, without addresses.
type roleConfigs struct {
	agent   agent.Config
	enrich  enrich.Config
	indexer indexer.Config
	admin   admin.Config
	extra   extraRole
}

func defaultRoles() roleConfigs {
	return roleConfigs{agent: agent.Default(), enrich: enrich.Default(), indexer: indexer.Default(), admin: admin.Default()}
}

func loadRoles(src settings.Source) (roleConfigs, error) {
	r := defaultRoles()
	return r, distinct(errors.Join(
		src.Load("agent", &r.agent), src.Load("processor", &r.enrich), src.Load("indexer", &r.indexer), src.Load("admin", &r.admin)))
}

// distinct is err with each problem once: what is wrong with a section that all roles
// read is found by each of them.
func distinct(err error) error {
	var told []error
	var add func(error)
	add = func(err error) {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range joined.Unwrap() {
				add(one)
			}
		} else if !slices.ContainsFunc(told, func(t error) bool { return t.Error() == err.Error() }) {
			told = append(told, err)
		}
	}
	if err != nil {
		add(err)
	}
	return errors.Join(told...)
}

// idle are settings that somebody gave and that up decides by itself.
func (r *roleConfigs) idle() []string {
	usual := defaultRoles()
	var idle []string
	for name, is := range map[string][2]any{
		"kafka":               {r.admin.Kafka, usual.admin.Kafka},
		"etcd":                {r.admin.Etcd, usual.admin.Etcd},
		"elasticsearch":       {r.admin.Elastic, usual.admin.Elastic},
		"admin.topics":        {r.admin.Topics, usual.admin.Topics},
		"agent.state_dir":     {r.agent.StateDir, usual.agent.StateDir},
		"processor.state_dir": {r.enrich.StateDir, usual.enrich.StateDir},
	} {
		if !reflect.DeepEqual(is[0], is[1]) {
			idle = append(idle, name)
		}
	}
	slices.Sort(idle)
	return idle
}

// roles makes the roles against the embedded servers.
func (s *site) roles(r roleConfigs) (err error) {
	if _, err := writeConfig(s.servers, s.data); err != nil {
		return err
	}
	log, registry := s.telemetry.Log, s.telemetry.Registry

	r.agent.Kafka, r.agent.Etcd = s.servers.Kafka(), s.servers.AgentEtcd()
	r.agent.Shared = true
	r.agent.StateDir, r.agent.Version = filepath.Join(s.data, "agent"), obs.Build().Version
	if s.agent, err = agent.New(r.agent, agent.Deps{Log: log, Registry: registry}); err != nil {
		return err
	}

	s.enrich = r.enrich
	s.enrich.Kafka, s.enrich.Etcd = s.servers.Kafka(), s.servers.Etcd()
	s.enrich.StateDir, s.enrich.Replication = filepath.Join(s.data, "processor"), 1

	s.extra = r.extra
	s.extra.cfg.Kafka, s.extra.cfg.StateDir, s.extra.cfg.Replication = s.servers.Kafka(), filepath.Join(s.data, "extra"), 1

	r.indexer.Kafka, r.indexer.Elastic = s.servers.Kafka(), s.servers.Search()
	if s.indexer, s.index, err = newIndexer(r.indexer, nil, s.telemetry); err != nil {
		return err
	}

	r.admin.Kafka, r.admin.Etcd, r.admin.Elastic = s.servers.Kafka(), s.servers.Etcd(), s.servers.Search()
	r.admin.Topics = s.servers.Topics()
	s.admin, err = admin.New(r.admin, admin.Deps{Log: log, Registry: registry, Health: s.health, Listener: s.listener})
	if err != nil {
		return err
	}
	s.health.Add("indexer", templateCheck(s.indexer))
	s.health.Add("disk", s.servers.Room)
	return nil
}
