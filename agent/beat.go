package agent

import (
	"context"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/agent/internal/explain"
	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/follow"
	"github.com/millrace/millrace/agent/internal/input"
	"github.com/millrace/millrace/agent/internal/ship"
	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/agent/internal/tail"
	"github.com/millrace/millrace/schemas/collect"
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
	spools  string // their folder
	newest  atomic.Pointer[status.Agent]
	scans   atomic.Uint64
}

// beat makes a beat of what is now; sources says whether many of the worst are in it.
func (t *teller) beat(ctx context.Context, sources bool) (*status.Agent, error) {
	most := status.FewSources
	if sources {
		most = status.MaxSources
	}
	s, err := t.tailer.Status(ctx, most)
	if err != nil {
		return nil, err
	}
	t.scans.Store(s.Scans)
	b := t.of(&s)
	b.Sources = s.Sources
	t.newest.Store(b)
	return b, nil
}

// answer answers a request.
func (t *teller) answer(ctx context.Context, asked follow.Asked) ([][]byte, error) {
	if asked.Explain != "" {
		return t.explain(ctx, asked)
	}
	s, err := t.tailer.Status(ctx, tail.AllSources)
	if err != nil {
		return nil, err
	}
	return status.EncodeListing(t.id, asked.Name, s.Sources)
}

// explain answers why a path is or is not collected.
func (t *teller) explain(ctx context.Context, asked follow.Asked) ([][]byte, error) {
	if name, ok := explain.InputName(asked.Explain); ok {
		return t.explainInput(ctx, asked, name)
	}
	path := filepath.Clean(asked.Explain)
	disk, key := explain.Look(find.Allow(t.agent.cfg.AllowPaths), path, tail.Compressed)
	known, err := t.tailer.Known(ctx, disk.Real, key)
	if err != nil {
		return nil, err
	}
	since, trouble := t.shipper.Trouble()
	why := explain.Of(&explain.Facts{
		Path: path, Collection: asked.Collection, Host: t.agent.cfg.Host, Now: time.Now(),
		Known: known, Disk: disk, Trouble: trouble, TroubleSince: since,
	})
	part, err := status.EncodeExplanation(t.id, asked.Name, &why)
	return [][]byte{part}, err
}

// explainInput answers why what an input receives is or is not collected.
func (t *teller) explainInput(ctx context.Context, asked follow.Asked, name string) ([][]byte, error) {
	known, err := t.tailer.Known(ctx, "", source.Key{})
	if err != nil {
		return nil, err
	}
	f := explain.InputFacts{Name: name, Spool: filepath.Join(t.spools, name), Host: t.agent.cfg.Host, Now: time.Now(), Known: known}
	f.TroubleSince, f.Trouble = t.shipper.Trouble()
	all := t.inputsOf(known.Views)
	if i := slices.IndexFunc(all, func(in status.Input) bool { return in.Name == name }); i >= 0 {
		f.Input = &all[i]
	}
	why := explain.OfInput(&f)
	part, err := status.EncodeExplanation(t.id, asked.Name, &why)
	return [][]byte{part}, err
}

// inputsOf is how the inputs fare, and which of these collections ask for each.
func (t *teller) inputsOf(views []collect.AgentView) []status.Input {
	all := t.inputs.Status()
	for i := range all {
		all[i].Collections = explain.Takers(views, all[i].Name)
	}
	return all
}

func (t *teller) of(s *tail.Status) *status.Agent {
	stats := t.shipper.Stats()
	b := &status.Agent{
		ID: t.id, Nonce: t.agent.nonce, Host: t.agent.cfg.Host, Version: t.agent.cfg.Version,
		Started: t.started, At: time.Now().UTC(), Revision: s.Revision, Labels: t.agent.cfg.Labels,
		Collections: s.Collections, Totals: s.Totals, Inputs: t.inputsOf(s.Views),
		Usage: t.agent.cfg.usage(s),
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
