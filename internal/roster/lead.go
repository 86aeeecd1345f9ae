package roster

import (
	"context"

	"go.etcd.io/etcd/client/v3/concurrency"

	"github.com/millrace/millrace/internal/sleep"
	"github.com/millrace/millrace/schemas/member"
)

// Lead runs work whenever this process leads the duty, until ctx ends. work's ctx ends
// with the leadership; work returns then, or earlier when nothing is left to do, which
// keeps the leadership and does not start work again until it was lost.
func (r *Roster) Lead(ctx context.Context, duty string, work func(context.Context)) {
	for ctx.Err() == nil {
		session, err := r.await(ctx)
		if err != nil {
			return // ctx has ended
		}
		r.term(ctx, session, duty, work)
	}
}

// term waits for the leadership within one session and works until it is lost.
func (r *Roster) term(ctx context.Context, session *concurrency.Session, duty string, work func(context.Context)) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // ended by cancel
		select {
		case <-session.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	election := concurrency.NewElection(session, member.LeadersOf(duty))
	if err := election.Campaign(ctx, r.self.ID); err != nil {
		if ctx.Err() == nil {
			r.log.Debug("no candidate", "duty", duty, "error", err)
			sleep.For(ctx, retryFirst)
		}
		return
	}
	r.log.Info("leads", "duty", duty, "member", r.self.ID)
	defer resign(ctx, session, election)
	work(ctx)
	<-ctx.Done()
}

// resign lets the next one lead at once, unless the session has ended, which does the
// same.
func resign(ctx context.Context, s *concurrency.Session, e *concurrency.Election) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	go func() { // ended by cancel
		select {
		case <-s.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	_ = e.Resign(ctx) // else the lease's end does it
}
