// Package trial runs sample lines through a pipeline, and studies lines to propose one,
// for somebody who writes a collection.
//
// It is pure: nothing is read, written or kept, and no host or topic has a part in it.
// The tables and databases of lookup and geoip are empty here. A trial ends early where
// it takes too long or has too much to tell, and says so; what it tells of a line is
// what the processors would make of it.
package trial

import (
	"context"
	"encoding/json"
	"time"

	"github.com/millrace/millrace/admin/internal/store"
	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/index"
)

const (
	// maxTime and maxAnswer bound a trial: they are looked at after each line.
	maxTime   = 2 * time.Second
	maxAnswer = 4 << 20
)

// Trial is a collection that lines are run through. It is not safe for concurrent use.
type Trial struct {
	collection *collect.Collection
	runner     *pipeline.Runner
	location   *time.Location
	at         time.Time
}

// Line is what became of one line.
type Line struct {
	pipeline.Result
	// Index is where the event would go; empty where it goes nowhere.
	Index string
	// Event is the document; nil where there is none.
	Event json.RawMessage
	Steps []pipeline.Trace
	// Took is the time of a run without the account of its steps.
	Took time.Duration
}

// New checks a config and makes a trial of lines that were read at at. What a collection
// must have and a trial does not need may be missing: its name, app and paths. The error
// is a *store.InvalidError.
func New(config json.RawMessage, at time.Time) (*Trial, error) {
	name, config := complete(config)
	c, err := store.Check(name, config)
	if err != nil {
		return nil, err
	}
	compiled, problems := pipeline.Compile(c.Pipeline, "pipeline")
	if len(problems) > 0 { // not after Check
		return nil, &store.InvalidError{Problems: []collect.Problem{{Path: problems[0].Path, Message: problems[0].Message}}}
	}
	location, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return nil, &store.InvalidError{Problems: []collect.Problem{{Path: "timezone", Message: err.Error()}}}
	}
	return &Trial{collection: c.Collection, runner: compiled.NewRunner(), location: location, at: at}, nil
}

// complete puts in what a trial does without. What is no object is left for Check to
// refuse.
func complete(config json.RawMessage) (name string, whole json.RawMessage) {
	const stand = "trial"
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(config, &fields); err != nil || fields == nil {
		return stand, config
	}
	missing := func(key string) bool { return len(fields[key]) == 0 }
	if missing("name") || json.Unmarshal(fields["name"], &name) != nil || name == "" {
		name = stand
		delete(fields, "name")
	}
	if missing("app") {
		fields["app"] = json.RawMessage(`"trial"`)
	}
	if missing("paths") && missing("topics") {
		fields["paths"] = json.RawMessage(`["/trial"]`)
	}
	whole, err := json.Marshal(fields)
	if err != nil {
		return stand, config
	}
	return name, whole
}

// Run runs lines, each an event, until one of the bounds is met or ctx ends. It tells of
// the lines that were run, in their order.
func (t *Trial) Run(ctx context.Context, lines []string) []Line {
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	tried, size := make([]Line, 0, len(lines)), 0
	for _, text := range lines {
		if ctx.Err() != nil || size > maxAnswer {
			break
		}
		line := t.one(text)
		size += line.size()
		tried = append(tried, line)
	}
	return tried
}

func (t *Trial) one(text string) Line {
	c := t.collection
	in := pipeline.Input{
		Message: []byte(text), At: t.at, App: c.App, Env: c.Env, Collection: c.Name, Location: t.location, KeepOriginal: c.KeepOriginal,
	}
	began := time.Now()
	t.runner.Run(nil, &in)
	took := time.Since(began)
	event, result, steps := t.runner.Explain(nil, &in)
	line := Line{Result: result, Event: event, Steps: steps, Took: took}
	if result.Outcome == pipeline.Index {
		line.Index = index.Name(result.App, c.Env, c.Period, index.Clamp(result.Time, t.at, c.RetentionTime()))
	}
	return line
}

// size is about how long the line's part of the answer is.
func (l *Line) size() int {
	n := len(l.Event)
	for i := range l.Steps {
		for field, value := range l.Steps[i].Set {
			n += len(field) + len(value)
		}
	}
	return n
}
