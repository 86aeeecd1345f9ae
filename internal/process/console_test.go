package process

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func TestTheConsoleWritesOneLineAFact(t *testing.T) {
	var out bytes.Buffer
	gate := slog.Default().Handler()
	log := slog.New(newConsole(&out, gate, false)).With("component", "agent")
	log.Debug("not seen")
	log.Info("agent starts", "sources", 3, "id", "")
	log.WithGroup("kafka").With("broker", 1).Warn("does not answer", "error", errors.New("two\nlines"))
	lines := strings.Split(out.String(), "\n")
	want := []string{`agent      agent starts  sources=3  id=""`, `agent      WARN  does not answer  kafka.broker=1  kafka.error="two\nlines"`, ""}
	if len(lines) != len(want) {
		t.Fatalf("wrote\n%s", &out)
	}
	for i, line := range lines[:2] {
		if _, after, _ := strings.Cut(line, "  "); after != want[i] {
			t.Errorf("wrote %q, want %q", after, want[i])
		}
	}
}

func TestColourIsForTerminalsThatWantIt(t *testing.T) {
	var out bytes.Buffer
	slog.New(newConsole(&out, slog.Default().Handler(), true)).Error("broken")
	if !strings.Contains(out.String(), "\x1b[31mERROR") {
		t.Errorf("wrote %q", &out)
	}
	for set, want := range map[string]bool{"": true, "NO_COLOR=1": false, "TERM=dumb": false} {
		name, value, _ := strings.Cut(set, "=")
		if got := colourful(func(key string) string {
			if key == name {
				return value
			}
			return ""
		}); got != want {
			t.Errorf("%q: %v", set, got)
		}
	}
	if IsTerminal(&out) {
		t.Error("a buffer is no terminal")
	}
}
