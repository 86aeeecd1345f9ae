// Package kafkad is the embedded Kafka: franz-go's kfake with its data on disk,
// behind a password, on a loopback port.
//
// A record that was acknowledged survives kill -9: it was written to the file
// system before. It may not survive a power failure, as with Kafka's own defaults:
// a sync of each batch doubles the time of a record on a fast disk (0.5 to 1.0 ms for
// 100 KiB) and costs a multiple of that on slow ones.
// Retention and compaction run every few minutes. The server owns its goroutines;
// Close ends them.
package kafkad

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/standalone/loopback"
	"github.com/millrace/millrace/internal/wire"
)

// cleanEvery is how often retention and compaction run.
const cleanEvery = 5 * time.Minute

// brokerConfigs are settings of the broker that differ from Kafka's.
var brokerConfigs = map[string]string{
	// A machine that was off for a fortnight goes on where it was.
	"offsets.retention.minutes": strconv.Itoa(10 * 365 * 24 * 60),
	// The default of topics that nobody created with a size of their own.
	"log.segment.bytes": strconv.Itoa(64 << 20),
	// We clean by ourselves: after a restart kfake forgets to.
	"log.cleaner.backoff.ms": strconv.FormatInt(time.Hour.Milliseconds(), 10),
}

// Config says where the data lies and who may come in.
type Config struct {
	Dir      string // made when missing
	Port     int    // on 127.0.0.1; another is taken when it is 0 or in use
	User     string // nobody is asked when empty
	Password string
	Log      *slog.Logger
}

// Server is a running Kafka.
type Server struct {
	cfg     Config
	port    int
	cluster *kfake.Cluster
	stop    chan struct{}
	cleaner sync.WaitGroup
	closing sync.Once
}

// Start loads the data and serves.
func Start(cfg Config) (*Server, error) {
	ln, err := loopback.Listen(cfg.Port)
	if err != nil {
		return nil, fmt.Errorf("kafkad: %w", err)
	}
	opts := []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.DataDir(cfg.Dir),
		kfake.ClusterID("millrace"),
		kfake.BrokerConfigs(brokerConfigs),
		kfake.GroupMinSessionTimeout(time.Second),
		kfake.ListenFn(func(string, string) (net.Listener, error) { return listener{ln}, nil }),
		kfake.WithLogger(logger{kafka.NewLogger(obs.Component(cfg.Log, "kafkad"), slog.LevelWarn)}),
	}
	if cfg.User != "" {
		opts = append(opts, kfake.EnableSASL())
		for _, mechanism := range mechanisms {
			opts = append(opts, kfake.Superuser(mechanism, cfg.User, cfg.Password))
		}
	}
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("kafkad: open %s: %w", cfg.Dir, err), ignoreClosed(ln.Close()))
	}
	s := &Server{cfg: cfg, port: loopback.Port(ln), cluster: cluster, stop: make(chan struct{})}
	s.cleaner.Go(s.clean) // ended by Close
	return s, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Kafka is how to reach the server.
func (s *Server) Kafka() kafka.Config {
	// Not ListenAddrs: a cluster that was closed never answers.
	c := kafka.Config{Brokers: []string{net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port))}}
	if s.cfg.User != "" {
		c.SASL = kafka.SASL{Mechanism: kafka.ScramSHA256, User: s.cfg.User, Password: wire.Secret(s.cfg.Password)}
	}
	return c
}

// Port is the port it listens on.
func (s *Server) Port() int { return s.port }

// clean applies retention and compaction now and then.
func (s *Server) clean() {
	t := time.NewTicker(cleanEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			s.cluster.Compact()
		case <-s.stop:
			return
		}
	}
}

// Clean applies retention and compaction at once.
func (s *Server) Clean() { s.cluster.Compact() }

// Close saves what is in memory only and ends the server.
func (s *Server) Close() {
	s.closing.Do(func() {
		close(s.stop)
		s.cleaner.Wait()
		s.cluster.Close()
	})
}

// logger passes on what kfake warns of. The rest is a line per request.
type logger struct{ to *kafka.Logger }

// Logf implements kfake.Logger.
func (l logger) Logf(level kfake.LogLevel, format string, args ...any) {
	if level == kfake.LogLevelError || level == kfake.LogLevelWarn {
		l.to.Printf(format, args...)
	}
}
