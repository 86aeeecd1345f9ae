package etcdd

import (
	"context"
	"log/slog"
	"sync/atomic"
)

// tooYoung is logged as an error by a store that has seen no election yet; etcd
// tries again.
const tooYoung = "failed to update storage version"

// silencer lets errors pass, all where debugging is on, and nothing while the
// server is closing: etcd reports its own closed listeners as errors then, and
// warns at every start that one port serves two protocols.
type silencer struct {
	inner   slog.Handler
	closing *atomic.Bool
}

// Enabled implements slog.Handler.
func (s silencer) Enabled(ctx context.Context, level slog.Level) bool {
	if s.closing.Load() {
		return false
	}
	return level >= slog.LevelError || s.inner.Enabled(ctx, slog.LevelDebug)
}

// Handle implements slog.Handler.
func (s silencer) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == tooYoung && !s.inner.Enabled(ctx, slog.LevelDebug) {
		return nil
	}
	return s.inner.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (s silencer) WithAttrs(attrs []slog.Attr) slog.Handler {
	return silencer{s.inner.WithAttrs(attrs), s.closing}
}

// WithGroup implements slog.Handler.
func (s silencer) WithGroup(name string) slog.Handler {
	return silencer{s.inner.WithGroup(name), s.closing}
}
