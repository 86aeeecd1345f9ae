package input

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// listen opens the stream addresses of the input, encrypted where they say so.
func (in *input) listen(ctx context.Context, a address) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", a.host)
	if err != nil {
		return nil, err
	}
	if !a.encrypted() {
		return l, nil
	}
	cfg, err := in.cfg.TLS.config()
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return tls.NewListener(l, cfg), nil
}

// config makes a server's configuration.
func (t TLS) config() (*tls.Config, error) {
	load := func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		cert, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("tls.cert_file: %w", err)
		}
		return &cert, nil
	}
	if _, err := load(nil); err != nil {
		return nil, err
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: load}
	if t.ClientCAFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(t.ClientCAFile)
	if err != nil {
		return nil, fmt.Errorf("tls.client_ca_file: %w", err)
	}
	c.ClientCAs, c.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
	if !c.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("tls.client_ca_file: %s holds no certificate", t.ClientCAFile)
	}
	return c, nil
}

// conns are the open connections of one input. More than its bound are closed at once.
type conns struct {
	in *input
	mu sync.Mutex
	// open is nil when the input stops.
	open map[net.Conn]struct{}
}

func newConns(in *input) *conns { return &conns{in: in, open: map[net.Conn]struct{}{}} }

// add reports whether a connection may be served; it is closed if not.
func (c *conns) add(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil || len(c.open) >= c.in.cfg.MaxConnections {
		c.in.counts.refused.Add(1)
		_ = conn.Close()
		return false
	}
	c.open[conn] = struct{}{}
	c.in.counts.connections.Add(1)
	return true
}

func (c *conns) remove(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, conn)
	c.in.counts.connections.Add(-1)
	_ = conn.Close()
}

// stop closes all connections, and those that are still to come.
func (c *conns) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.open {
		_ = conn.Close()
	}
	c.open = nil
}

// idler closes a connection on which nothing comes in for too long. A spool that is
// full does not count: then we do not read.
type idler struct {
	net.Conn
	most time.Duration
}

func (i idler) Read(b []byte) (int, error) {
	if err := i.SetReadDeadline(time.Now().Add(i.most)); err != nil {
		return 0, err
	}
	return i.Conn.Read(b)
}
