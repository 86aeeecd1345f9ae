package standalone

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/standalone/etcdd"
	"github.com/millrace/millrace/internal/standalone/kafkad"
	"github.com/millrace/millrace/internal/topics"
	"github.com/millrace/millrace/schemas/collect"
)

// kafkaUser is who everybody is to the embedded Kafka.
const kafkaUser = "millrace"

// ensureTimeout bounds the making of the topics.
const ensureTimeout = 20 * time.Second

// Config says where the data lies and how long the topics keep it.
type Config struct {
	// DataDir holds everything; it is made, for its owner only, when missing.
	DataDir string
	// Topics is the plan of the topics; topics.Embedded() when zero.
	Topics     topics.Plan
	Log        *slog.Logger
	Registerer prometheus.Registerer
}

// Servers are the running servers.
type Servers struct {
	cfg    Config
	lock   *os.File
	kafka  *kafkad.Server
	etcd   *etcdd.Server
	search *searchServer
	closed sync.Once
	err    error
}

// Start takes the folder, starts all servers and returns once they serve and the
// system's topics are there. ctx ends only the wait: call Close. The error wraps
// ErrInUse when another process has the folder, ErrForeign when it is no data folder.
func Start(ctx context.Context, cfg Config) (*Servers, error) {
	cfg = cfg.withDefaults()
	if err := makePrivate(cfg.DataDir); err != nil {
		return nil, err
	}
	held, err := lock(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	s := &Servers{cfg: cfg, lock: held}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (c Config) withDefaults() Config {
	if c.Topics == (topics.Plan{}) {
		c.Topics = topics.Embedded()
	}
	c.Log = obs.Component(c.Log, "standalone")
	return c
}

// makePrivate makes the folder and shuts it to others: it holds logs and passwords. A
// folder that others use is refused, since shutting it would keep them out.
func makePrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("standalone: data folder: %w", err)
	}
	if err := checkOurs(dir); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a folder needs its x
		return fmt.Errorf("standalone: data folder: %w", err)
	}
	return nil
}

// checkOurs says whether a folder is empty, or was taken before.
func checkOurs(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("standalone: data folder: %w", err)
	}
	foreign := ""
	for _, e := range entries {
		switch {
		case e.Type().IsRegular() && (e.Name() == lockFile || e.Name() == secretsFile):
			return nil
		case e.Name() != "lost+found": // a file system of its own has that
			foreign = e.Name()
		}
	}
	if foreign == "" {
		return nil
	}
	return fmt.Errorf("standalone: data folder %s %w, such as %s: it would be shut to all others; choose an empty folder or a new one with --data", dir, ErrForeign, foreign)
}

// start starts the servers side by side.
func (s *Servers) start(ctx context.Context) error {
	keep, err := loadSecrets(s.cfg.DataDir)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	var errKafka, errEtcd, errSearch error
	wg.Go(func() { errKafka = s.startKafka(ctx, keep) })
	wg.Go(func() { errEtcd = s.startEtcd(ctx, keep) })
	wg.Go(func() { errSearch = s.startSearch(keep) }) //nolint:contextcheck // the store opens files of this machine only
	wg.Wait()
	if err := errors.Join(errKafka, errEtcd, errSearch); err != nil {
		return err
	}
	ports := [3]int{keep.KafkaPort, keep.EtcdPort, keep.SearchPort}
	now := [3]int{s.kafka.Port(), s.etcd.Port(), s.search.port()}
	if ports == now {
		return nil
	}
	keep.KafkaPort, keep.EtcdPort, keep.SearchPort = now[0], now[1], now[2]
	return keep.save(s.cfg.DataDir)
}

func (s *Servers) startKafka(ctx context.Context, keep *secrets) (err error) {
	s.kafka, err = kafkad.Start(kafkad.Config{
		Dir: filepath.Join(s.cfg.DataDir, "kafka"), Port: keep.KafkaPort,
		User: kafkaUser, Password: keep.KafkaPassword, Log: s.cfg.Log,
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, ensureTimeout)
	defer cancel()
	return kafka.EnsureTopics(ctx, s.kafka.Kafka(), topics.System(s.cfg.Topics))
}

func (s *Servers) startEtcd(ctx context.Context, keep *secrets) (err error) {
	s.etcd, err = etcdd.Start(ctx, etcdd.Config{
		Dir: filepath.Join(s.cfg.DataDir, "etcd"), Port: keep.EtcdPort,
		Password: keep.EtcdPassword, AgentPassword: keep.AgentPassword, AgentPrefix: collect.KeyAgent, Log: s.cfg.Log,
	})
	return err
}

func (s *Servers) startSearch(keep *secrets) (err error) {
	s.search, err = openSearch(searchConfig{
		dir: filepath.Join(s.cfg.DataDir, "search"), port: keep.SearchPort, key: keep.SearchKey,
		log: s.cfg.Log, registerer: s.cfg.Registerer,
	})
	return err
}

// Kafka is how to reach Kafka.
func (s *Servers) Kafka() kafka.Config { return s.kafka.Kafka() }

// Etcd is how to reach etcd with every right.
func (s *Servers) Etcd() etcd.Config { return s.etcd.Etcd() }

// AgentEtcd is how an agent reaches etcd: it may read its own prefix only.
func (s *Servers) AgentEtcd() etcd.Config { return s.etcd.Agent() }

// Search is how to reach the search store.
func (s *Servers) Search() elastic.Config { return s.search.config() }

// Topics is the plan of the topics.
func (s *Servers) Topics() topics.Plan { return s.cfg.Topics }

// Close ends the servers and gives the folder back. Whoever uses the servers ends
// first. Safe to call again.
func (s *Servers) Close() error {
	s.closed.Do(func() {
		if s.search != nil {
			s.err = s.search.close()
		}
		if s.kafka != nil {
			s.kafka.Close()
		}
		if s.etcd != nil {
			s.etcd.Close()
		}
		s.err = errors.Join(s.err, s.lock.Close())
	})
	return s.err
}
