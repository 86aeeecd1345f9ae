package main

import (
	"context"
	"errors"
	"fmt"
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

// untilDone says that lines are written until the plan is through, however many that
// are, and not the other way round.
func (o options) untilDone() bool { return o.Each || o.outage.For > 0 }

// disturb writes while the plan is carried out.
func (r *run) disturb(ctx context.Context) error {
	var both errgroup.Group
	writing, enough := context.WithCancel(ctx)
	defer enough()
	both.Go(func() error { return r.writer.Run(writing) })
	both.Go(func() error {
		if r.untilDone() {
			defer enough()
		}
		if r.Each {
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
// not an error of the run. An outage begins when all is well.
func (r *run) strikeAll(ctx context.Context, faults []plan.Fault) error {
	var group sync.WaitGroup
	locks := map[plan.Target]*sync.Mutex{}
	var late time.Duration
	if r.outage.For > 0 {
		r.calm(ctx)
		late = time.Since(r.began)
	}
	for _, f := range faults {
		lock := locks[f.Target.Lock()]
		if lock == nil {
			lock = &sync.Mutex{}
			locks[f.Target.Lock()] = lock
		}
		f.At += late
		group.Go(func() { r.strike(ctx, f, lock) })
	}
	group.Wait()
	if r.outage.For > 0 {
		r.calm(ctx)
		return r.editArrives(ctx)
	}
	return ctx.Err()
}

// editArrives waits until lines come out of the pipeline of the newest edit.
func (r *run) editArrives(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, editLimit)
	defer cancel()
	for wait(ctx, pollEvery) {
		if n, err := r.index.with(ctx, "labels.edit", fmt.Sprint(r.edits)); err == nil && n > 0 {
			r.say("lines come out of the edited pipeline")
			return nil
		}
	}
	return fmt.Errorf("no line has come out of the edited pipeline within %s", editLimit)
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
