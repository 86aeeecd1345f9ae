package obs

import (
	"context"
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Zap is a zap logger that writes to log, for the libraries of etcd. Info is
// written as debug, since what etcd calls information is its own business; a
// level above most is written as most.
func Zap(log *slog.Logger, most slog.Level) *zap.Logger {
	return zap.New(&zapCore{log: log, most: most})
}

type zapCore struct {
	log  *slog.Logger
	most slog.Level
}

func (c *zapCore) level(l zapcore.Level) slog.Level {
	mapped := slog.LevelError
	switch {
	case l <= zapcore.InfoLevel:
		mapped = slog.LevelDebug
	case l == zapcore.WarnLevel:
		mapped = slog.LevelWarn
	}
	return min(mapped, c.most)
}

// Enabled implements zapcore.LevelEnabler.
func (c *zapCore) Enabled(l zapcore.Level) bool {
	return c.log.Enabled(context.Background(), c.level(l))
}

// With implements zapcore.Core.
func (c *zapCore) With(fields []zapcore.Field) zapcore.Core {
	return &zapCore{log: slog.New(c.log.Handler().WithAttrs(attrs(fields))), most: c.most}
}

// Check implements zapcore.Core.
func (c *zapCore) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return ce.AddCore(e, c)
	}
	return ce
}

// Write implements zapcore.Core.
func (c *zapCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	c.log.LogAttrs(context.Background(), c.level(e.Level), e.Message, attrs(fields)...)
	return nil
}

// Sync implements zapcore.Core.
func (*zapCore) Sync() error { return nil }

func attrs(fields []zapcore.Field) []slog.Attr {
	enc := zapcore.NewMapObjectEncoder()
	out := make([]slog.Attr, 0, len(fields))
	for _, f := range fields {
		f.AddTo(enc)
		if v, ok := enc.Fields[f.Key]; ok {
			out = append(out, slog.Any(f.Key, v))
		}
	}
	return out
}
