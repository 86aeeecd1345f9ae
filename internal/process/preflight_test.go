package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/wire"
)

func TestPreflightStopsForRefusalsOnly(t *testing.T) {
	var logged bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logged, nil))
	refusal := func(server string) Probe {
		return func(context.Context) error {
			return fmt.Errorf("somewhere: %w", &wire.Refusal{Server: server, Addr: "a:1", What: "wrong", Do: "repair it"})
		}
	}
	away := func(context.Context) error { return errors.New("connection refused") }
	well := func(context.Context) error { return nil }
	err := Preflight(t.Context(), log, refusal("kafka"), away, well, refusal("etcd"))
	if want := "kafka at a:1: wrong; repair it\netcd at a:1: wrong; repair it"; err == nil || err.Error() != want {
		t.Errorf("said %v, want %s", err, want)
	}
	if strings.Count(logged.String(), "\n") != 1 || !strings.Contains(logged.String(), "connection refused") {
		t.Errorf("logged %s", &logged)
	}
	if err := Preflight(t.Context(), log, away, well); err != nil {
		t.Errorf("nobody refused: %v", err)
	}
}
