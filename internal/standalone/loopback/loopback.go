// Package loopback takes ports on 127.0.0.1: the one that was used before, if it is
// free, so that what was configured with it goes on working. It keeps nothing; the
// listener is the caller's.
package loopback

import (
	"context"
	"net"
	"strconv"
)

// Listen listens on a port, or on any other when it is 0 or in use.
func Listen(port int) (net.Listener, error) {
	var lc net.ListenConfig
	ctx := context.Background() // there is no name to look up, so nothing to wait for
	ln, err := lc.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil && port != 0 {
		return lc.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	return ln, err
}

// Port is the port of a listener that Listen made.
func Port(ln net.Listener) int { return ln.Addr().(*net.TCPAddr).Port }
