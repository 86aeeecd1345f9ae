package flow

import (
	"time"

	"github.com/millrace/millrace/schemas/stage"
	"github.com/millrace/millrace/schemas/status"
)

// AgentSilentAfter is how long after its last beat an agent counts as silent: it missed
// three.
const AgentSilentAfter = 3 * status.Every

// rateAge is how long ago a beat may be to compare a newer one with it.
const rateAge = time.Minute

// reasonGap is why an agent drops: a range that it could not read or ship. It knows
// how many ranges, not how many lines.
const reasonGap = "gap"

// shipping is what is remembered of an agent to tell its rate.
type shipping struct {
	nonce uint64
	at    time.Time
	lines uint64
	rate  float64
	known bool // the rate, from two beats
}

// agentStage is the stage of all agents that run.
func (f *Flow) agentStage(beats map[string][]byte, now time.Time) Stage {
	s := newStage(stage.Agent)
	for id := range f.agents {
		if _, ok := beats[id]; !ok {
			delete(f.agents, id)
		}
	}
	for id, text := range beats {
		b, err := status.Decode(text)
		if err != nil || StateOf(b, now) != Running {
			delete(f.agents, id)
			continue
		}
		rate, known := f.rateOf(id, b)
		lines := b.Totals.LinesShipped
		s.count(known)
		s.In, s.Out = s.In+lines, s.Out+lines
		s.RateIn, s.RateOut = s.RateIn+rate, s.RateOut+rate
		if b.Totals.Gaps > 0 {
			s.Dropped[reasonGap] += b.Totals.Gaps
		}
		s.LagRecords += int64(b.Totals.RecordsInAir)
		s.LagSeconds = max(s.LagSeconds, float64(b.Totals.UnackedOldest)/1000)
		s.trouble(b.LastError, b.LastErrorAt)
	}
	return s
}

// rateOf compares an agent's beat with the one that was seen before it; without one the
// rate is not known.
func (f *Flow) rateOf(id string, b *status.Agent) (rate float64, known bool) {
	old := f.agents[id]
	if old != nil && b.At.Equal(old.at) {
		return old.rate, old.known
	}
	now := &shipping{nonce: b.Nonce, at: b.At, lines: b.Totals.LinesShipped}
	if old != nil && old.nonce == now.nonce && now.lines >= old.lines && now.at.After(old.at) && now.at.Sub(old.at) <= rateAge {
		now.known = true
		now.rate = float64(now.lines-old.lines) / now.at.Sub(old.at).Seconds()
	}
	f.agents[id] = now
	return now.rate, now.known
}
