package obs

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// Trouble is a warning or an error that was logged.
type Trouble struct {
	Text string
	At   time.Time
}

// Keeper remembers the newest trouble that is logged through its logger. Safe for
// concurrent use; the zero Keeper is ready.
type Keeper struct{ newest atomic.Pointer[Trouble] }

// Newest is the newest trouble, nil when there was none.
func (k *Keeper) Newest() *Trouble { return k.newest.Load() }

// Logger is log, watched by the keeper; a nil log is one that drops everything.
func (k *Keeper) Logger(log *slog.Logger) *slog.Logger {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return slog.New(keeping{log.Handler(), k})
}

// keeping is a handler that shows its keeper what passes.
type keeping struct {
	slog.Handler
	keeper *Keeper
}

// Enabled implements slog.Handler: the keeper wants trouble even where nobody logs it.
func (h keeping) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn || h.Handler.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h keeping) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		h.keeper.newest.Store(&Trouble{Text: textOf(r), At: r.Time.UTC()})
	}
	if !h.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h keeping) WithAttrs(attrs []slog.Attr) slog.Handler {
	return keeping{h.Handler.WithAttrs(attrs), h.keeper}
}

// WithGroup implements slog.Handler.
func (h keeping) WithGroup(name string) slog.Handler {
	return keeping{h.Handler.WithGroup(name), h.keeper}
}

// maxTrouble bounds a text, which travels in every beat.
const maxTrouble = 1000

// textOf is a record's message with its error.
func textOf(r slog.Record) string {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "error" {
			text += ": " + a.Value.String()
			return false
		}
		return true
	})
	return text[:min(len(text), maxTrouble)]
}
