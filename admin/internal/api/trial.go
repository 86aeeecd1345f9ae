package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/admin/internal/trial"
	"github.com/millrace/millrace/internal/problem"
)

const (
	// maxSample bounds the lines of a request, all together.
	maxSample = 256 << 10
	// maxSampleBody is the body: the sample, as JSON writes it at worst, and a config.
	maxSampleBody = 1 << 20
	// maxTrials is how many requests are worked on at once; others wait. It bounds what
	// trials take of processors and memory.
	maxTrials = 2
	// maxYear is the last that JSON has a way to write. A zone can carry a time beyond.
	maxYear = 9999
)

// Sample is lines that somebody has pasted.
type Sample struct {
	Lines []string   `json:"lines" minItems:"1" maxItems:"100" nullable:"false" doc:"Each is an event, so it may hold several lines of text; at most 256 KiB together."`
	At    *time.Time `json:"at,omitempty" doc:"When the lines were read. Default: now."`
}

// TryRequest is the body of POST /pipelines/try.
type TryRequest struct {
	Collection json.RawMessage `json:"collection" doc:"A collection as PUT takes it. Its name, app and paths may be missing, so {\"pipeline\": […]} is enough."`
	Sample
}

// TriedStep is what one step did to one event.
type TriedStep struct {
	Path    string                     `json:"path" doc:"Key path of the step." example:"pipeline[0].format"`
	Step    string                     `json:"step"`
	Tag     string                     `json:"tag,omitempty"`
	Skipped bool                       `json:"skipped,omitempty" doc:"Its condition did not hold."`
	Dropped bool                       `json:"dropped,omitempty"`
	Set     map[string]json.RawMessage `json:"set,omitempty" doc:"Fields that it set or changed."`
	Removed []string                   `json:"removed,omitempty" nullable:"false"`
	Error   string                     `json:"error,omitempty"`
	Handled bool                       `json:"handled,omitempty" doc:"The error was ignored, or on_failure dealt with it."`
	Took    time.Duration              `json:"took_ns" doc:"One run with an account of it, so only a hint."`
}

// TriedLine is what became of one line.
type TriedLine struct {
	Outcome string      `json:"outcome" enum:"index,drop,dead_letter"`
	Failed  bool        `json:"failed" doc:"A step failed and nothing handled it. The event is kept nevertheless."`
	Cause   string      `json:"cause,omitempty" doc:"Why it failed, was dropped or is a dead letter."`
	App     string      `json:"app" doc:"Where it would be routed."`
	Index   string      `json:"index,omitempty"`
	Time    time.Time   `json:"time"`
	Level   string      `json:"level,omitempty"`
	Event   eventJSON   `json:"event,omitempty" doc:"The document that would be in the index."`
	Steps   []TriedStep `json:"steps" nullable:"false" doc:"In the order in which they ran."`
	Took    int64       `json:"took_ns" doc:"One run without an account of its steps."`
}

// Tried is the answer to POST /pipelines/try.
type Tried struct {
	Lines   []TriedLine `json:"lines" nullable:"false" doc:"In the order of the request."`
	LeftOut int         `json:"left_out" doc:"Lines at the end that were not run: the trial took more than two seconds, or had more than 4 MiB to tell."`
}

type tryInput struct{ Body TryRequest }

type tryOutput struct{ Body Tried }

func (a *api) trials(h huma.API) {
	try := operation(http.MethodPost, "/pipelines/try", "try-pipeline", "Try a pipeline on lines",
		"What the processors would make of lines, step by step. Nothing is read, written or kept; tables of lookup and geoip are empty. "+
			"A collection with problems is answered as PUT would.", http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge, http.StatusBadRequest)
	try.MaxBodyBytes = maxSampleBody
	huma.Register(h, try, a.try)
	suggest := operation(http.MethodPost, "/pipelines/suggest", "suggest-pipeline", "Propose a pipeline for lines",
		"Recognises formats, and finds what lines of an unknown one begin with and the templates of their messages. Nothing is kept.",
		http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge, http.StatusBadRequest)
	suggest.MaxBodyBytes = maxSampleBody
	huma.Register(h, suggest, a.suggest)
}

func (a *api) try(ctx context.Context, in *tryInput) (*tryOutput, error) {
	done, err := a.begin(ctx, &in.Body.Sample)
	if err != nil {
		return nil, err
	}
	defer done()
	t, err := trial.New(in.Body.Collection, a.readAt(&in.Body.Sample))
	if err != nil {
		return nil, a.fail(err)
	}
	lines := t.Run(ctx, in.Body.Lines)
	out := &tryOutput{Body: Tried{Lines: make([]TriedLine, len(lines)), LeftOut: len(in.Body.Lines) - len(lines)}}
	for i := range lines {
		out.Body.Lines[i] = triedLine(&lines[i])
	}
	return out, nil
}

// begin checks a sample and waits for its turn; done ends it.
func (a *api) begin(ctx context.Context, s *Sample) (done func(), err error) {
	if at := a.readAt(s); at.Year() < 0 || at.Year() > maxYear {
		return nil, problem.New(http.StatusUnprocessableEntity, "the time cannot be used", &huma.ErrorDetail{
			Location: "body.at", Message: fmt.Sprintf("must lie in the years 0 to %d in UTC", maxYear), Value: s.At,
		})
	}
	size := 0
	for _, line := range s.Lines {
		size += len(line)
	}
	if size > maxSample {
		return nil, problem.New(http.StatusUnprocessableEntity, "the lines are too long", &huma.ErrorDetail{
			Location: "body.lines", Message: fmt.Sprintf("have %d bytes together, more than %d", size, maxSample),
		})
	}
	select {
	case a.trying <- struct{}{}:
		return func() { <-a.trying }, nil
	case <-ctx.Done():
		return nil, a.fail(ctx.Err())
	}
}

func (a *api) readAt(s *Sample) time.Time {
	if s.At != nil {
		return s.At.UTC()
	}
	return a.Now().UTC()
}

func triedLine(l *trial.Line) TriedLine {
	out := TriedLine{
		Outcome: l.Outcome.String(), Failed: l.Failed, Cause: l.Cause, App: l.App, Index: l.Index, Time: l.Time, Level: l.Level,
		Event: eventJSON(l.Event), Steps: make([]TriedStep, len(l.Steps)), Took: l.Took.Nanoseconds(),
	}
	for i, s := range l.Steps {
		out.Steps[i] = TriedStep(s)
	}
	return out
}
