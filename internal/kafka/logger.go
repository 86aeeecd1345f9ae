package kafka

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

// linesPerSecond bounds what a library may log: an outage makes sarama write
// hundreds of lines a second that all say the same.
const linesPerSecond = 5

// LogTo sends sarama's log to log at debug level. Sarama has one logger for the whole
// process, so main calls this once, before anything else runs.
func LogTo(log *slog.Logger) {
	sarama.Logger = NewLogger(log.With("library", "sarama"), slog.LevelDebug)
}

// Logger writes the lines of a library that knows only Printf to a slog.Logger,
// at most five a second; how many were left out is said in the next. It fits
// sarama's and goka's logger interfaces. Safe for concurrent use.
type Logger struct {
	log   *slog.Logger
	level slog.Level
	now   func() time.Time

	mu      sync.Mutex
	second  int64
	lines   int
	skipped int
}

// NewLogger makes a Logger that writes at one level.
func NewLogger(log *slog.Logger, level slog.Level) *Logger {
	return &Logger{log: log, level: level, now: time.Now}
}

// Print writes its arguments as one line.
func (l *Logger) Print(v ...any) { l.write(func() string { return fmt.Sprint(v...) }) }

// Println writes its arguments as one line.
func (l *Logger) Println(v ...any) { l.write(func() string { return fmt.Sprintln(v...) }) }

// Printf writes one line.
func (l *Logger) Printf(format string, v ...any) {
	l.write(func() string { return fmt.Sprintf(format, v...) })
}

// Enabled reports whether lines are written at all.
func (l *Logger) Enabled() bool { return l.log.Enabled(context.Background(), l.level) }

func (l *Logger) write(text func() string) {
	if !l.Enabled() {
		return
	}
	skipped, ok := l.take()
	if !ok {
		return
	}
	attrs := []slog.Attr{slog.String("text", strings.TrimSpace(text()))}
	if skipped > 0 {
		attrs = append(attrs, slog.Int("left_out", skipped))
	}
	l.log.LogAttrs(context.Background(), l.level, "library", attrs...)
}

// take reports whether a line may be written now, and how many were not.
func (l *Logger) take() (skipped int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.now().Unix(); s != l.second {
		l.second, l.lines = s, 0
	}
	if l.lines == linesPerSecond {
		l.skipped++
		return 0, false
	}
	l.lines++
	skipped, l.skipped = l.skipped, 0
	return skipped, true
}
