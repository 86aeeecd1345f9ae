package kafkad

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/internal/kafka"
)

// maxRequest bounds a request: room for a full produce batch of each partition
// of an installation, and far below what would hurt.
const maxRequest = 64 << 20

// errNotKafka ends a connection that does not speak Kafka.
var errNotKafka = errors.New("not a Kafka request")

// mechanisms are told to clients in the answer to their SASL handshake.
var mechanisms = []string{kafka.ScramSHA256, kafka.ScramSHA512, kafka.Plain}

// listener guards the connections that it accepts.
type listener struct{ net.Listener }

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	g := &guard{Conn: c}
	g.handshake.Store(none)
	return g, nil
}

// none stands for no correlation id.
const none = int64(-1)

// guard stands between a client and kfake, for two things that kfake leaves out.
// A request whose size or kind is not Kafka's ends the connection, where kfake
// would take memory for it or panic. And the answer to a SASL handshake names the
// mechanisms, without which strict clients believe that theirs is not supported.
type guard struct {
	net.Conn

	// head are the first bytes of the request that is read: size, key, version
	// and correlation id. rest is what is still to come of it. Owned by the reader.
	head []byte
	rest int

	handshake atomic.Int64 // correlation id of a handshake that is not answered
}

// headSize is the size field and what of the request is looked at.
const headSize = 4 + 2 + 2 + 4

// Read implements net.Conn.
func (g *guard) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	if bad := g.inspect(p[:n]); bad != nil {
		return 0, errors.Join(fmt.Errorf("%w from %s: %w", errNotKafka, g.RemoteAddr(), bad), g.Close())
	}
	return n, err
}

// inspect follows the frames of the bytes that came in.
func (g *guard) inspect(b []byte) error {
	for len(b) > 0 {
		if len(g.head) == headSize {
			skip := min(g.rest, len(b))
			g.rest -= skip
			b = b[skip:]
			if g.rest == 0 {
				g.head = g.head[:0]
			}
			continue
		}
		take := min(headSize-len(g.head), len(b))
		before := len(g.head)
		g.head = append(g.head, b[:take]...)
		b = b[take:]
		if before < 4 && len(g.head) >= 4 {
			if size := binary.BigEndian.Uint32(g.head); size < headSize-4 || size > maxRequest {
				return fmt.Errorf("size %d", size)
			}
		}
		if len(g.head) == headSize {
			if err := g.begin(); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin judges a request by its head.
func (g *guard) begin() error {
	key := int16(binary.BigEndian.Uint16(g.head[4:]))
	request := kmsg.RequestForKey(key)
	if request == nil {
		return fmt.Errorf("key %d", key)
	}
	if _, ok := request.(*kmsg.SASLHandshakeRequest); ok {
		g.handshake.Store(int64(binary.BigEndian.Uint32(g.head[8:])))
	}
	g.rest = int(binary.BigEndian.Uint32(g.head)) - (headSize - 4)
	if g.rest == 0 {
		g.head = g.head[:0]
	}
	return nil
}

// Write implements net.Conn. kfake writes each response with one call.
func (g *guard) Write(p []byte) (int, error) {
	if id := g.handshake.Load(); id == none || len(p) < 8 || int64(binary.BigEndian.Uint32(p[4:])) != id {
		return g.Conn.Write(p)
	}
	g.handshake.Store(none)
	response := kmsg.NewPtrSASLHandshakeResponse()
	response.SetVersion(1) // the only version that kfake takes
	if err := response.ReadFrom(p[8:]); err != nil || response.ErrorCode != 0 {
		return g.Conn.Write(p)
	}
	response.SupportedMechanisms = mechanisms
	full := response.AppendTo(append(make([]byte, 0, 128), p[:8]...))
	binary.BigEndian.PutUint32(full, uint32(len(full)-4))
	if _, err := g.Conn.Write(full); err != nil {
		return 0, err
	}
	return len(p), nil
}
