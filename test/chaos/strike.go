package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/test/chaos/plan"
)

const (
	// editLimit is how long an edit is tried: longer than any fault.
	editLimit = 2 * time.Minute
	// All is well when for calmFor no probe has been away for longer than calmDelay;
	// on a slow machine calmMost must do.
	calmFor   = 4 * time.Second
	calmDelay = 4 * time.Second
	calmMost  = 2 * time.Minute
)

// disturb writes all lines while the plan is carried out. Where each fault comes alone,
// it writes until they are through.
func (r *run) disturb(ctx context.Context) error {
	var both errgroup.Group
	writing, enough := context.WithCancel(ctx)
	defer enough()
	both.Go(func() error { return r.writer.Run(writing) })
	both.Go(func() error {
		if r.Each {
			defer enough()
			return r.strikeEach(ctx)
		}
		return r.strikeAll(ctx, r.plan)
	})
	return both.Wait()
}

// strikeEach carries out one fault after another, each when all is well again.
func (r *run) strikeEach(ctx context.Context) error {
	r.calm(ctx)
	for _, f := range r.plan {
		f.At = time.Since(r.began)
		r.strike(ctx, f, &sync.Mutex{})
		r.calm(ctx)
	}
	return ctx.Err()
}

// calm waits until probes are found soon after they were written, and nothing that was
// written before is missing.
func (r *run) calm(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, calmMost)
	defer cancel()
	since := time.Now()
	for time.Since(since) < calmFor && wait(ctx, pollEvery) {
		if r.probes.missing(time.Now().Add(-calmDelay)) > 0 {
			since = time.Now()
		}
	}
}

// strikeAll carries the plan out. That a fault cannot be carried out is noted; it is
// not an error of the run.
func (r *run) strikeAll(ctx context.Context, faults []plan.Fault) error {
	var group sync.WaitGroup
	locks := map[plan.Target]*sync.Mutex{}
	for _, f := range faults {
		lock := locks[f.Target.Lock()]
		if lock == nil {
			lock = &sync.Mutex{}
			locks[f.Target.Lock()] = lock
		}
		group.Go(func() { r.strike(ctx, f, lock) })
	}
	group.Wait()
	return ctx.Err()
}

// strike carries one fault out when its time has come. On a slow machine servers take
// longer to come back than planned; then the next fault of their cluster waits.
func (r *run) strike(ctx context.Context, f plan.Fault, lock *sync.Mutex) {
	if !wait(ctx, time.Until(r.began.Add(f.At))) {
		return
	}
	lock.Lock()
	defer lock.Unlock()
	s := struck{Fault: f, from: time.Now()}
	r.say("%s", f)
	if f.Kind == plan.Edit {
		s.err = r.edit(ctx, f.Target.N)
	} else {
		s.err = r.site.Strike(f)
		wait(ctx, f.For)
		s.err = errors.Join(s.err, r.site.Heal(ctx, f))
	}
	s.to = time.Now()
	if s.err != nil {
		r.say("%s: %v", f, s.err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.struck = append(r.struck, s)
}

func (r *run) edit(ctx context.Context, app int) error {
	r.mu.Lock()
	r.edits++
	edit := r.edits
	r.mu.Unlock()
	return r.collections().insist(ctx, app, edit, editLimit+r.outage.For)
}
