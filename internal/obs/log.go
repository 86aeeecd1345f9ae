package obs

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// LogConfig says what is logged and how. The zero LogConfig is text from info up.
type LogConfig struct {
	Level  string `koanf:"level" yaml:"level"`   // debug, info, warn or error; info when empty
	Format string `koanf:"format" yaml:"format"` // text or json; text when empty
}

// Validate reports every problem, each beginning with the path of its key.
func (c LogConfig) Validate() error {
	var errs []error
	if _, err := c.level(); err != nil {
		errs = append(errs, err)
	}
	if c.Format != "" && c.Format != "text" && c.Format != "json" {
		errs = append(errs, fmt.Errorf("format: must be text or json, is %q", c.Format))
	}
	return errors.Join(errs...)
}

func (c LogConfig) level() (slog.Level, error) {
	switch strings.ToLower(c.Level) {
	case "", "info":
		return slog.LevelInfo, nil
	case "debug":
		return slog.LevelDebug, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, fmt.Errorf("level: must be debug, info, warn or error, is %q", c.Level)
}

// NewLogger makes the process's logger. It fails only where Validate does.
func NewLogger(w io.Writer, c LogConfig) (*slog.Logger, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	level, err := c.level()
	if err != nil {
		return nil, err
	}
	opts := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts)), nil
	}
	return slog.New(slog.NewTextHandler(w, opts)), nil
}

// Component is log for one component; a nil log is one that drops everything.
func Component(log *slog.Logger, name string) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log.With("component", name)
}
