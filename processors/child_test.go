package processors_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/processors"
)

// childEnv tells the test binary to be a processor that its parent can kill -9. Its
// value names one of childSteps.
const childEnv = "MILLRACE_TEST_PROCESSOR"

// childSpecs are what a child can run.
var childSpecs = map[string]processors.Spec{}

// child is the main function of such a process.
func child() int {
	spec, ok := childSpecs[os.Getenv(childEnv)]
	if !ok {
		return 2
	}
	cfg := processors.DefaultConfig()
	cfg.Kafka.Brokers = strings.Split(os.Getenv(childEnv+"_BROKERS"), ",")
	cfg.StateDir = os.Getenv(childEnv + "_STATE")
	cfg.SessionTimeout = sessionTimeout()
	cfg.StaticMember = os.Getenv(childEnv + "_STATIC")
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := processors.Run(context.Background(), cfg, spec, processors.Deps{Log: log}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// sessionTimeout is how long groups wait for a killed instance.
func sessionTimeout() time.Duration {
	if d, err := time.ParseDuration(os.Getenv("MILLRACE_REAL_SESSION")); err == nil {
		return d
	}
	return 2 * time.Second
}

// startChild runs a spec of childSpecs in a process of its own; kill ends it as
// kill -9 does.
func startChild(t *testing.T, b *broker, name, stateDir string, env ...string) (kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+name,
		childEnv+"_BROKERS="+strings.Join(b.addrs, ","), childEnv+"_STATE="+stateDir)
	cmd.Env = append(cmd.Env, env...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killed := false
	kill = func() {
		if !killed {
			killed = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // "signal: killed"
		}
	}
	t.Cleanup(kill)
	return kill
}
