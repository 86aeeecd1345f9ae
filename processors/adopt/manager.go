package adopt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
)

// manager keeps one adoption running for each topic that is claimed. One
// goroutine owns its state.
//
//	follow ─ claims ─► run ─ start, cancel ─► adopt (one goroutine a topic)
//	                    ▲────────── ended ─────────┘
type manager struct {
	adopt   func(ctx context.Context, name string, current *atomic.Pointer[claim]) error
	log     *slog.Logger
	running map[string]*adoption
	ended   chan ended // unbuffered: run takes until nothing runs
}

// adoption is a topic being adopted.
type adoption struct {
	current atomic.Pointer[claim]
	cancel  context.CancelFunc
}

type ended struct {
	name string
	err  error
}

// run follows the claims that follow tells, until ctx ends or an adoption fails
// for good. It returns after follow and all adoptions have.
func (m *manager) run(ctx context.Context, follow func(context.Context, func(map[string]*claim))) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	claims := make(chan map[string]*claim) // unbuffered: run is always quick to take
	unfollowed := make(chan struct{})
	go func() { // ends with ctx
		defer close(unfollowed)
		follow(ctx, func(c map[string]*claim) {
			select {
			case claims <- c:
			case <-ctx.Done():
			}
		})
	}()
	var wanted map[string]*claim
	var failed error
	for ctx.Err() == nil {
		select {
		case wanted = <-claims:
		case e := <-m.ended:
			m.forget(e)
			if e.err != nil {
				failed = fmt.Errorf("adopt: topic %s: %w", e.name, e.err)
				cancel()
			}
		case <-ctx.Done():
		}
		if ctx.Err() == nil {
			m.reconcile(ctx, wanted)
		}
	}
	for len(m.running) > 0 { // their contexts are ctx's children
		e := <-m.ended
		m.forget(e)
		failed = errors.Join(failed, e.err)
	}
	<-unfollowed
	return failed
}

func (m *manager) forget(e ended) {
	m.running[e.name].cancel()
	delete(m.running, e.name)
}

// reconcile starts what is wanted and does not run, and stops what is not wanted.
// A topic that is wanted again while it stops is started when it has ended.
func (m *manager) reconcile(ctx context.Context, wanted map[string]*claim) {
	for name, a := range m.running {
		if wanted[name] == nil {
			a.cancel()
		}
	}
	for name, c := range wanted {
		if a, ok := m.running[name]; ok {
			a.current.Store(c)
			continue
		}
		m.log.Info("adopting a topic", "topic", name, "collection", c.collection.Name)
		m.start(ctx, name, c)
	}
}

func (m *manager) start(ctx context.Context, name string, c *claim) {
	ctx, cancel := context.WithCancel(ctx)
	a := &adoption{cancel: cancel}
	a.current.Store(c)
	m.running[name] = a
	go func() { // ends when cancelled or failed for good
		m.ended <- ended{name, m.adopt(ctx, name, &a.current)}
	}()
}
