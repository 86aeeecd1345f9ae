// Package site is an installation of Millrace that can be struck: real servers, the
// built programs in several processes, and wires between them that can be cut.
//
//	agents, processors, indexers, admin ──► cut.Proxy (one a broker, one an etcd member) ──► servers
//	                   indexers, admin ──► cut.Proxy ──► cut.Answers ──► Elasticsearch
//
// Brokers tell clients the addresses of their proxies, so no client finds a way
// around; brokers and etcd members talk to one another directly. The harness itself
// looks at the servers directly, too. Close ends every process and goroutine.
package site

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/millrace/millrace/test/chaos/cut"
	"github.com/millrace/millrace/test/chaos/plan"
	"github.com/millrace/millrace/test/chaos/writer"
	"github.com/millrace/millrace/test/servers"
)

// Config says what is built up.
type Config struct {
	Bin                           string // folder of the built programs
	Dir                           string // for everything that is written
	Logs                          string // where hosts have their log files, a folder each
	Hosts                         []string
	Processors, Indexers, Brokers int
	Members                       int // of etcd
	// KafkaSettings are added to the brokers' configuration.
	KafkaSettings map[string]string
	// Settings are added to the roles' configuration file.
	Settings string
	// Partitions of every topic.
	Partitions int
}

// Site is a running installation.
type Site struct {
	cfg    Config
	Kafka  *servers.Kafka
	Etcd   *servers.Etcd
	Search *servers.Search
	// AdminURL is the address of the API.
	AdminURL string

	brokers, members []*cut.Proxy
	search           *cut.Proxy
	answers          *cut.Answers
	programs         map[plan.Role][]*program
	disks            []*disk // of the agents; empty when none can be made
}

