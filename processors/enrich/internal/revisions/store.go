// Package revisions finds the revisions that raw records name: in memory, on
// disk, in etcd.
//
// A revision never changes, so what was found once is kept: compiled in memory
// up to a bound, as text on disk for ever. Get waits, in the goroutine of the
// partition that asks, for two things only: for an etcd that does not answer,
// without end, and for a revision that etcd does not know yet, for a while. The
// store owns no goroutine and is safe for concurrent use.
package revisions

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/millrace/millrace/internal/sleep"
	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/schemas/revision"
)

const (
	// askTimeout bounds one question to etcd.
	askTimeout = 5 * time.Second
	// askAgain is how long "not there" is believed.
	askAgain = time.Second
	// pauseFirst and pauseMost bound the pause while etcd does not answer.
	pauseFirst = 200 * time.Millisecond
	pauseMost  = 5 * time.Second
	// maxKnown bounds the revisions in memory, maxMissed those waited for. When
	// one is full it is emptied: what is in use comes back from disk at once.
	maxKnown  = 2048
	maxMissed = 1024
	// restEvery is how long revisions keep memory that nobody uses, up to twice that.
	restEvery = time.Minute
)

// Source asks etcd for the canonical config of a revision. The bytes are nil if
// etcd answered that it has none; an error means that etcd did not answer.
type Source func(ctx context.Context, id revision.ID) ([]byte, error)

// Config says where revisions come from.
type Config struct {
	Source Source
	// Dir is where revisions are kept on disk. Instances may share it.
	Dir string
	// Wait is how long an unknown revision is asked for, from the first time.
	Wait time.Duration
	Log  *slog.Logger
	// Waiting is called with +1 and -1 around a wait. May be nil.
	Waiting func(delta int)
}

// Store is the revisions that this process knows.
type Store struct {
	cfg  Config
	disk disk

	mu     sync.Mutex
	known  map[revision.ID]refine.Found
	missed map[revision.ID]miss
	rested time.Time // when memory was let go of last
}

// miss is a revision that etcd does not know.
type miss struct{ since, asked time.Time }

// New makes a store. It touches nothing until Get.
func New(cfg Config) *Store {
	if cfg.Waiting == nil {
		cfg.Waiting = func(int) {}
	}
	return &Store{
		cfg: cfg, disk: disk{dir: cfg.Dir, log: cfg.Log},
		known: map[revision.ID]refine.Found{}, missed: map[revision.ID]miss{},
	}
}

// Get finds a revision, or the reason why there is none to be had. It waits as
// the package comment says; the error is ctx's.
func (s *Store) Get(ctx context.Context, id revision.ID) (refine.Found, error) {
	if f, ok := s.lookup(id); ok {
		return f, nil
	}
	if canonical, ok := s.disk.read(id); ok {
		return s.keep(id, canonical), nil
	}
	return s.wait(ctx, id)
}

func (s *Store) lookup(id revision.ID) (refine.Found, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rest()
	f, ok := s.known[id]
	return f, ok
}

// rest lets revisions that are not in use let go of memory.
func (s *Store) rest() {
	now := time.Now()
	if now.Sub(s.rested) < restEvery {
		return
	}
	s.rested = now
	for _, f := range s.known {
		if f.Revision != nil {
			f.Revision.Rest()
		}
	}
}

// keep compiles a config and remembers the result, good or bad.
func (s *Store) keep(id revision.ID, canonical []byte) refine.Found {
	var f refine.Found
	f.Revision, f.Refusal = refine.NewRevision(id, canonical)
	s.mu.Lock()
	defer s.mu.Unlock()
	if first, ok := s.known[id]; ok { // another partition was faster
		return first
	}
	if len(s.known) >= maxKnown {
		clear(s.known)
	}
	s.known[id] = f
	delete(s.missed, id)
	return f
}

// wait asks etcd until there is an answer to go by.
func (s *Store) wait(ctx context.Context, id revision.ID) (refine.Found, error) {
	waiting, pause := false, pauseFirst
	defer func() {
		if waiting {
			s.cfg.Waiting(-1)
		}
	}()
	for {
		canonical, silent := s.ask(ctx, id)
		if canonical != nil {
			return s.keep(id, canonical), nil
		}
		if ctx.Err() != nil {
			return refine.Found{}, context.Cause(ctx)
		}
		next := askAgain
		if silent != nil {
			s.cfg.Log.Warn("etcd does not answer; the partition waits", "revision", id, "error", silent)
			next, pause = pause/2+rand.N(pause), min(2*pause, pauseMost)
		} else if r := s.giveUp(id); r != nil {
			return refine.Found{Refusal: r}, nil
		}
		if !waiting {
			waiting = true
			s.cfg.Waiting(+1)
		}
		if !sleep.For(ctx, next) {
			return refine.Found{}, context.Cause(ctx)
		}
	}
}

// ask returns the config if etcd has it, and an error if etcd does not answer.
// Within askAgain of a "no" it does not ask.
func (s *Store) ask(ctx context.Context, id revision.ID) ([]byte, error) {
	if s.freshMiss(id) {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	canonical, err := s.cfg.Source(ctx, id)
	if err != nil {
		return nil, err
	}
	if canonical != nil && revision.Of(canonical) == id {
		s.disk.write(id, canonical)
		return canonical, nil
	}
	if canonical != nil {
		s.cfg.Log.Error("etcd holds another config under the key of a revision", "revision", id, "config", revision.Of(canonical))
	}
	s.note(id)
	return nil, nil
}

func (s *Store) freshMiss(id revision.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.missed[id]
	return ok && time.Since(m.asked) < askAgain
}

// note remembers that etcd said no.
func (s *Store) note(id revision.ID) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.missed[id]
	if !ok {
		m.since = now
		if len(s.missed) >= maxMissed {
			clear(s.missed)
		}
		s.cfg.Log.Warn("etcd does not know a revision that a record names", "revision", id, "waiting", s.cfg.Wait)
	}
	m.asked = now
	s.missed[id] = m
}

// giveUp is the refusal for a revision that was asked for long enough.
func (s *Store) giveUp(id revision.ID) *refine.Refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.missed[id]; !ok || m.asked.Sub(m.since) < s.cfg.Wait {
		return nil
	}
	return &refine.Refusal{Reason: refine.ReasonUnknown, Cause: fmt.Sprintf("etcd has had no config of revision %s for %v", id, s.cfg.Wait)}
}
