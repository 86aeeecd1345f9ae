package e2e

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// site is one Millrace: its data, its logs, and how to ask it. On embedded servers it
// is one `millrace up`; on real ones, and where a test asks for it, each role is a
// process.
type site struct {
	t     *testing.T
	data  string
	logs  string
	procs []*process // in the order in which they are stopped
	api   api
}

// bareSite runs nothing yet.
func bareSite(t *testing.T) *site {
	t.Helper()
	// The state folder must not lie under what may be collected.
	return &site{t: t, data: filepath.Join(t.TempDir(), "data"), logs: t.TempDir()}
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := bareSite(t)
	if shared != nil {
		s.serve()
	}
	s.up()
	return s
}

// file is the config of one who may do everything.
func (s *site) file() string { return filepath.Join(s.data, "servers.yaml") }

// of is the config of a role: on real servers it may do there what it must.
func (s *site) of(role string) string {
	if shared == nil {
		return s.file()
	}
	return filepath.Join(s.data, role+".yaml")
}

// up starts Millrace on the site's data and waits until it is ready.
func (s *site) up() {
	s.t.Helper()
	if shared != nil {
		s.admin()
		s.procs = append([]*process{s.agent("millrace-agent", "e2e"), s.processor("0"), s.indexer()}, s.procs...)
		return
	}
	up := start(s.t, "millrace", "up", "--data", s.data, "--http", "127.0.0.1:0", "--host", "e2e", "--allow-paths", s.logs+"/**")
	s.procs = []*process{up}
	s.ready(up)
}

// serve gives the site servers that hold nothing of an earlier test.
func (s *site) serve() {
	s.t.Helper()
	if shared != nil {
		wipe(s.t, s.data)
		return
	}
	p := start(s.t, "millrace", "servers", "--data", s.data)
	for range 4 { // kafka, etcd, elasticsearch, config
		text := p.line(30 * time.Second)
		if path, ok := strings.CutPrefix(text, "config "); ok && strings.TrimSpace(path) != s.file() {
			s.t.Errorf("the config is at %q", path)
		}
	}
	s.procs = append(s.procs, p)
}

// admin starts the role and waits until it is ready.
func (s *site) admin() {
	s.t.Helper()
	p := start(s.t, "millrace", "admin", "--config", s.of("admin"), "--http", "127.0.0.1:0")
	s.procs = append([]*process{p}, s.procs...)
	s.ready(p)
}

func (s *site) ready(p *process) {
	s.t.Helper()
	text := p.line(60 * time.Second)
	address, ok := strings.CutPrefix(text, "ready ")
	if !ok {
		s.t.Fatalf("the first line is %q, not ready", text)
	}
	s.api = api{t: s.t, base: address}
}

func (s *site) processor(instance string) *process {
	return start(s.t, "millrace", "processor", "--config", s.of("processor"), "--state-dir", filepath.Join(s.data, "processor"), "--instance", instance)
}

func (s *site) indexer() *process {
	return start(s.t, "millrace", "indexer", "--config", s.of("indexer"))
}

// agent runs the agent of a host by one of the two programs that have it.
func (s *site) agent(program, host string) *process {
	state := filepath.Join(s.data, "agent") // as `millrace up` has it
	if host != "e2e" {
		state += "-" + host
	}
	args := []string{"--config", s.of("agent"), "--host", host, "--state-dir", state, "--allow-paths", s.logs + "/**"}
	if program == "millrace" {
		args = append([]string{"agent"}, args...)
	}
	return start(s.t, program, args...)
}

// kill ends all of Millrace as a power cut would; real servers live on.
func (s *site) kill() {
	for _, p := range s.procs {
		p.kill()
	}
	s.procs = nil
}

// stop asks all of Millrace to end and checks that it does.
func (s *site) stop() {
	s.t.Helper()
	for _, p := range s.procs {
		p.stop()
	}
}
