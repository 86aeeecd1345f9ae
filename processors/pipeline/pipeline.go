package pipeline

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/format"
	"github.com/millrace/millrace/processors/pipeline/step"
)

// Problem is one thing wrong with a config, at a key path such as "pipeline[0].dissect.pattern".
//
//nolint:errname // see step.Problem
type Problem = step.Problem

// Data is what lookup and geoip ask. It is asked for every event anew.
type Data = step.Data

// Pipeline is a compiled pipeline. It does not change and may be shared by any number of runners.
type Pipeline struct {
	schema *event.Schema
	steps  []compiled
}

// Input is one raw event and what is known of it. All strings may be empty; what is empty is left out of the document.
type Input struct {
	Message    []byte    // the bytes of the line, without its end
	At         time.Time // when they were read
	Host       string
	Path       string
	App        string
	Env        string
	Collection string
	Revision   string // 16 hex digits
	AgentID    string
	Offset     uint64 // where Message starts in the file
	Part       int    // 0: a whole line; n: its n-th part, from 1
	LastPart   bool
	ID         []byte         // the event's id, which sample hashes; empty in trials
	Location   *time.Location // zone of times that name none; nil is UTC
	// ManyPaths says that the events around this one come from other files, so that documents had better not have Path in
	// common. It changes no document, only what Encode leaves out.
	ManyPaths bool
	// Follows says that all but Message, Offset, ID and Unreadable is as in the input that the runner was given before.
	// It changes nothing but how soon that is known.
	Follows    bool
	Unreadable bool // some bytes of the line meant nothing in its charset; they are U+FFFD in Message
	// KeepOriginal puts the line into event.original whatever becomes of it.
	KeepOriginal bool
}

// Outcome says what is to become of an event.
type Outcome uint8

// The outcomes.
const (
	Index      Outcome = iota // send the document on
	Drop                      // a drop step said so; count it
	DeadLetter                // the program failed on it; keep the raw bytes
)

func (o Outcome) String() string { return [...]string{"index", "drop", "dead_letter"}[o] }

// MarshalText writes the outcome by its name.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Result is what became of one event.
type Result struct {
	Outcome Outcome   `json:"outcome"`
	App     string    `json:"app"`             // where to route it
	Time    time.Time `json:"time"`            // @timestamp
	Level   string    `json:"level,omitempty"` // one of the words of format.Level, or empty
	Failed  bool      `json:"failed"`          // a step failed and nothing handled it; still indexed
	Cause   string    `json:"cause,omitempty"` // of Drop, DeadLetter or Failed: the step's key path, and why
}

// Trace is what one step did to one event.
type Trace struct {
	Path    string                     `json:"path"` // key path of the step
	Step    string                     `json:"step"`
	Tag     string                     `json:"tag,omitempty"`
	Skipped bool                       `json:"skipped,omitempty"` // its condition did not hold
	Dropped bool                       `json:"dropped,omitempty"`
	Set     map[string]json.RawMessage `json:"set,omitempty"` // fields it set or changed, by path
	Removed []string                   `json:"removed,omitempty"`
	Error   string                     `json:"error,omitempty"`
	Handled bool                       `json:"handled,omitempty"` // the error was ignored, or on_failure dealt with it
	Took    time.Duration              `json:"took_ns"`           // with on_failure steps; one run, so only a hint
}

// Compile compiles the pipeline of a collection: a JSON array of steps; none at all is an empty pipeline, which keeps lines
// as they are. It reports every problem, each at its key path, which starts with prefix. The pipeline is nil if there are any.
func Compile(steps json.RawMessage, prefix string) (*Pipeline, []Problem) {
	c := compiler{schema: event.NewSchema(), specs: map[string]step.Spec{}}
	for _, s := range step.Specs() {
		c.specs[s.Name] = s
	}
	list := c.list(steps, prefix, 0)
	if len(c.problems) == 0 {
		c.problems = checkVarying(list)
	}
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	return &Pipeline{schema: c.schema, steps: list}, nil
}

// Apps lists the apps that the pipeline may send events to beside the collection's own, by name. Their topics must be there
// before the revision is in force.
func (p *Pipeline) Apps() []string {
	apps := map[string]bool{}
	var walk func(steps []compiled)
	walk = func(steps []compiled) {
		for i := range steps {
			if r, ok := steps[i].do.(*step.Reroute); ok {
				apps[r.App] = true
			}
			walk(steps[i].onFailure)
			if steps[i].inner != nil {
				walk(steps[i].inner[:])
			}
		}
	}
	walk(p.steps)
	return slices.Sorted(maps.Keys(apps))
}

// Steps describes all kinds of steps with their options, for schemas and documentation.
func Steps() []step.Spec { return step.Specs() }

// CommonOptions describes the options that every step takes.
func CommonOptions() []step.Option { return step.Common() }

// Formats describes the names that the format step knows.
func Formats() []format.Spec { return format.Specs() }
