package api

import (
	"context"
	"encoding/json"

	"github.com/millrace/millrace/admin/internal/trial"
)

// ProposedPipeline is a pipeline for lines.
type ProposedPipeline struct {
	Title    string          `json:"title" doc:"What it reads: a format, or what the lines begin with." example:"nginx.access"`
	Pipeline json.RawMessage `json:"pipeline" doc:"The steps, as a collection has them."`
	Parsed   int             `json:"parsed" doc:"How many of the lines it parses."`
}

// MessageTemplate is one kind of message.
type MessageTemplate struct {
	Count   int    `json:"count"`
	Pattern string `json:"pattern" doc:"A pattern of dissect for the message."`
	Example string `json:"example"`
}

// Suggested is the answer to POST /pipelines/suggest.
type Suggested struct {
	Lines     int                `json:"lines" doc:"How many were studied."`
	Proposals []ProposedPipeline `json:"proposals" nullable:"false" doc:"The one to try first first; none where nothing is certain."`
	Templates []MessageTemplate  `json:"templates" nullable:"false" doc:"Kinds of messages, the most frequent first."`
	Others    int                `json:"others" doc:"Lines that are of none of them."`
	Multiline string             `json:"multiline,omitempty" enum:"java,python,go" doc:"Stack traces lie among the lines, and this preset joins them; all that is said here is of the joined events."`
	Events    []string           `json:"events,omitempty" doc:"The events that multiline makes of the lines."`
}

type suggestInput struct{ Body Sample }

type suggestOutput struct{ Body Suggested }

func (a *api) suggest(ctx context.Context, in *suggestInput) (*suggestOutput, error) {
	done, err := a.begin(ctx, &in.Body)
	if err != nil {
		return nil, err
	}
	defer done()
	s := trial.Propose(in.Body.Lines, a.readAt(&in.Body))
	out := &suggestOutput{Body: Suggested{
		Lines: s.Lines, Others: s.Others, Multiline: s.Multiline, Events: s.Events,
		Proposals: make([]ProposedPipeline, len(s.Proposals)), Templates: make([]MessageTemplate, len(s.Templates)),
	}}
	for i, p := range s.Proposals {
		out.Body.Proposals[i] = ProposedPipeline(p)
	}
	for i, t := range s.Templates {
		out.Body.Templates[i] = MessageTemplate{Count: t.Count, Pattern: t.Pattern, Example: t.Example}
	}
	return out, nil
}
