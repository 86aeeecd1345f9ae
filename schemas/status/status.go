// Package status is the contract of the agents topic: the beats in which an
// agent tells how it is.
//
// A beat is JSON, its key is the agent's id. The newest beat of an agent is its
// state; losing one loses nothing but seconds of freshness.
package status

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/schemas/revision"
)

// Every is how often an agent beats; SourcesEvery how often a beat carries MaxSources of
// the worst sources, and not only FewSources.
const (
	Every        = 5 * time.Second
	SourcesEvery = 30 * time.Second
)

// MaxSources bounds the sources in one beat; FewSources are in any.
const (
	MaxSources = 100
	FewSources = 5
)

// ErrBeat is returned by Decode.
var ErrBeat = errors.New("not an agent's beat")

// Agent is one beat.
type Agent struct {
	// ID of the agent: its host id. Stable over restarts.
	ID string `json:"id"`
	// Nonce of the agent's start. Two nonces alternating under one id are
	// two agents that believe to be the same one.
	Nonce   uint64    `json:"nonce,string"`
	Host    string    `json:"host"`
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	// At is when the beat was made, by the host's clock.
	At time.Time `json:"at"`
	// Heard is when fleet took the beat, by its own clock; only fleet sets it.
	Heard time.Time `json:"heard,omitzero"`
	// Stopping is set on the last beat of an orderly stop.
	Stopping bool `json:"stopping,omitempty"`
	// Revision is the etcd revision of the configuration that is applied.
	Revision    int64             `json:"revision"`
	Labels      map[string]string `json:"labels,omitempty"`
	Collections []Collection      `json:"collections,omitempty"`
	Totals      Totals            `json:"totals"`
	// Usage is what the agent's process takes; nil: it does not tell.
	Usage *Usage `json:"usage,omitempty"`
	// Inputs are the ways in besides files.
	Inputs []Input `json:"inputs,omitempty"`
	// Sources are the worst sources, most bytes behind first.
	Sources []Source `json:"sources,omitempty"`
	// LastError is the newest trouble, with its time; empty when there was none.
	LastError   string     `json:"last_error,omitempty"`
	LastErrorAt *time.Time `json:"last_error_at,omitempty"`
}

// LastHeard is when the agent was heard of. A host's clock that goes wrong does not move
// it, unless the beat comes from the agent itself.
func (a *Agent) LastHeard() time.Time {
	if a.Heard.IsZero() {
		return a.At
	}
	return a.Heard
}

// Usage is what a process takes and what it may. CPU time and delay are of this start.
type Usage struct {
	// MemoryBytes is what the Go runtime holds, which it keeps below MemoryLimit if it can.
	MemoryBytes int64 `json:"memory_bytes"`
	MemoryLimit int64 `json:"memory_limit"`
	// CPULimit is in cores; 0 is no limit. DelayedMillis is how long reading has waited to
	// keep to it.
	CPUMillis     int64   `json:"cpu_ms"`
	CPULimit      float64 `json:"cpu_limit,omitempty"`
	DelayedMillis int64   `json:"delayed_ms,omitempty"`
}

// Collection is how one collection fares on one agent.
type Collection struct {
	Name  string      `json:"name"`
	Rev   revision.ID `json:"rev"`
	Files int         `json:"files"`
	Error string      `json:"error,omitempty"`
	// Limited is since when its limits are reached and lines are skipped; nil: they are
	// kept now. SkippedLines and SkippedBytes count since the start, or the newest change
	// of the limits.
	Limited      *time.Time `json:"limited,omitempty"`
	SkippedLines uint64     `json:"skipped_lines,omitempty"`
	SkippedBytes uint64     `json:"skipped_bytes,omitempty"`
}

// Input is how one input of an agent fares. Counters are of this start of the agent.
type Input struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	// Collections ask for it; where none does, what it receives waits in its spool.
	Collections []string `json:"collections,omitempty"`
	// Listening are its addresses now; none when it could not be started.
	Listening []string `json:"listening,omitempty"`
	// Received counts events that are in the spool, ReceivedBytes their bytes.
	Received      uint64 `json:"received"`
	ReceivedBytes uint64 `json:"received_bytes"`
	// Dropped counts events that were lost because the spool had no room and their
	// sender could not be told to wait; Cut those that were too long; Refused
	// connections and requests that were turned away.
	Dropped     uint64 `json:"dropped,omitempty"`
	Cut         uint64 `json:"cut,omitempty"`
	Refused     uint64 `json:"refused,omitempty"`
	Connections int    `json:"connections,omitempty"`
	// SpoolBytes lie on disk for Kafka, SpoolLimit may.
	SpoolBytes  int64      `json:"spool_bytes"`
	SpoolLimit  int64      `json:"spool_limit"`
	LastError   string     `json:"last_error,omitempty"`
	LastErrorAt *time.Time `json:"last_error_at,omitempty"`
}

// Totals add up over all sources. Counters are of this start of the agent.
type Totals struct {
	Files        int    `json:"files"`
	FilesOpen    int    `json:"files_open"`
	BytesBehind  uint64 `json:"bytes_behind"`
	BytesRead    uint64 `json:"bytes_read"`
	BytesShipped uint64 `json:"bytes_shipped"`
	LinesShipped uint64 `json:"lines_shipped"`
	RecordsInAir int    `json:"records_in_air"`
	Gaps         uint64 `json:"gaps"`
	GapBytes     uint64 `json:"gap_bytes"`
	// SkippedLines and SkippedBytes were left out by a rule: a limit, or a hole.
	SkippedLines  uint64 `json:"skipped_lines,omitempty"`
	SkippedBytes  uint64 `json:"skipped_bytes,omitempty"`
	ShipErrors    uint64 `json:"ship_errors"`
	FilesRefused  int    `json:"files_refused"`
	UnackedOldest int64  `json:"unacked_oldest_ms"`
	// StateFailures counts writes of the state log that failed. While they do, a crash
	// would repeat lines.
	StateFailures uint64 `json:"state_failures,omitempty"`
}

// Source is one file.
type Source struct {
	ID         string `json:"id"`
	Path       string `json:"path"`
	Collection string `json:"collection"`
	Size       uint64 `json:"size"`
	Offset     uint64 `json:"offset"`
	Behind     uint64 `json:"behind"`
	// Rate is bytes read a second, averaged over about ten seconds.
	Rate float64 `json:"rate,omitempty"`
	// LastRead is when its newest line was read.
	LastRead time.Time `json:"last_read,omitzero"`
	// Gaps are ranges that could not be read since the agent's start, GapBytes what was
	// in them, Skipped the bytes that a rule left out.
	Gaps     uint64 `json:"gaps,omitempty"`
	GapBytes uint64 `json:"gap_bytes,omitempty"`
	Skipped  uint64 `json:"skipped_bytes,omitempty"`
	Error    string `json:"error,omitempty"`
}

// Encode returns the beat's bytes.
func Encode(a *Agent) ([]byte, error) { return json.Marshal(a) }

// Decode reads a beat. Unknown fields are ignored, so old servers understand
// new agents. Errors wrap ErrBeat.
func Decode(b []byte) (*Agent, error) {
	var a Agent
	if err := json.Unmarshal(b, &a); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBeat, err)
	}
	if a.ID == "" {
		return nil, fmt.Errorf("%w: it has no id", ErrBeat)
	}
	return &a, nil
}