// Start builds everything up and publishes nothing yet. ctx ends only the wait.
func Start(ctx context.Context, cfg Config) (*Site, error) {
	s := &Site{cfg: cfg, programs: map[plan.Role][]*program{}}
	for _, step := range []func(context.Context) error{s.startServers, s.startWires, s.startPrograms} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// startServers starts the proxies of the brokers first: a broker must know the
// address that it tells its clients.
func (s *Site) startServers(ctx context.Context) error {
	var told []string
	for range s.cfg.Brokers {
		p, err := cut.Listen(ctx, "127.0.0.1:0")
		if err != nil {
			return err
		}
		s.brokers, told = append(s.brokers, p), append(told, p.Address())
	}
	var err error
	if s.Kafka, err = servers.StartKafka(ctx, servers.KafkaOptions{Nodes: s.cfg.Brokers, Advertised: told, Settings: s.cfg.KafkaSettings}); err != nil {
		return err
	}
	if s.Etcd, err = servers.StartEtcd(ctx, servers.EtcdOptions{Members: s.cfg.Members}); err != nil {
		return err
	}
	s.Search, err = servers.StartSearch(ctx, servers.SearchOptions{HeapMB: 768})
	return err
}

func (s *Site) startWires(ctx context.Context) error {
	for i, target := range s.Kafka.Behind() {
		s.brokers[i].Pass(target)
	}
	for _, target := range s.Etcd.Config().Endpoints {
		p, err := cut.Listen(ctx, "127.0.0.1:0")
		if err != nil {
			return err
		}
		p.Pass(target)
		s.members = append(s.members, p)
	}
	var err error
	if s.answers, err = cut.NewAnswers(ctx, strings.TrimPrefix(s.Search.URL(), "http://")); err != nil {
		return err
	}
	if s.search, err = cut.Listen(ctx, "127.0.0.1:0"); err != nil {
		return err
	}
	s.search.Pass(s.answers.Address())
	return nil
}

// startPrograms starts every role with one configuration file.
func (s *Site) startPrograms(ctx context.Context) error {
	config, err := s.writeConfig()
	if err != nil {
		return err
	}
	millrace := filepath.Join(s.cfg.Bin, "millrace")
	add := func(role plan.Role, name, path string, args ...string) {
		s.programs[role] = append(s.programs[role], newProgram(s.cfg.Dir, name, path, append(args, "--config", config)...))
	}
	admin, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	s.AdminURL = "http://" + admin
	add(plan.Admin, "admin", millrace, "admin", "--http", admin)
	for i := range s.cfg.Processors {
		add(plan.Processor, fmt.Sprintf("processor-%d", i+1), millrace, "processor", "--state-dir", filepath.Join(s.cfg.Dir, "processor"), "--instance", fmt.Sprint(i+1))
	}
	for i := range s.cfg.Indexers {
		add(plan.Indexer, fmt.Sprintf("indexer-%d", i+1), millrace, "indexer")
	}
	for i, host := range s.cfg.Hosts {
		state := filepath.Join(s.cfg.Dir, "state-"+host)
		if err := s.addDisk(state); err != nil {
			return err
		}
		add(plan.Agent, fmt.Sprintf("agent-%d", i+1), filepath.Join(s.cfg.Bin, "millrace-agent"), "--host", host, "--state-dir", state,
			"--allow-paths", writer.Folder(s.cfg.Logs, host)+"/**")
	}
	for _, role := range []plan.Role{plan.Admin, plan.Processor, plan.Indexer, plan.Agent} {
		for _, p := range s.programs[role] {
			if err := p.Launch(); err != nil {
				return err
			}
		}
	}
	return nil
}

// addDisk gives an agent a small disk of its own, where this user may make one.
func (s *Site) addDisk(path string) error {
	d, err := mountDisk(path)
	if err == nil {
		s.disks = append(s.disks, d)
		return nil
	}
	return os.MkdirAll(path, 0o755)
}

// HasDisks says whether the disks of all agents can be filled.
func (s *Site) HasDisks() bool { return len(s.disks) == len(s.cfg.Hosts) }

func (s *Site) writeConfig() (string, error) {
	addresses := func(proxies []*cut.Proxy) string {
		var list []string
		for _, p := range proxies {
			list = append(list, fmt.Sprintf("%q", p.Address()))
		}
		return strings.Join(list, ", ")
	}
	path := filepath.Join(s.cfg.Dir, "roles.yaml")
	text := fmt.Sprintf(`kafka: {brokers: [%s]}
etcd: {endpoints: [%s]}
elasticsearch: {addresses: ["http://%s"]}
admin: {topics: {partitions: %d, replication: %d}}
processor: {replication: %d}
%s`, addresses(s.brokers), addresses(s.members), s.search.Address(), s.cfg.Partitions, s.cfg.Brokers, s.cfg.Brokers, s.cfg.Settings)
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// Shape is what of the site may be struck.
func (s *Site) Shape() plan.Shape {
	shape := plan.Shape{Cuts: cut.Modes(), Answers: cut.AnswerModes(), Session: sessionTimeout, Count: map[plan.Role]int{
		plan.Broker: s.cfg.Brokers, plan.Etcd: s.cfg.Members, plan.Search: 1, plan.Collection: 2, plan.StateDisk: len(s.disks),
	}}
	for role, list := range s.programs {
		shape.Count[role] = len(list)
	}
	return shape
}

// Told is what the programs' own ends and memory were.
func (s *Site) Told() (ends []string, memory map[string]int64) {
	memory = map[string]int64{}
	for _, list := range s.programs {
		for _, p := range list {
			p.sample()
			own, most := p.told()
			for _, text := range own {
				ends = append(ends, p.name+" "+text)
			}
			memory[p.name] = most
		}
	}
	return ends, memory
}

// Memory is what a role's programs hold now, in bytes, the largest of them.
func (s *Site) Memory(role plan.Role) int64 {
	var most int64
	for _, p := range s.programs[role] {
		most = max(most, p.sample())
	}
	return most
}

// Close kills everything.
func (s *Site) Close() error {
	var errs []error
	for _, list := range s.programs {
		for _, p := range list {
			p.Kill()
		}
	}
	for _, p := range append(append([]*cut.Proxy{s.search}, s.brokers...), s.members...) {
		if p != nil {
			p.Close()
		}
	}
	if s.answers != nil {
		errs = append(errs, s.answers.Close())
	}
	if s.Search != nil {
		errs = append(errs, s.Search.Close())
	}
	if s.Etcd != nil {
		errs = append(errs, s.Etcd.Close())
	}
	if s.Kafka != nil {
		errs = append(errs, s.Kafka.Close())
	}
	for _, d := range s.disks {
		errs = append(errs, d.close())
	}
	return errors.Join(errs...)
}

// freeAddress is a loopback address that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
