package demo

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// runFor runs a shop in dir until its log has grown beyond bytes.
func runFor(t *testing.T, cfg Config, grown func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, cfg) }()
	for !grown() {
		select {
		case err := <-ended:
			t.Fatalf("ended: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return -1
	}
	return info.Size()
}

func TestFilesRotateAtTheirSize(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := filepath.Join(t.TempDir(), "logs")
	access := filepath.Join(dir, Names[Access])
	cfg := Config{Dir: dir, Rate: 200, History: 3 * time.Minute, MaxBytes: 512 << 10, Keep: 2}
	runFor(t, cfg, func() bool {
		b, _ := os.ReadFile(access)
		return bytes.Contains(b, []byte(time.Now().Format("[02/Jan/2006:15:04:")))
	})
	for name, exists := range map[string]bool{access: true, access + ".1": true, access + ".2": true, access + ".3": false} {
		n := size(name)
		if (n >= 0) != exists || n > cfg.MaxBytes {
			t.Errorf("%s has %d bytes", filepath.Base(name), n)
		}
	}
}

func TestAnEmptyFolderGetsAHistory(t *testing.T) {
	defer goleak.VerifyNone(t)
	worker := filepath.Join(t.TempDir(), Names[Worker])
	began := time.Now()
	runFor(t, Config{Dir: filepath.Dir(worker), Rate: 20, History: 3 * time.Minute}, func() bool { return size(worker) > 32 })
	first, err := os.ReadFile(worker)
	if err != nil || len(first) < 32 {
		t.Fatalf("no worker log: %v", err)
	}
	if at, err := time.Parse("2006-01-02T15:04:05.000000-07:00", string(first[:32])); err != nil || began.Sub(at) < 30*time.Second {
		t.Errorf("the history begins at %s, error %v", at, err)
	}
}

func TestALaterRunGoesOnWhereTheFilesEnd(t *testing.T) {
	dir := t.TempDir()
	access := filepath.Join(dir, Names[Access])
	if err := os.WriteFile(access, []byte("before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	runFor(t, Config{Dir: dir, Rate: 500, History: time.Hour}, func() bool { return size(access) > 1000 })
	text, err := os.ReadFile(access)
	if err != nil || !strings.HasPrefix(string(text), "before\n") || len(text) > 1<<20 {
		t.Errorf("%d bytes, error %v", len(text), err)
	}
}

func TestWhatCannotBeWrittenIsAnError(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Run(t.Context(), Config{Dir: filepath.Join(taken, "logs")}); err == nil {
		t.Error("no error")
	}
	if err := Run(t.Context(), Config{Dir: t.TempDir(), Rate: -1}); err == nil || !strings.Contains(err.Error(), "rate") {
		t.Errorf("error %v", err)
	}
}
