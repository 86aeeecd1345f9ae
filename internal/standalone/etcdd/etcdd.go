// Package etcdd is the embedded etcd: one member behind passwords, on a loopback
// port, without a port for peers and without the HTTP gateway.
//
// What was acknowledged is on disk. History older than an hour is compacted. The
// server owns its goroutines; Close ends them.
package etcdd

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/server/v3/embed"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/standalone/loopback"
	"github.com/millrace/millrace/internal/wire"
)

const (
	// quota is when etcd refuses writes. Configs are small: this is thousands of
	// collections with their whole history.
	quota = 512 << 20
	// history is how long old revisions stay readable.
	history = "1h"
	// heartbeat and election: a single member elects itself, so the sooner the
	// sooner it serves.
	heartbeat, election = 20 * time.Millisecond, 100 * time.Millisecond
	// startTimeout bounds the wait for a member that serves.
	startTimeout = 30 * time.Second
	// bcryptCost is the least there is: the passwords are 32 random bytes.
	bcryptCost = 4
	// noPeer is the address of a peer port that does not exist.
	noPeer = "http://127.0.0.1:1"
)

// Config says where the data lies and who may come in.
type Config struct {
	Dir  string // made when missing
	Port int    // on 127.0.0.1; another is taken when it is 0 or in use
	// Password of root; nobody is asked when it is empty. AgentPassword is that of
	// the user Agent, who may only read AgentPrefix.
	Password      string
	AgentPassword string
	AgentPrefix   string
	Log           *slog.Logger
}

// Server is a running etcd.
type Server struct {
	cfg     Config
	port    int
	etcd    *embed.Etcd
	closing *atomic.Bool // silences the log
	closed  sync.Once
}

// Start loads the data and returns once the member serves. ctx ends only the wait.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	port, err := freePort(cfg.Port) //nolint:contextcheck // it waits for nothing
	if err != nil {
		return nil, fmt.Errorf("etcdd: %w", err)
	}
	closing := new(atomic.Bool)
	log := slog.New(silencer{obs.Component(cfg.Log, "etcdd").Handler(), closing})
	if err := begin(cfg.Dir, obs.Component(cfg.Log, "etcdd")); err != nil {
		return nil, fmt.Errorf("etcdd: %w", err)
	}
	e, err := open(cfg, port, log)
	if err != nil {
		return nil, fmt.Errorf("etcdd: open %s: %w", cfg.Dir, err)
	}
	s := &Server{cfg: cfg, port: port, etcd: e, closing: closing}
	if err = s.ready(ctx); err == nil {
		err = served(cfg.Dir)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func settings(cfg Config, port int) *embed.Config {
	c := embed.NewConfig()
	c.Name = "millrace"
	c.Dir = cfg.Dir
	client := url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
	c.ListenClientUrls, c.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	c.ListenPeerUrls = nil
	peer, _ := url.Parse(noPeer) // a constant
	c.AdvertisePeerUrls = []url.URL{*peer}
	c.InitialCluster = c.Name + "=" + noPeer
	c.HostWhitelist = map[string]struct{}{"127.0.0.1": {}, "localhost": {}}
	c.EnableGRPCGateway = false
	c.TickMs, c.ElectionMs = uint(heartbeat.Milliseconds()), uint(election.Milliseconds())
	c.QuotaBackendBytes = quota
	c.AutoCompactionMode, c.AutoCompactionRetention = embed.CompactorModePeriodic, history
	c.BcryptCost = bcryptCost
	return c
}

func (s *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	select {
	case <-s.etcd.Server.ReadyNotify():
	case err := <-s.etcd.Err():
		return fmt.Errorf("etcdd: start: %w", err)
	case <-ctx.Done():
		return fmt.Errorf("etcdd: start: %w", context.Cause(ctx))
	}
	if s.cfg.Password == "" {
		return nil
	}
	return s.shut(ctx)
}

// freePort finds a port, the given one if it is free. etcd takes no listener, so
// somebody else may be faster than it; then Start fails and can be tried again.
func freePort(port int) (int, error) {
	ln, err := loopback.Listen(port)
	if err != nil {
		return 0, err
	}
	return loopback.Port(ln), ln.Close()
}

// Etcd is how to reach the server, with every right.
func (s *Server) Etcd() etcd.Config {
	c := etcd.Config{Endpoints: []string{net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))}}
	if s.cfg.Password != "" {
		c.User, c.Password = root, wire.Secret(s.cfg.Password)
	}
	return c
}

// Agent is how an agent reaches the server: it may read what agents need.
func (s *Server) Agent() etcd.Config {
	c := s.Etcd()
	if s.cfg.Password != "" {
		c.User, c.Password = Agent, wire.Secret(s.cfg.AgentPassword)
	}
	return c
}

// Port is the port it listens on.
func (s *Server) Port() int { return s.port }

// Err tells when the server has ended by itself.
func (s *Server) Err() <-chan error { return s.etcd.Err() }

// Close ends the server.
func (s *Server) Close() {
	s.closed.Do(func() {
		s.closing.Store(true)
		s.etcd.Close()
	})
}
