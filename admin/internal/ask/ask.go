// Package ask asks agents for all of their sources, and why a path is or is not collected.
//
//	Sources ──request key, with a lease──► etcd ──► agent
//	   ▲                                              │
//	   └──────── parts ◄── agents.sources ◄───────────┘
//
// An agent that does not answer in time has not answered: nobody waits longer, and what
// it says later is left out. Several who ask for one agent at once share one request.
// Nothing is kept. Asker.Run owns the goroutine that reads answers.
package ask

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/IBM/sarama"
	clientv3 "go.etcd.io/etcd/client/v3"
	"golang.org/x/sync/singleflight"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/status"
	"github.com/millrace/millrace/schemas/topic"
)

const (
	// patience is how long an agent may take.
	patience = 2 * time.Second
	// lease is how long a request stays that nobody takes back, in seconds.
	lease = 10
)

// Errors of asking.
var (
	// ErrNoAnswer means that the agent has not answered in time.
	ErrNoAnswer = errors.New("the agent has not answered in time")
	// ErrTooOld means that the agent does not know this kind of request.
	ErrTooOld = errors.New("the agent is too old to explain")
)

// Asker asks. Make it with New.
type Asker struct {
	cfg    kafka.Config
	log    *slog.Logger
	client func() (*clientv3.Client, error)
	shared singleflight.Group

	mu        sync.Mutex
	following bool
	waiting   map[string]*answer // by name of the request
}

// New makes an asker; client gives the connection to etcd.
func New(cfg kafka.Config, client func() (*clientv3.Client, error), log *slog.Logger) *Asker {
	return &Asker{cfg: cfg, client: client, log: obs.Component(log, "ask"), waiting: map[string]*answer{}}
}

// Run reads answers until ctx ends and returns nil then.
func (a *Asker) Run(ctx context.Context) error {
	return kafka.Follow(ctx, a.cfg, []string{topic.AgentSources}, a.log, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.following = true
	}, a.take)
}

// Sources are all sources of an agent. Errors: ErrNoAnswer.
func (a *Asker) Sources(ctx context.Context, agent string) ([]status.Source, error) {
	parts, err := a.share(ctx, agent, status.Request{})
	if err != nil {
		return nil, err
	}
	var all []status.Source
	for _, p := range parts {
		all = append(all, p.Sources...)
	}
	return all, nil
}

// Explain asks why a path is or is not collected, by this collection unless that is empty.
// Errors: ErrNoAnswer, ErrTooOld.
func (a *Asker) Explain(ctx context.Context, agent, path, collection string) (*status.Explanation, error) {
	parts, err := a.share(ctx, agent, status.Request{Explain: path, Collection: collection})
	if err != nil {
		return nil, err
	}
	if parts[0].Explanation == nil {
		return nil, ErrTooOld
	}
	return parts[0].Explanation, nil
}

// question is who is asked for what.
type question struct {
	agent string
	what  status.Request
}

// share asks, or waits with those who ask the same now.
func (a *Asker) share(ctx context.Context, agent string, what status.Request) ([]*status.Listing, error) {
	// Whoever asked first may go away while others wait for the answer.
	ctx = context.WithoutCancel(ctx)
	q := question{agent, what}
	all, err, _ := a.shared.Do(fmt.Sprintf("%q", q), func() (any, error) { return a.ask(ctx, q) })
	if err != nil {
		return nil, err
	}
	return all.([]*status.Listing), nil
}

func (a *Asker) ask(ctx context.Context, q question) ([]*status.Listing, error) {
	value, err := status.EncodeRequest(q.what)
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	client, err := a.client()
	if err != nil {
		return nil, fmt.Errorf("%w: etcd: %w", ErrNoAnswer, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	name := rand.Text()
	expected, err := a.expect(q.agent, name)
	if err != nil {
		return nil, err
	}
	defer a.giveUp(name)
	granted, err := client.Grant(ctx, lease)
	if err != nil {
		return nil, fmt.Errorf("%w: etcd: %w", ErrNoAnswer, err)
	}
	if _, err := client.Put(ctx, collect.RequestKey(q.agent, name), string(value), clientv3.WithLease(granted.ID)); err != nil {
		return nil, fmt.Errorf("%w: etcd: %w", ErrNoAnswer, err)
	}
	select {
	case <-expected.whole:
		_, _ = client.Revoke(ctx, granted.ID) // else it ends by itself
		return expected.parts, nil
	case <-ctx.Done():
		return nil, ErrNoAnswer
	}
}

// expect prepares for an answer.
func (a *Asker) expect(agent, request string) (*answer, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.following {
		return nil, fmt.Errorf("%w: Kafka cannot be read", ErrNoAnswer)
	}
	expected := &answer{agent: agent, whole: make(chan struct{})}
	a.waiting[request] = expected
	return expected, nil
}

func (a *Asker) giveUp(request string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, request)
}

// take is told of one record.
func (a *Asker) take(m *sarama.ConsumerMessage) {
	part, err := status.DecodeListing(m.Value)
	if err != nil {
		a.log.Debug("an answer cannot be read", "error", err)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if expected := a.waiting[part.Request]; expected != nil && expected.agent == part.ID {
		expected.add(part)
	}
}

// answer is what has come of one so far. After whole is closed nothing changes.
type answer struct {
	agent string
	parts []*status.Listing
	have  int
	whole chan struct{}
}

func (a *answer) add(part *status.Listing) {
	if a.parts == nil {
		a.parts = make([]*status.Listing, part.Parts)
	}
	if len(a.parts) != part.Parts || a.parts[part.Part] != nil { // it repeats, or contradicts itself
		return
	}
	a.parts[part.Part] = part
	if a.have++; a.have == part.Parts {
		close(a.whole)
	}
}
