// Package stage is the contract of the stages topic: the beats in which the server
// roles tell what passes through them.
//
// A beat is JSON, its key is the stage's name and instance. It counts what one instance
// did since it was started, so a later beat says all that an earlier one did; losing
// one loses nothing but seconds of freshness. An instance that is silent for SilentAfter
// is gone.
//
// Extra processors tell of themselves as stages too, by their own names (see Own).
//
// Agents are not in here: they tell the same in their own beats (see schemas/status).
package stage

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Every is how often a stage beats, and SilentAfter how long after its last beat an
// instance counts as gone.
const (
	Every       = 2 * time.Second
	SilentAfter = 15 * time.Second
)

// Names of stages, in the order of the flow.
const (
	Agent   = "agent"
	Adopt   = "adopt"
	Enrich  = "enrich"
	Indexer = "indexer"
	Fleet   = "fleet"
)

// Own reports whether a stage is one of Millrace's own. All others are extra
// processors, whose consumer group is called as they are.
func Own(name string) bool {
	switch name {
	case Agent, Adopt, Enrich, Indexer, Fleet:
		return true
	}
	return false
}

// ErrBeat is returned by Decode.
var ErrBeat = errors.New("not a stage's beat")

// Beat is one beat. In = Out + Dropped + DeadLettered + what is under way.
type Beat struct {
	Name string `json:"name"`
	// Instance is drawn at random when the role starts.
	Instance string    `json:"instance"`
	Started  time.Time `json:"started"`
	// At is when the counts were read, by the role's clock.
	At time.Time `json:"at"`
	// Stopping is set on the last beat of an orderly stop.
	Stopping bool `json:"stopping,omitempty"`
	// In and Out are events where the stage knows them, else records.
	In           uint64            `json:"in"`
	Out          uint64            `json:"out"`
	Dropped      map[string]uint64 `json:"dropped,omitempty"`       // by reason
	DeadLettered map[string]uint64 `json:"dead_lettered,omitempty"` // by reason
	// DelaySeconds is how old that was which the stage took, or has not yet settled.
	DelaySeconds float64 `json:"delay_seconds"`
	// LastError is the newest trouble, with its time; empty when there was none.
	LastError   string     `json:"last_error,omitempty"`
	LastErrorAt *time.Time `json:"last_error_at,omitempty"`
	// Pipelines are those that fail far more often than they did; MostPipelines at most.
	Pipelines []Pipeline `json:"pipelines,omitempty"`
	// Failed are the collections whose lines failed in the last hour, those with most
	// failures first; MostFailed at most.
	Failed []Failed `json:"failed,omitempty"`
}

// Key is the key of the beat's record.
func (b *Beat) Key() string { return b.Name + "/" + b.Instance }

// Encode returns the beat's bytes.
func Encode(b *Beat) ([]byte, error) { return json.Marshal(b) }

// Decode reads a beat. Unknown fields are ignored, so old servers understand new
// ones. Errors wrap ErrBeat.
func Decode(text []byte) (*Beat, error) {
	var b Beat
	if err := json.Unmarshal(text, &b); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBeat, err)
	}
	if b.Name == "" || b.Instance == "" {
		return nil, fmt.Errorf("%w: it has no name or no instance", ErrBeat)
	}
	return &b, nil
}
