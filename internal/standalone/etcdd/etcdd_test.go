package etcdd

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.uber.org/zap"

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

// A server that was killed after it had made its log, and before it had written to it,
// never had a leader again.
func TestAFirstStartThatWasKilledIsDoneAgain(t *testing.T) {
	cfg := Config{Dir: t.TempDir(), Password: "secret", AgentPassword: "other", AgentPrefix: "/millrace/agent/"}
	log := filepath.Join(cfg.Dir, "member", "wal")
	if err := begin(cfg.Dir, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(log, 0o700); err != nil {
		t.Fatal(err)
	}
	w, err := wal.Create(zap.NewNop(), log, nil) // as etcd makes it
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s := start(t, cfg)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	dial := func(s *Server) *clientv3.Client {
		c, err := etcd.Dial(ctx, s.Etcd(), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	if _, err := dial(s).Put(ctx, "kept", "1"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	again, err := dial(start(t, cfg)).Get(ctx, "kept")
	if err != nil || len(again.Kvs) != 1 {
		t.Errorf("what was written since is gone: %v, %v", again, err)
	}
}

// The mark of a first start that did not end says nothing of what was put beside it later.
func TestDataThatIsPutBesideAnUnfinishedStartIsKept(t *testing.T) {
	text := &bytes.Buffer{}
	cfg := Config{Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(text, nil))}
	if err := begin(cfg.Dir, cfg.Log); err != nil {
		t.Fatal(err)
	}
	for _, aside := range []string{"member.unfinished", "member.unfinished-2"} {
		if err := os.MkdirAll(filepath.Join(cfg.Dir, "member", "snap"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(cfg.Dir, "member", "snap", "db"), []byte(aside), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := begin(cfg.Dir, cfg.Log); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(cfg.Dir, aside, "snap", "db")); err != nil || string(b) != aside {
			t.Errorf("%s holds %q, %v", aside, b, err)
		}
		if !strings.Contains(text.String(), filepath.Join(cfg.Dir, aside)) {
			t.Errorf("the log does not name %s: %s", aside, text)
		}
	}
	start(t, cfg)
}
