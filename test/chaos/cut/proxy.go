// Package cut breaks the wires of the chaos harness: Proxy passes TCP connections
// on to a server until it is told to fail in one of several ways, and Answers
// stands before an HTTP server and answers for it with errors.
//
// What a broken wire held back is delivered when it heals, as TCP does after a
// partition: a server may then carry out a request that its client gave up long
// ago. Both own their goroutines and end them in Close.
package cut

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// Mode is how a wire fails.
type Mode string

// The modes.
const (
	Open    Mode = ""        // bytes pass
	Refused Mode = "refused" // nobody listens; open connections are reset
	Reset   Mode = "reset"   // every connection is reset, new ones at once
	Hole    Mode = "hole"    // connections stay open and nothing passes
	Half    Mode = "half"    // the server's side is gone and the client is not told, not even when the wire heals
	Slow    Mode = "slow"    // every piece comes late, and there are few
	Up      Mode = "up"      // nothing passes to the server
	Down    Mode = "down"    // nothing passes from the server: requests are carried out and not answered
)

// Modes are the ways to fail.
func Modes() []string {
	return []string{string(Refused), string(Reset), string(Hole), string(Half), string(Slow), string(Up), string(Down)}
}

const (
	// pieceSize and pieceDelay make a slow wire: 160 KB/s, 100 ms away.
	pieceSize  = 16 << 10
	pieceDelay = 100 * time.Millisecond
	dialLimit  = 5 * time.Second
)

// Proxy passes connections on to one server. Its methods are safe for concurrent use.
type Proxy struct {
	address string
	target  string
	run     sync.WaitGroup

	mu       sync.Mutex // guards what follows
	mode     Mode
	changed  chan struct{} // closed when mode changes
	closed   bool
	listener net.Listener // nil while nobody listens
	wires    map[*wire]struct{}
}

// wire is one connection of a client.
type wire struct {
	client net.Conn
	gone   chan struct{} // closed with the wire
	once   sync.Once

	mu     sync.Mutex
	server net.Conn // nil before it is reached
	orphan bool     // the server's side is gone, and the client is not told
}

// Listen opens the port of a proxy; "127.0.0.1:0" is any. Connections are accepted
// once Pass has named the server, so that the server can be told the proxy's address
// before it is started.
func Listen(ctx context.Context, address string) (*Proxy, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &Proxy{
		address: listener.Addr().String(), listener: listener, changed: make(chan struct{}), wires: map[*wire]struct{}{},
	}, nil
}

// Address is where clients find the proxy.
func (p *Proxy) Address() string { return p.address }

// Pass begins to pass connections on to target. It is called once.
func (p *Proxy) Pass(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
	p.acceptLocked()
}

// acceptLocked accepts on the present listener until that is closed.
func (p *Proxy) acceptLocked() {
	listener := p.listener
	p.run.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			p.run.Go(func() { p.serve(conn) })
		}
	})
}

// Set changes how the wire fails. The error says that the port could not be opened again.
func (p *Proxy) Set(mode Mode) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.mode == mode {
		return nil
	}
	p.mode = mode
	close(p.changed)
	p.changed = make(chan struct{})
	switch mode {
	case Refused:
		_ = p.listener.Close()
		p.listener = nil
		p.resetLocked()
	case Reset:
		p.resetLocked()
	case Half:
		for w := range p.wires {
			w.leave()
		}
	}
	if mode == Refused || p.listener != nil {
		return nil
	}
	listener, err := net.Listen("tcp", p.address) //nolint:noctx // returns at once
	if err != nil {
		return err
	}
	p.listener = listener
	p.acceptLocked()
	return nil
}

func (p *Proxy) resetLocked() {
	for w := range p.wires {
		w.reset()
	}
}

// Close ends every connection and waits for all goroutines.
func (p *Proxy) Close() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		close(p.changed)
		if p.listener != nil {
			_ = p.listener.Close()
		}
		p.resetLocked()
	}
	p.mu.Unlock()
	p.run.Wait()
}

// state is the present mode and what tells of its end.
func (p *Proxy) state() (mode Mode, changed <-chan struct{}, closed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mode, p.changed, p.closed
}

// serve is the life of one connection.
func (p *Proxy) serve(client net.Conn) {
	w := &wire{client: client, gone: make(chan struct{})}
	p.mu.Lock()
	p.wires[w] = struct{}{}
	mode, closed := p.mode, p.closed
	p.mu.Unlock()
	defer func() {
		w.reset()
		p.mu.Lock()
		delete(p.wires, w)
		p.mu.Unlock()
	}()
	switch {
	case closed || mode == Refused || mode == Reset:
		return
	case mode == Half:
		w.leave()
		_, _ = io.Copy(io.Discard, client) // until the client has had enough
		return
	}
	if !p.gate(w, Up) {
		return
	}
	server, err := net.DialTimeout("tcp", p.target, dialLimit) //nolint:noctx // bounded
	if err != nil || !w.reach(server) {
		return
	}
	p.run.Go(func() { p.pump(w, client, server, Down) })
	p.pump(w, server, client, Up)
}

// pump copies one direction until either side ends.
func (p *Proxy) pump(w *wire, to, from net.Conn, direction Mode) {
	piece := make([]byte, pieceSize)
	for {
		n, err := from.Read(piece)
		if n > 0 {
			if !p.gate(w, direction) {
				return
			}
			if _, err := to.Write(piece[:n]); err != nil && !w.left() {
				w.end(direction, err)
				return
			}
		}
		if err != nil {
			w.end(direction, err)
			return
		}
	}
}

// gate waits until bytes of that direction may pass; false when the wire is gone.
func (p *Proxy) gate(w *wire, direction Mode) bool {
	for {
		mode, changed, closed := p.state()
		if closed {
			return false
		}
		wait := (<-chan time.Time)(nil)
		switch mode {
		case Hole, direction:
		case Slow:
			wait = time.After(pieceDelay)
		default:
			return !w.isGone()
		}
		select {
		case <-w.gone:
			return false
		case <-changed:
		case <-wait:
			return true
		}
	}
}

func (w *wire) isGone() bool {
	select {
	case <-w.gone:
		return true
	default:
		return false
	}
}

// reach notes the server's side; false when the wire was gone before.
func (w *wire) reach(server net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.isGone() || w.orphan {
		_ = server.Close()
		return false
	}
	w.server = server
	return true
}

// leave takes the server's side away without a word to the client.
func (w *wire) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.orphan = true
	if w.server != nil {
		abort(w.server)
	}
}

func (w *wire) left() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.orphan
}

// end is called by a pump whose direction is over. An orphan stays until its client
// goes; else the end is passed on as the kind of end that it was.
func (w *wire) end(direction Mode, err error) {
	if w.left() && direction == Down {
		return
	}
	if !w.left() && errors.Is(err, io.EOF) {
		w.mu.Lock()
		server := w.server
		w.mu.Unlock()
		_ = w.client.Close()
		_ = server.Close()
	}
	w.reset()
}

// reset ends both sides at once.
func (w *wire) reset() {
	w.once.Do(func() {
		close(w.gone)
		abort(w.client)
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.server != nil {
			abort(w.server)
		}
	})
}

// abort closes with a reset instead of an orderly end.
func abort(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}
