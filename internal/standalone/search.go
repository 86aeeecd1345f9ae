package standalone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/standalone/loopback"
	"github.com/millrace/millrace/internal/standalone/search"
)

const (
	// headerTimeout bounds how long a client may take to say what it wants, and
	// drainTimeout how long requests may go on when the server ends.
	headerTimeout = 10 * time.Second
	drainTimeout  = 3 * time.Second
)

type searchConfig struct {
	dir        string
	port       int // another is taken when it is 0 or in use
	key        string
	log        *slog.Logger
	registerer prometheus.Registerer
}

// searchServer is the search store on a port.
type searchServer struct {
	cfg   searchConfig
	store *search.Store
	ln    net.Listener
	http  *http.Server
	done  sync.WaitGroup
}

func openSearch(cfg searchConfig) (*searchServer, error) {
	store, err := search.Open(cfg.dir, search.Options{Key: cfg.key, Logger: cfg.log, Registerer: cfg.registerer})
	if err != nil {
		return nil, fmt.Errorf("standalone: search: %w", err)
	}
	ln, err := loopback.Listen(cfg.port)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("standalone: search: %w", err), store.Close())
	}
	s := &searchServer{cfg: cfg, store: store, ln: ln, http: &http.Server{
		Handler:           store.Handler(),
		ReadHeaderTimeout: headerTimeout,
		ErrorLog:          slog.NewLogLogger(cfg.log.Handler(), slog.LevelDebug),
	}}
	s.done.Go(s.serve) // ended by close, through http
	return s, nil
}

func (s *searchServer) serve() {
	if err := s.http.Serve(s.ln); !errors.Is(err, http.ErrServerClosed) {
		s.cfg.log.Error("the search store serves no more", "error", err)
	}
}

func (s *searchServer) port() int { return loopback.Port(s.ln) }

func (s *searchServer) config() elastic.Config {
	return elastic.Config{Addresses: []string{"http://" + s.ln.Addr().String()}, APIKey: elastic.Secret(s.cfg.key)}
}

func (s *searchServer) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	s.done.Wait()
	return errors.Join(err, s.store.Close())
}
