package standalone_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/standalone"
)

func start(t *testing.T, dir string) *standalone.Servers {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	begin := time.Now()
	s, err := standalone.Start(ctx, standalone.Config{DataDir: dir, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %v", time.Since(begin))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestTheFolderBelongsToOneProcess(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	_, err := standalone.Start(t.Context(), standalone.Config{DataDir: dir})
	if !errors.Is(err, standalone.ErrInUse) {
		t.Errorf("a second start got %v", err)
	}
	kafka, etcd := s.Kafka().Brokers[0], s.Etcd().Endpoints[0]
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := start(t, dir)
	if again.Kafka().Brokers[0] != kafka || again.Etcd().Endpoints[0] != etcd {
		t.Error("the addresses changed over a restart although the ports were free")
	}
}

func TestTheFolderAndTheConfigFileAreForTheirOwner(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := start(t, dir)
	file := filepath.Join(dir, "millrace.yaml")
	if err := s.WriteConfig(file); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, file: 0o600, filepath.Join(dir, "servers.json"): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
}
