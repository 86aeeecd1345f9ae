package obs

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func TestAKeeperRemembersTheNewestTrouble(t *testing.T) {
	var out bytes.Buffer
	var k Keeper
	log := k.Logger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelError}))).With("component", "x").WithGroup("g")
	log.Info("all is well")
	if k.Newest() != nil {
		t.Errorf("kept %+v", k.Newest())
	}
	log.Error("first", "error", errors.New("no etcd"))
	log.Warn("then", "count", 1, "error", errors.New("no kafka"))
	got := k.Newest()
	if got == nil || got.Text != "then: no kafka" || got.At.IsZero() {
		t.Errorf("kept %+v", got)
	}
	if s := out.String(); !strings.Contains(s, "first") || strings.Contains(s, "then") || !strings.Contains(s, "component=x") {
		t.Errorf("logged %s", s)
	}
}

func TestAKeeperNeedsNoLog(t *testing.T) {
	var k Keeper
	k.Logger(nil).Warn(strings.Repeat("x", 5000))
	if got := k.Newest(); got == nil || len(got.Text) != maxTrouble {
		t.Errorf("kept %+v", got)
	}
}
