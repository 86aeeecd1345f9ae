package agent_test

import (
	"encoding/binary"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// gate makes a broker carry out produce requests and keep its answers to itself.
// Everybody else is served.
type gate struct {
	mu     sync.Mutex
	closed bool
}

func newGate() *gate { return &gate{} }

func (g *gate) set(closed bool) { g.mu.Lock(); g.closed = closed; g.mu.Unlock() }
func (g *gate) shut()           { g.set(true) }
func (g *gate) open()           { g.set(false) }

func (g *gate) shutNow() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closed
}

func (g *gate) listen(network, address string) (net.Listener, error) {
	l, err := net.Listen(network, address)
	return &gatedListener{l, g}, err
}

type gatedListener struct {
	net.Listener
	gate *gate
}

func (l *gatedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return &gatedConn{Conn: c, gate: l.gate}, err
}

// gatedConn notices connections that produce by the key of their requests.
type gatedConn struct {
	net.Conn
	gate *gate

	mu       sync.Mutex
	head     []byte // of the request being read
	left     int    // bytes of it still to come
	produces bool
}

func (c *gatedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	for data := b[:n]; len(data) > 0; {
		if c.left > 0 {
			k := min(c.left, len(data))
			c.left -= k
			data = data[k:]
			continue
		}
		c.head = append(c.head, data[0])
		data = data[1:]
		if len(c.head) == 6 { // length and key
			c.produces = int16(binary.BigEndian.Uint16(c.head[4:])) == int16(kmsg.Produce)
			c.left = int(binary.BigEndian.Uint32(c.head)) - 2
			c.head = c.head[:0]
		}
	}
	return n, err
}

func (c *gatedConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	produces := c.produces
	c.mu.Unlock()
	if produces && c.gate.shutNow() {
		return len(b), nil // it is lost on the way
	}
	return c.Conn.Write(b)
}
