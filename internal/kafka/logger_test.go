package kafka

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestALibraryMayNotFloodTheLog(t *testing.T) {
	var out bytes.Buffer
	l := NewLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})), slog.LevelDebug)
	now := time.Unix(1_000_000, 0)
	l.now = func() time.Time { return now }
	for i := range 100 {
		l.Printf("line %d\n", i)
	}
	if got := strings.Count(out.String(), "\n"); got != linesPerSecond {
		t.Errorf("%d lines in one second, want %d", got, linesPerSecond)
	}
	out.Reset()
	now = now.Add(time.Second)
	l.Println("next", "second")
	if got := out.String(); !strings.Contains(got, `text="next second" left_out=95`) {
		t.Errorf("%q does not say how many lines were left out", got)
	}
	out.Reset()
	NewLogger(slog.New(slog.NewTextHandler(&out, nil)), slog.LevelDebug).Print("below the level")
	if out.Len() > 0 {
		t.Errorf("written below the level: %q", out.String())
	}
}
