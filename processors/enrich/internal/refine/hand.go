package refine

import (
	"sync"

	"github.com/millrace/millrace/processors/pipeline"
)

// hand is what one goroutine needs to apply a revision. Hands are lent by their
// revision, so that memory grows with the goroutines at work and not with
// partitions times revisions.
type hand struct {
	runner *pipeline.Runner
	index  namedIndex
}

// hands are those of a revision that nobody holds. The one that came back last goes out
// first: what it remembers of addresses, browsers and documents is near. A sync.Pool would
// hold one for each processor, each of which learns it all anew.
type hands struct {
	mu    sync.Mutex
	idle  []*hand
	least int // how many have been idle all the time since rest
}

// take returns nil if there is none.
func (s *hands) take() *hand {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.idle) - 1
	if last < 0 {
		return nil
	}
	h := s.idle[last]
	s.idle[last] = nil
	s.idle, s.least = s.idle[:last], min(s.least, last)
	return h
}

func (s *hands) giveBack(h *hand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, h)
}

// rest forgets the hands that nobody has taken since it was called last.
func (s *hands) rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := copy(s.idle, s.idle[s.least:])
	clear(s.idle[n:])
	s.idle, s.least = s.idle[:n], n
}
