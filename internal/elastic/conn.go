package elastic

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// conn writes request bodies in large pieces: by itself net/http copies them with
// a system call for every 32 KiB, and a bulk body has megabytes. Over TLS, which
// has pieces of its own, nothing changes.
type conn struct{ net.Conn }

// pieceSize is how much of a body is written at once. A pool holds one piece for
// each body under way.
const pieceSize = 256 << 10

var pieces = sync.Pool{New: func() any { return new([pieceSize]byte) }}

func dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return conn{c}, nil
}

// ReadFrom implements io.ReaderFrom, by which net/http writes a body.
func (c conn) ReadFrom(r io.Reader) (int64, error) {
	piece := pieces.Get().(*[pieceSize]byte) //nolint:forcetypeassert // nothing else is put in
	defer pieces.Put(piece)
	return io.CopyBuffer(struct{ io.Writer }{c.Conn}, r, piece[:]) // hides the ReadFrom of the socket
}
