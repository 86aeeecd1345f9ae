package franz

import (
	"log/slog"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/kafka"
)

// LogTo is the option that sends a client's log to log at debug level, with as few lines
// a second as [kafka.LogTo] lets through.
func LogTo(log *slog.Logger) kgo.Opt {
	return kgo.WithLogger(logger{kafka.NewLogger(log.With("library", "franz-go"), slog.LevelDebug)})
}

type logger struct{ *kafka.Logger }

// Level implements kgo.Logger.
func (l logger) Level() kgo.LogLevel {
	if l.Enabled() {
		return kgo.LogLevelInfo
	}
	return kgo.LogLevelNone
}

// Log implements kgo.Logger.
func (l logger) Log(_ kgo.LogLevel, text string, pairs ...any) {
	l.Println(append([]any{text}, pairs...)...)
}
