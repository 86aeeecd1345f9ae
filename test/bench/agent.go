package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/kafka"
	contract "github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/topic"
	"github.com/millrace/millrace/test/servers"
)

// agentCmd measures the agent alone: what a line costs it, beside rsyslog on the
// same files and the same broker; how much it can hold; how soon a line arrives.
type agentCmd struct {
	Lines   int      `default:"3000000" help:"Lines of each hot run."`
	Files   []int    `default:"1,50" help:"In how many files these lines lie, one run for each."`
	Parts   []string `default:"hot,fleet,scale,latency" help:"What to measure: hot, fleet, scale, latency, rotation, kill."`
	Brokers []string `help:"Addresses of a Kafka that runs already. Default: a real one is started."`
	Bin     string   `default:"bin" help:"Folder of the built programs."`
	Rsyslog string   `default:"rsyslogd" help:"rsyslog's program, with its omkafka module; none skips it."`
	Profile string   `help:"Folder for CPU profiles of the agent."`
	Seconds int      `default:"20" help:"How long the fleet writes, idle is measured, and lines are timed."`
	Hosts   int      `default:"200" help:"Hosts of the fleet."`
}

// stand is where agents are measured: one folder, one broker, one etcd.
type stand struct {
	o     *agentCmd
	dir   string
	kafka kafka.Config
	etcd  etcd.Config
	keys  *clientv3.Client
	topic *ends
	runs  int
	close []func() error
}

