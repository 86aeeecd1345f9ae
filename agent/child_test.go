package agent_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/agent"
)

// childEnv holds the configuration of an agent that runs as a process of its own,
// to be killed.
const childEnv = "MILLRACE_TEST_CHILD"

func TestMain(m *testing.M) {
	if cfg := os.Getenv(childEnv); cfg != "" {
		runChild(cfg)
		return
	}
	code := m.Run()
	if code == 0 {
		code = checkLeaks()
	}
	os.Exit(code)
}

// checkLeaks fails the package when an agent left a goroutine behind. What the
// embedded servers and the libraries keep is not ours.
func checkLeaks() int {
	err := goleak.Find(
		goleak.IgnoreAnyFunction("github.com/twmb/franz-go/pkg/kfake.(*Cluster).run"),
		goleak.IgnoreAnyFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"),
		goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"),
		goleak.IgnoreAnyFunction("go.etcd.io/etcd/server/v3/embed.StartEtcd"),
		goleak.IgnoreTopFunction("github.com/IBM/sarama.withRecover"),
	)
	if err == nil {
		return 0
	}
	if ours := onlyOurs(err.Error()); ours != "" {
		os.Stderr.WriteString("goroutines are left:\n" + ours)
		return 1
	}
	return 0
}

func runChild(text string) {
	var cfg agent.Config
	if err := json.Unmarshal([]byte(text), &cfg); err != nil {
		panic(err)
	}
	a, err := agent.New(cfg, agent.Deps{Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))})
	if err != nil {
		panic(err)
	}
	if err := a.Run(context.Background()); err != nil {
		panic(err)
	}
}

// startChild runs the agent as a process; kill ends it with SIGKILL.
func (b *bench) startChild() (kill func()) {
	b.t.Helper()
	cmd := b.spawn()
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // "signal: killed" is what we asked for
	})
	b.stop = kill
	return kill
}

func (b *bench) spawn() *exec.Cmd {
	b.t.Helper()
	cmd := b.command()
	if os.Getenv("MILLRACE_TEST_LOG") != "" || built() == "" {
		cmd.Stderr = os.Stderr
	}
	must(b.t, cmd.Start())
	return cmd
}

// command runs this program again as the agent, or the built one.
func (b *bench) command() *exec.Cmd {
	b.t.Helper()
	if program := built(); program != "" {
		b.monitor = freeAddr()
		return exec.Command(program, "run", "--metrics", b.monitor, "--config", b.configFile())
	}
	text, err := json.Marshal(b.cfg)
	must(b.t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	return cmd
}

// inputs are the inputs as an operator writes them.
func (b *bench) inputs() (all []map[string]any) {
	for i := range b.cfg.Inputs {
		in := &b.cfg.Inputs[i]
		m := map[string]any{"name": in.Name, "kind": in.Kind}
		for key, value := range map[string]string{"path": in.Path, "journalctl": in.Journalctl} {
			if value != "" {
				m[key] = value
			}
		}
		if in.Listen != nil {
			m["listen"] = in.Listen
		}
		if in.SpoolBytes > 0 {
			m["spool_bytes"] = in.SpoolBytes
		}
		all = append(all, m)
	}
	return all
}

// configFile is the configuration as an operator writes it.
func (b *bench) configFile() string {
	b.t.Helper()
	text, err := json.Marshal(map[string]any{
		"kafka": map[string]any{"brokers": b.cfg.Kafka.Brokers},
		"etcd":  map[string]any{"endpoints": b.cfg.Etcd.Endpoints},
		"agent": map[string]any{
			"host": b.cfg.Host, "host_id": b.cfg.HostID, "state_dir": b.cfg.StateDir, "allow_paths": b.cfg.AllowPaths,
			"inputs": b.inputs(), "scan_every": b.cfg.ScanEvery.String(), "grace": b.cfg.Grace.String(),
		},
	})
	must(b.t, err)
	path := filepath.Join(filepath.Dir(b.logs), "agent.yaml") // JSON is YAML
	must(b.t, os.WriteFile(path, text, 0o600))
	return path
}
