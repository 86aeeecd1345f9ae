package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/millrace/millrace/admin/internal/store"
	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/roster"
	"github.com/millrace/millrace/internal/sleep"
	"github.com/millrace/millrace/internal/topics"
)

const (
	// ensureTimeout bounds the making of topics.
	ensureTimeout = 10 * time.Second
	// retryFirst and retryMost bound the pause before a server is tried again.
	retryFirst = 100 * time.Millisecond
	retryMost  = 10 * time.Second
)

// errConnecting is what is wrong before the first try has ended.
var errConnecting = errors.New("still connecting")

// servers are the admin's connections to etcd and Kafka. Its run makes them; others
// may ask at any time.
type servers struct {
	cfg    Config
	lead   func(context.Context, func(context.Context))
	log    *slog.Logger
	client atomic.Pointer[clientv3.Client]
	// troubles are why there is no client, and why the topics are not in order; nil
	// in them means that all is well.
	etcdTrouble, kafkaTrouble atomic.Pointer[error]
	found                     atomic.Pointer[[]kafka.Finding] // of the last look at the topics
}

func newServers(cfg Config, lead func(context.Context, func(context.Context)), log *slog.Logger) *servers {
	s := &servers{cfg: cfg, lead: lead, log: log}
	connecting := errConnecting
	s.etcdTrouble.Store(&connecting)
	s.kafkaTrouble.Store(&connecting)
	return s
}

// run connects to etcd and makes the system's topics, each until it succeeds, and
// keeps the connection until ctx ends.
func (s *servers) run(ctx context.Context) error {
	var kafkaDone sync.WaitGroup
	kafkaDone.Go(func() { // ended by ctx
		s.lead(ctx, func(ctx context.Context) {
			s.until(ctx, "kafka", new(atomic.Pointer[error]), func() error { return s.ensure(ctx, topics.System(s.cfg.Topics)) })
		})
	})
	kafkaDone.Go(func() { s.watchTopics(ctx) }) // ended by ctx
	s.until(ctx, "etcd", &s.etcdTrouble, func() error { return s.connect(ctx) })
	<-ctx.Done()
	kafkaDone.Wait()
	if client := s.client.Swap(nil); client != nil {
		_ = client.Close() // it reports the end of its own context
	}
	return nil
}

func (s *servers) connect(ctx context.Context) error {
	client, err := etcd.Dial(ctx, s.cfg.Etcd, s.log)
	if err == nil {
		s.client.Store(client)
	}
	return err
}

// until tries again and again until it succeeds or ctx ends.
func (s *servers) until(ctx context.Context, name string, trouble *atomic.Pointer[error], try func() error) {
	for pause := retryFirst; ; pause = min(2*pause, retryMost) {
		err := try()
		if ctx.Err() != nil {
			return
		}
		trouble.Store(&err)
		if err == nil {
			return
		}
		s.log.Warn("a server is not as needed; trying again", "server", name, "error", err)
		if !sleep.For(ctx, pause/2+rand.N(pause)) {
			return
		}
	}
}

// etcd is the connection, or why there is none.
func (s *servers) etcd() (*clientv3.Client, error) {
	if client := s.client.Load(); client != nil {
		return client, nil
	}
	if err := *s.etcdTrouble.Load(); err != nil {
		return nil, err
	}
	return nil, errConnecting // it is being closed
}

// ensureApp makes the topic of an app before anybody writes to it.
func (s *servers) ensureApp(ctx context.Context, app string) error {
	err := s.ensure(ctx, []kafka.TopicSpec{topics.App(app, s.cfg.Topics)})
	if err != nil && !errors.Is(err, kafka.ErrMismatch) {
		return fmt.Errorf("%w: the topic of %s could not be made: %w", store.ErrUnavailable, app, err)
	}
	return err
}

func (s *servers) ensure(ctx context.Context, specs []kafka.TopicSpec) error {
	ctx, cancel := context.WithTimeout(ctx, ensureTimeout)
	defer cancel()
	return kafka.EnsureTopics(ctx, s.cfg.Kafka, specs)
}

// kafkaReady reports whether the topics are in order and a broker can be reached.
func (s *servers) kafkaReady(ctx context.Context) error {
	if err := *s.kafkaTrouble.Load(); err != nil {
		return err
	}
	var errs []error
	for _, addr := range s.cfg.Kafka.Brokers {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

const (
	// lookFirst and lookEvery are how often the topics are compared with the plan:
	// until they are there, and then.
	lookFirst = 500 * time.Millisecond
	lookEvery = time.Minute
)

// watchTopics compares the topics with the plan until ctx ends, and logs each finding
// once.
func (s *servers) watchTopics(ctx context.Context) {
	told := map[string]bool{}
	for pause := time.Duration(0); sleep.For(ctx, pause); {
		findings, err := s.compare(ctx)
		if err == nil {
			pause = lookEvery
			s.found.Store(&findings)
			s.tell(told, findings)
			err = kafka.Fatal(findings)
		} else {
			pause = lookFirst
		}
		if ctx.Err() == nil {
			s.kafkaTrouble.Store(&err)
		}
	}
}

func (s *servers) tell(told map[string]bool, findings []kafka.Finding) {
	for _, f := range findings {
		if !told[f.String()] {
			told[f.String()] = true
			s.log.Warn("a topic is not as it should be", "topic", f.Topic, "what", f.What, "fix", f.Fix, "fatal", f.Fatal)
		}
	}
}

func (s *servers) compare(ctx context.Context) ([]kafka.Finding, error) {
	ctx, cancel := context.WithTimeout(ctx, ensureTimeout)
	defer cancel()
	return kafka.CompareTopics(ctx, s.cfg.Kafka, topics.System(s.cfg.Topics))
}

// findings are those of the last look at the topics.
func (s *servers) findings() []kafka.Finding {
	if found := s.found.Load(); found != nil {
		return *found
	}
	return nil
}

// roster lists the processes of server roles.
func (s *servers) roster(ctx context.Context) ([]roster.Entry, error) {
	client, err := s.etcd()
	if err != nil {
		return nil, err
	}
	return roster.List(ctx, client)
}
