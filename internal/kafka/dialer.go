package kafka

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

// ErrKilled is returned for dials after [Dialer.Kill].
var ErrKilled = errors.New("kafka: connections were cut because we are stopping")

// Dialer opens the sockets of one user and can close them all at once. Nothing
// else interrupts a sarama request that waits for a silent broker. Safe for
// concurrent use.
type Dialer struct {
	net net.Dialer

	mu     sync.Mutex
	conns  map[*trackedConn]struct{}
	killed bool
}

// NewDialer makes a dialer without connections.
func NewDialer() *Dialer {
	return &Dialer{
		net:   net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second},
		conns: make(map[*trackedConn]struct{}),
	}
}

// Use makes all connections of a configuration go through d. After Kill it also
// ends sarama's pauses between tries, which nothing could interrupt otherwise.
func (d *Dialer) Use(s *sarama.Config) {
	s.Net.Proxy.Enable = true
	s.Net.Proxy.Dialer = d
	s.Metadata.Retry.BackoffFunc = func(int, int) time.Duration {
		if d.Killed() {
			return time.Millisecond
		}
		return s.Metadata.Retry.Backoff
	}
}

// Dial implements proxy.Dialer. After Kill it fails with ErrKilled.
func (d *Dialer) Dial(network, addr string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, addr)
}

// DialContext is Dial until ctx ends.
func (d *Dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	if d.Killed() {
		return nil, ErrKilled
	}
	inner, err := d.net.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &trackedConn{Conn: inner, owner: d}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.killed {
		return nil, errors.Join(ErrKilled, inner.Close())
	}
	d.conns[c] = struct{}{}
	return c, nil
}

// Kill closes every open connection and refuses new ones. Requests in flight fail
// at once.
func (d *Dialer) Kill() {
	d.mu.Lock()
	d.killed = true
	open := d.conns
	d.conns = make(map[*trackedConn]struct{})
	d.mu.Unlock()
	for c := range open {
		_ = c.Conn.Close() // the socket is given up; nobody can act on its error
	}
}

// Killed reports whether Kill was called.
func (d *Dialer) Killed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.killed
}

// trackedConn tells its dialer when it is closed.
type trackedConn struct {
	net.Conn
	owner *Dialer
}

func (c *trackedConn) Close() error {
	c.owner.mu.Lock()
	delete(c.owner.conns, c)
	c.owner.mu.Unlock()
	return c.Conn.Close()
}
