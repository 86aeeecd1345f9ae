package etcdd

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"

	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/millrace/millrace/internal/obs"
)

// open loads the data. etcd panics where a full disk or a broken file keeps it from
// doing so, in goroutines of its own, too; here that is an error. What etcd had opened by
// then stays open until the process ends.
func open(cfg Config, port int, log *slog.Logger) (*embed.Etcd, error) {
	type result struct {
		etcd *embed.Etcd
		err  error
	}
	over := newGiveUp()
	opened := make(chan result, 1)
	go func() { // ends when etcd is open or gives up
		c := settings(cfg, port)
		c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(
			obs.Zap(log, slog.LevelError).WithOptions(zap.WithPanicHook(over), zap.WithFatalHook(over)))
		e, err := embed.StartEtcd(c)
		opened <- result{e, err}
	}()
	select {
	case r := <-opened:
		over.done.Store(true)
		return r.etcd, r.err
	case err := <-over.reason:
		return nil, err
	}
}

// giveUp is what zap does after an entry with which etcd ends.
type giveUp struct {
	done   atomic.Bool // etcd is open: from now on the process ends with it, as etcd wants
	reason chan error
}

func newGiveUp() *giveUp { return &giveUp{reason: make(chan error, 1)} }

// OnWrite implements zapcore.CheckWriteHook.
func (g *giveUp) OnWrite(e *zapcore.CheckedEntry, fields []zapcore.Field) {
	if g.done.Load() {
		if e.Level == zapcore.FatalLevel {
			zapcore.WriteThenFatal.OnWrite(e, fields)
		}
		zapcore.WriteThenPanic.OnWrite(e, fields)
	}
	err := errors.New(e.Message)
	for _, f := range fields {
		if cause, ok := f.Interface.(error); ok {
			err = fmt.Errorf("%s: %w", e.Message, cause)
		}
	}
	select {
	case g.reason <- err:
	default: // the first reason is the cause of the others
	}
	runtime.Goexit()
}
