package indexer

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/indexer/internal/store"
	"github.com/millrace/millrace/internal/sleep"
	"github.com/millrace/millrace/schemas/index"
)

const (
	// installFirst and installLongest bound the pause between tries to install the
	// template.
	installFirst   = 200 * time.Millisecond
	installLongest = 5 * time.Second
	// retainEvery is how often indices are looked for whose retention is over: they
	// may live so much longer.
	retainEvery = 10 * time.Minute
)

// upkeep is what one member does for all: it installs the template, then looks after it
// and deletes expired indices from time to time until ctx ends.
func (x *Indexer) upkeep(ctx context.Context) {
	if x.install(ctx) != nil {
		return // ctx has ended
	}
	select {
	case x.installed <- struct{}{}:
	default: // it was told before
	}
	x.retain(ctx)
}

// awaitTemplate waits, before the first event, until new indices follow our template,
// whichever member installs it. It fails only when ctx ends.
func (x *Indexer) awaitTemplate(ctx context.Context) error {
	for wait := installFirst; ; wait = min(2*wait, installLongest) {
		err := x.store.CheckTemplate(ctx)
		if err == nil {
			x.meter.Paused.Set(0)
			return nil
		}
		x.meter.Paused.Set(1)
		if wait > installFirst {
			x.deps.Log.Debug("the index template is not there yet", "error", err)
		}
		select {
		case <-x.installed:
			x.meter.Paused.Set(0)
			return nil // it was this member, which has asked the server, too
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// install makes sure that new indices follow our template. It waits as long as that
// takes and fails only when ctx ends.
func (x *Indexer) install(ctx context.Context) error {
	for wait := installFirst; ; wait = min(2*wait, installLongest) {
		in, err := x.store.InstallTemplate(ctx)
		if err == nil {
			x.deps.Log.Info("index template", "name", index.TemplateName, "written", in.Written, "level", in.Level, "checked", in.Checked)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if wait == installFirst || errors.Is(err, store.ErrOvershadowed) {
			x.deps.Log.Warn("index template cannot be installed, waiting", "error", err)
		}
		if !sleep.For(ctx, wait) {
			return ctx.Err()
		}
	}
}

// retain looks after the template and deletes expired indices from time to time until ctx ends. Another member may
// do so at once while the leadership changes: deleting what is gone is no error.
func (x *Indexer) retain(ctx context.Context) {
	for sleep.For(ctx, rand.N(time.Second)); ctx.Err() == nil; sleep.For(ctx, retainEvery+rand.N(retainEvery/10)) {
		if err := x.restore(ctx); err != nil && ctx.Err() == nil {
			x.deps.Log.Warn("index template cannot be looked after, trying again later", "error", err)
		}
		if err := x.expire(ctx); err != nil && ctx.Err() == nil {
			x.deps.Log.Warn("expired indices cannot be deleted, trying again later", "error", err)
		}
	}
}

// restore installs the template again if somebody has deleted it: what is made without it
// has other mappings, and does not remember its retention.
func (x *Indexer) restore(ctx context.Context) error {
	in, err := x.store.InstallTemplate(ctx)
	if err == nil && in.Written {
		x.deps.Log.Warn("index template was gone and is written again", "name", index.TemplateName, "level", in.Level)
	}
	return err
}

// expire deletes the indices whose retention is over. It touches only names that
// index.Parse knows as ours.
func (x *Indexer) expire(ctx context.Context) error {
	kept, err := x.store.Indices(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range expired(kept, x.cfg.Retention, x.deps.Now()) {
		if err := x.store.Delete(ctx, name); err != nil {
			errs = append(errs, err)
			continue
		}
		x.meter.Deleted.Inc()
		x.deps.Log.Info("expired index deleted", "index", name)
	}
	return errors.Join(errs...)
}

// expired are the names of the indices whose retention is over by now; otherwise is
// that of indices that do not say theirs.
func expired(indices []bulk.Index, otherwise time.Duration, now time.Time) []string {
	var old []string
	for _, ix := range indices {
		p, err := index.Parse(ix.Name)
		if err != nil {
			continue
		}
		end := p.End.Add(otherwise)
		if ix.Retention > 0 {
			end = p.End.AddDate(0, 0, int(ix.Retention))
		}
		if !end.After(now) {
			old = append(old, ix.Name)
		}
	}
	return old
}
