package agent

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/agent/internal/input"
	"github.com/millrace/millrace/agent/internal/ship"
	"github.com/millrace/millrace/agent/internal/tail"
	"github.com/millrace/millrace/schemas/status"
)

// teller puts together what the parts of a running agent know.
type teller struct {
	agent   *Agent
	id      string
	started time.Time
	tailer  *tail.Tailer
	shipper *ship.Shipper
	inputs  *input.Set
	newest  atomic.Pointer[status.Agent]
}

// beat makes a beat of what is now.
func (t *teller) beat(ctx context.Context, sources bool) (*status.Agent, error) {
	s, err := t.tailer.Status(ctx, sources)
	if err != nil {
		return nil, err
	}
	b := t.of(&s)
	if sources {
		b.Sources = s.Sources[:min(len(s.Sources), status.MaxSources)]
	}
	t.newest.Store(b)
	return b, nil
}

// listing answers a request for all sources.
func (t *teller) listing(ctx context.Context, request string) ([][]byte, error) {
	s, err := t.tailer.Status(ctx, true)
	if err != nil {
		return nil, err
	}
	return status.EncodeListing(t.id, request, s.Sources)
}

func (t *teller) of(s *tail.Status) *status.Agent {
	stats := t.shipper.Stats()
	b := &status.Agent{
		ID: t.id, Nonce: t.agent.nonce, Host: t.agent.cfg.Host, Version: t.agent.cfg.Version,
		Started: t.started, At: time.Now().UTC(), Revision: s.Revision, Labels: t.agent.cfg.Labels,
		Collections: s.Collections, Totals: s.Totals, Inputs: t.inputs.Status(),
	}
	b.Totals.ShipErrors = stats.Errors.Load()
	b.Totals.Gaps += stats.Gaps.Load()
	b.Totals.GapBytes += stats.GapBytes.Load()
	if s.LastError != "" {
		b.LastError, b.LastErrorAt = s.LastError, &s.LastAt
	}
	if at, err := t.shipper.Trouble(); err != nil && at.After(s.LastAt) {
		b.LastError, b.LastErrorAt = err.Error(), &at
	}
	return b
}

// last is the beat of an orderly stop, made when nothing runs any longer.
func (t *teller) last() *status.Agent {
	s := t.tailer.Final()
	b := t.of(&s)
	b.Stopping = true
	return b
}
