package process

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/obs"
)

func TestALongStartIsToldOnceWhatItWaitsFor(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var log bytes.Buffer
	asked, health := 0, &obs.Health{}
	health.Add("disk", func(context.Context) error {
		if asked++; asked > 5 {
			return nil
		}
		return errors.New("full")
	})
	health.Add("etcd", func(context.Context) error { return nil })
	if !awaitReady(ctx, health, slog.New(slog.NewTextHandler(&log, nil)), checkEvery) {
		t.Fatal("it was never ready")
	}
	if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), `waits_for="disk: full"`) {
		t.Errorf("logged %s", &log)
	}
}
