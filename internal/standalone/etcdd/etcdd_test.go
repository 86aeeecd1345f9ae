package etcdd

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/etcd"
)

func start(t *testing.T, cfg Config) *Server {
	t.Helper()
	cfg.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	begin := time.Now()
	s, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %v", time.Since(begin))
	t.Cleanup(s.Close)
	return s
}

func TestTheServerKeepsItsDataAndAsksForPasswords(t *testing.T) {
	cfg := Config{Dir: t.TempDir(), Password: "secret", AgentPassword: "other", AgentPrefix: "/millrace/agent/"}
	for range 2 {
		s := start(t, cfg)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		begin := time.Now()
		c, err := etcd.Dial(ctx, s.Etcd(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Put(ctx, "/millrace/agent/x", "1"); err != nil {
			t.Fatal(err)
		}
		t.Logf("logged in and wrote after %v", time.Since(begin))
		_ = c.Close()

		agent, err := etcd.Dial(ctx, s.Agent(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := agent.Get(ctx, "/millrace/agent/x"); err != nil {
			t.Error(err)
		}
		if _, err := agent.Get(ctx, "/millrace/collections/x"); err == nil {
			t.Error("the agent may read what is not for it")
		}
		if _, err := agent.Put(ctx, "/millrace/agent/x", "2"); err == nil {
			t.Error("the agent may write")
		}
		_ = agent.Close()
		cancel()
		s.Close()
		cfg.Port = s.Port()
	}
}

func TestDataThatCannotBeOpenedIsAnErrorThatSaysWhy(t *testing.T) {
	cfg := Config{Dir: t.TempDir()}
	start(t, cfg).Close()
	if err := os.WriteFile(filepath.Join(cfg.Dir, "member", "snap", "db"), make([]byte, 64<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Start(t.Context(), cfg)
	if err == nil {
		s.Close()
		t.Fatal("it starts")
	}
	if !strings.Contains(err.Error(), "invalid database") || !strings.Contains(err.Error(), cfg.Dir) {
		t.Errorf("error %q", err)
	}
}
