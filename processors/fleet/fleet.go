// Package fleet keeps the newest beat of every agent in a table.
//
//	agents ─► newest beat of each agent ─► fleet-table (key agent id)
//	      └─► dead.agents
//
// The table's value is the beat as the agent wrote it (see schemas/status), byte
// for byte, with three more fields at its end: "clone", true while two agents
// believe to be this one, "heard", when it came by the clock here, and "fleet", which
// is this package's memory. [Decode] reads it; so does status.Decode, which leaves out
// the first and the last.
//
// A beat that is older than the one held, of the same start of the agent or
// delivered again, does not replace it, unless the agent's clock was set back. Losing
// the table loses nothing but seconds: the next beats fill it.
//
// Dead letters are what is no beat (bad_beat), beats under another key than their
// agent's id (wrong_key), and those of package processors.
//
// Run owns all goroutines; the step itself starts none.
package fleet

import (
	"context"
	"fmt"
	"time"

	"github.com/lovoo/goka/codec"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/schemas/status"
	"github.com/millrace/millrace/schemas/topic"
)

// Reasons of dead letters.
const (
	// ReasonBeat: the record is not an agent's beat.
	ReasonBeat = "bad_beat"
	// ReasonKey: the record's key is not the agent's id.
	ReasonKey = "wrong_key"
)

// Run keeps the table until ctx ends and returns nil then. Before that it returns
// only for what waiting cannot cure; see processors.Run.
func Run(ctx context.Context, cfg processors.Config, deps processors.Deps) error {
	if err := processors.Run(ctx, cfg, spec(time.Now), deps); err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	return nil
}

func spec(now func() time.Time) processors.Spec {
	return processors.Spec{
		Group:      topic.GroupFleet,
		Inputs:     []string{topic.Agents},
		Table:      new(codec.Bytes),
		Step:       func(c *processors.Context) { step(c, now().UTC()) },
		DeadLetter: topic.DeadAgents,
	}
}

func step(c *processors.Context, now time.Time) {
	r := c.Record()
	beat, err := status.Decode(r.Value)
	if err != nil {
		c.DeadLetter(ReasonBeat, err.Error())
		return
	}
	if r.Key != beat.ID {
		c.DeadLetter(ReasonKey, fmt.Sprintf("the key is %.100q, the agent's id %.100q", r.Key, beat.ID))
		return
	}
	stored, _ := c.Value().([]byte)
	value, err := follow(stored, beat, r.Value, r.Offset, now)
	if err != nil {
		c.DeadLetter(ReasonBeat, err.Error())
		return
	}
	c.SetValue(value)
}
