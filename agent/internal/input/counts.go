package input

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/schemas/status"
)

// counts is how one input fares. All of it may be used from many goroutines.
type counts struct {
	received, bytes atomic.Uint64 // that are in the spool
	dropped         atomic.Uint64 // events lost: there was no room
	cut             atomic.Uint64 // events longer than the bound
	refused         atomic.Uint64 // connections and requests turned away
	connections     atomic.Int64

	mu        sync.Mutex
	listening []string
	lastErr   string
	lastAt    time.Time
}

func (c *counts) took(events, bytes int) {
	c.received.Add(uint64(events))
	c.bytes.Add(uint64(bytes))
}

func (c *counts) trouble(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastErr, c.lastAt = err.Error(), time.Now().UTC()
}

func (c *counts) listen(addresses ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listening = addresses
}

func (c *counts) status(s *status.Input) {
	s.Received, s.ReceivedBytes = c.received.Load(), c.bytes.Load()
	s.Dropped, s.Cut, s.Refused = c.dropped.Load(), c.cut.Load(), c.refused.Load()
	s.Connections = int(c.connections.Load())
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Listening = c.listening
	if c.lastErr != "" {
		at := c.lastAt
		s.LastError, s.LastErrorAt = c.lastErr, &at
	}
}
