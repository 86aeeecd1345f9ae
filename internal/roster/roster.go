package roster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/sleep"
	"github.com/millrace/millrace/schemas/member"
)

const (
	// retryFirst and retryMost bound the pause before etcd is tried again.
	retryFirst = 200 * time.Millisecond
	retryMost  = 5 * time.Second
	// leaveTimeout bounds the goodbye; the lease ends without it, too.
	leaveTimeout = time.Second
	// joinTimeout bounds one attempt to join.
	joinTimeout = 10 * time.Second
)

// Roster is one process's place in the roster. Make it with New.
type Roster struct {
	cfg  etcd.Config
	self member.Member
	log  *slog.Logger

	mu      sync.Mutex
	session *concurrency.Session // nil while there is none
	changed chan struct{}        // closed when session changes
}

// New makes a place for a process that runs now. metrics is the address of its
// /metrics, may be empty. It starts nothing.
func New(cfg etcd.Config, role, metrics string, log *slog.Logger) *Roster {
	host, _ := os.Hostname() // a member without a host is still one
	return &Roster{
		cfg: cfg, log: obs.Component(log, "roster"), changed: make(chan struct{}),
		self: member.Member{
			Role: role, ID: rand.Text()[:12], Host: host, Version: obs.Build().Version, Metrics: metrics, Since: time.Now().UTC().Truncate(time.Second),
		},
	}
}

// Self is the member that Run registers.
func (r *Roster) Self() member.Member { return r.self }

// Run keeps the member in the roster until ctx ends, takes it out and returns nil.
// While etcd is away it tries again and again.
func (r *Roster) Run(ctx context.Context) error {
	for pause := retryFirst; ; pause = min(2*pause, retryMost) {
		began := time.Now()
		err := r.stay(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the end of ctx is the orderly end
		}
		if time.Since(began) > retryMost {
			pause = retryFirst
		}
		r.log.Warn("this process is not in the roster; trying again", "error", err, "after", pause)
		if !sleep.For(ctx, pause) {
			return nil
		}
	}
}

// stay is a member for the life of one session.
func (r *Roster) stay(ctx context.Context) error {
	client, err := etcd.Dial(ctx, r.cfg, r.log)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }() // it reports the end of its own context
	session, err := r.join(ctx, client)
	if err != nil {
		return r.cfg.Explain(ctx, err)
	}
	r.set(session)
	defer r.set(nil)
	select {
	case <-session.Done():
		return errors.New("the lease has ended")
	case <-ctx.Done():
		leave(ctx, session)
		return nil
	}
}

// join makes a lease that is kept alive, and the member's key with it.
func (r *Roster) join(ctx context.Context, client *clientv3.Client) (*concurrency.Session, error) {
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	lease, err := client.Grant(ctx, int64(member.Lease.Seconds()))
	if err != nil {
		return nil, fmt.Errorf("lease: %w", err)
	}
	text, err := member.Encode(&r.self)
	if err != nil {
		return nil, err
	}
	if _, err := client.Put(ctx, r.self.Key(), string(text), clientv3.WithLease(lease.ID)); err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	session, err := concurrency.NewSession(client, concurrency.WithLease(lease.ID))
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	return session, nil
}

// leave ends the lease, and with it the member's key and its candidacies.
func leave(ctx context.Context, s *concurrency.Session) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	s.Orphan()
	_, _ = s.Client().Revoke(ctx, s.Lease()) // else it ends by itself
}

func (r *Roster) set(s *concurrency.Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.session = s
	close(r.changed)
	r.changed = make(chan struct{})
}

// await waits for a session.
func (r *Roster) await(ctx context.Context) (*concurrency.Session, error) {
	for {
		r.mu.Lock()
		session, changed := r.session, r.changed
		r.mu.Unlock()
		if session != nil {
			return session, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