func (c *agentCmd) run(ctx context.Context) (err error) {
	s, err := newStand(ctx, c)
	if err != nil {
		return err
	}
	defer func() {
		for i := len(s.close) - 1; i >= 0; i-- {
			err = errors.Join(err, s.close[i]())
		}
	}()
	parts := map[string]func(context.Context) error{
		"hot": s.hot, "fleet": s.fleet, "scale": s.scale, "latency": s.latency, "rotation": s.rotation, "kill": s.kill,
	}
	for _, name := range c.Parts {
		part, ok := parts[name]
		if !ok {
			return fmt.Errorf("there is nothing called %q to measure", name)
		}
		if err := part(ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func newStand(ctx context.Context, c *agentCmd) (*stand, error) {
	dir, err := os.MkdirTemp("", "millrace-bench-")
	if err != nil {
		return nil, err
	}
	s := &stand{o: c, dir: dir, close: []func() error{func() error { return os.RemoveAll(dir) }}}
	if s.kafka.Brokers = c.Brokers; len(c.Brokers) == 0 {
		fmt.Fprintln(os.Stderr, "starting Kafka…")
		k, err := servers.StartKafka(ctx, servers.KafkaOptions{JVM: optimising})
		if err != nil {
			return nil, err
		}
		s.close = append(s.close, k.Close)
		s.kafka = k.Config()
	}
	if err := s.startEtcd(ctx); err != nil {
		return nil, err
	}
	var specs []kafka.TopicSpec
	for _, name := range []string{topic.Raw, topic.Agents, topic.AgentSources, rsyslogTopic} {
		specs = append(specs, kafka.TopicSpec{Name: name, Partitions: 3, Replication: 1, Config: map[string]string{"max.message.bytes": fmt.Sprint(topic.RecordLimit)}})
	}
	if err := kafka.EnsureTopics(ctx, s.kafka, specs); err != nil {
		return nil, err
	}
	if s.topic, err = newEnds(s.kafka); err != nil {
		return nil, err
	}
	s.close = append(s.close, s.topic.close)
	return s, nil
}

func (s *stand) startEtcd(ctx context.Context) error {
	e, err := servers.StartEtcd(ctx, servers.EtcdOptions{})
	if err != nil {
		return err
	}
	s.close = append(s.close, e.Close)
	s.etcd = e.Config()
	if s.keys, err = clientv3.New(clientv3.Config{Endpoints: s.etcd.Endpoints}); err == nil {
		s.close = append(s.close, s.keys.Close)
	}
	return err
}

// host is a host of its own for each run: a folder of logs and an agent.
type host struct {
	*stand
	name string
	logs string
}

func (s *stand) newHost(ctx context.Context, glob string) (*host, error) {
	s.runs++
	h := &host{stand: s, name: fmt.Sprintf("host-%d", s.runs)}
	h.logs = filepath.Join(s.dir, h.name, "logs")
	if err := os.MkdirAll(h.logs, 0o755); err != nil {
		return nil, err
	}
	return h, s.publish(ctx, h.name, filepath.Join(h.logs, glob))
}

// publish tells the agents of a host what to collect.
func (s *stand) publish(ctx context.Context, host, glob string) error {
	c := contract.Collection{Name: host, App: "shop", Paths: []string{glob}, Select: contract.Select{Hosts: []string{host}}}
	rev, err := c.Revision()
	if err != nil {
		return err
	}
	value, err := json.Marshal(c.ForAgents(rev))
	if err != nil {
		return err
	}
	_, err = s.keys.Put(ctx, contract.AgentKey(host), string(value))
	return err
}

// agent starts the host's agent.
func (h *host) agent(ctx context.Context) (*process, error) {
	config, err := h.config(h.name)
	if err != nil {
		return nil, err
	}
	addr, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	if err := (options{Profile: h.o.Profile}).profile(h.name); err != nil {
		return nil, err
	}
	p, err := spawn(ctx, filepath.Join(h.o.Bin, "millrace-agent"), "run", "--config", config, "--host", h.name,
		"--state-dir", filepath.Join(h.dir, h.name, "state"), "--allow-paths", h.logs+"/**", "--metrics", addr)
	if err == nil {
		p.addr = addr
	}
	return p, err
}

// config writes the servers' addresses as an operator does.
func (s *stand) config(name string) (string, error) {
	path := filepath.Join(s.dir, name+".yaml")
	text := fmt.Sprintf("kafka:\n  brokers: [%s]\netcd:\n  endpoints: [%s]\n", quoted(s.kafka.Brokers), quoted(s.etcd.Endpoints))
	return path, os.WriteFile(path, []byte(text), 0o600)
}

func quoted(all []string) string { return `"` + strings.Join(all, `", "`) + `"` }

const (
	shippedLines = "millrace_agent_shipped_lines_total"
	// looks is how often a program is asked how far it is; asking costs it, too.
	looks = 250 * time.Millisecond
)

// shipped waits until the agent has shipped so many lines.
func (p *process) shipped(ctx context.Context, lines int) error {
	return poll(ctx, looks, stageMost, func() (bool, error) {
		got, err := p.metric(ctx, shippedLines)
		return err == nil && got >= float64(lines), nil // it may not serve yet
	})
}

// hot ships files that lay there before, with each program in turn.
func (s *stand) hot(ctx context.Context) error {
	fmt.Printf("%-10s %6s %10s %12s %10s %8s\n", "hot", "files", "lines", "CPU-s per M", "lines/s", "RSS")
	for _, files := range s.o.Files {
		h, err := s.newHost(ctx, "*.log")
		if err != nil {
			return err
		}
		for i := range files {
			if err := writeLines(filepath.Join(h.logs, fmt.Sprintf("app-%02d.log", i)), s.o.Lines/files); err != nil {
				return err
			}
		}
		lines := s.o.Lines / files * files
		ours, err := h.time(ctx, lines, h.agent, func(p *process) error { return p.shipped(ctx, lines) })
		if err != nil {
			return err
		}
		ours.show("millrace", files)
		if s.o.Rsyslog == "none" {
			continue
		}
		before, err := s.topic.records(rsyslogTopic)
		if err != nil {
			return err
		}
		theirs, err := h.time(ctx, lines, h.rsyslog, func(*process) error { return s.topic.await(ctx, rsyslogTopic, before+int64(lines)) })
		if err != nil {
			return fmt.Errorf("rsyslog: %w", err)
		}
		theirs.show("rsyslog", files)
		fmt.Printf("%-10s %6d %23.1f times less\n", "", files, theirs.perMillion()/ours.perMillion())
		if err := os.RemoveAll(h.logs); err != nil {
			return err
		}
	}
	return nil
}

func (r row) show(name string, files int) {
	fmt.Printf("%-10s %6d %10d %12.2f %10.0f %5d MB\n", name, files, r.lines, r.perMillion(), float64(r.lines)/r.wall.Seconds(), r.cost.rss>>20)
}

// time runs a program until it is done.
func (h *host) time(ctx context.Context, lines int, start func(context.Context) (*process, error), done func(*process) error) (row, error) {
	began := time.Now()
	p, err := start(ctx)
	if err != nil {
		return row{}, err
	}
	if err := done(p); err != nil {
		return row{}, errors.Join(err, p.stop())
	}
	wall := time.Since(began)
	cost, err := p.usage()
	return row{lines: lines, wall: wall, cost: cost}, errors.Join(err, p.stop())
}

// fleet is many agents with a few quiet files each, in one process.
func (s *stand) fleet(ctx context.Context) error {
	config, err := s.config("fleet")
	if err != nil {
		return err
	}
	w := &world{dir: filepath.Join(s.dir, "fleet"), config: config, o: options{
		Hosts: s.o.Hosts, Files: 5, Rate: 2.4, Seconds: s.o.Seconds, Profile: s.o.Profile,
	}, publish: s.publish}
	if err := os.MkdirAll(w.logs(), 0o755); err != nil {
		return err
	}
	r, err := w.fleetAgents(ctx)
	for _, p := range w.procs {
		err = errors.Join(err, p.stop())
	}
	if err == nil {
		fmt.Printf("fleet of %d: %.1f CPU-s per M lines, %.2f %% of a core each\n", s.o.Hosts, r.perMillion(), 100*r.cost.cpu.Seconds()/r.wall.Seconds()/float64(s.o.Hosts))
	}
	return err
}
