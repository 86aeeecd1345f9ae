package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/admin/internal/ask"
	"github.com/millrace/millrace/admin/internal/flow"
	"github.com/millrace/millrace/internal/problem"
	"github.com/millrace/millrace/schemas/status"
)

// Explanation is why an agent does or does not collect a path.
type Explanation struct {
	Path       string    `json:"path"`
	Verdict    string    `json:"verdict" enum:"no_collection,not_selected,no_match,excluded,other_collection,not_allowed,no_file,not_regular,no_permission,compressed,too_old,empty,not_seen,unreadable,kafka_down,held_back,limited,no_line,collected" doc:"In one word; the first cause that holds, in this order."`
	Text       string    `json:"text" doc:"As a sentence, with what it rests on."`
	Real       string    `json:"real,omitempty" doc:"The path without symlinks, where it differs."`
	Collection string    `json:"collection,omitempty" doc:"The collection that takes the path, or comes nearest to it."`
	Glob       string    `json:"glob,omitempty" doc:"Its glob that does."`
	Source     *Source   `json:"source,omitempty" doc:"How far the file was read, where the agent has met it."`
	Revision   int64     `json:"revision" doc:"The etcd revision of the configuration that the agent applies."`
	At         time.Time `json:"at" doc:"By the host's clock."`
}

type explainInput struct {
	ID         string `path:"id" doc:"The agent's id."`
	Path       string `query:"path" required:"true" minLength:"1" maxLength:"4096" doc:"An absolute path, or input:// and the name of an input." example:"/var/log/shop/access.log"`
	Collection string `query:"collection" doc:"The collection that is expected to collect it; none: any."`
}

type explainOutput struct{ Body Explanation }

func (a *api) explain(h huma.API) {
	huma.Register(h, operation(http.MethodGet, "/agents/{id}/explain", "explain-path", "Tell why a path is or is not collected",
		"The agent is asked, and answers within two seconds or not at all. Of paths that its allow_paths do not cover it tells nothing.",
		http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusNotImplemented, http.StatusGatewayTimeout), a.explainPath)
}

func (a *api) explainPath(ctx context.Context, in *explainInput) (*explainOutput, error) {
	if !path.IsAbs(in.Path) && !strings.HasPrefix(in.Path, "input://") {
		return nil, problem.New(http.StatusUnprocessableEntity, "a path must begin with / or input://",
			&huma.ErrorDetail{Location: "query.path", Message: "must begin with / or input://", Value: in.Path})
	}
	beat, err := a.beatOf(in.ID)
	if err != nil {
		return nil, err
	}
	if state := flow.StateOf(beat, a.Now()); state != flow.Running {
		return nil, problem.New(http.StatusGatewayTimeout, fmt.Sprintf("the agent cannot be asked: it is %s, and told last at %s how it is", state, beat.At.UTC().Format(time.RFC3339)))
	}
	e, err := a.Asker.Explain(ctx, in.ID, in.Path, in.Collection)
	switch {
	case errors.Is(err, ask.ErrTooOld):
		return nil, problem.New(http.StatusNotImplemented, fmt.Sprintf("%v: it has version %s", err, beat.Version))
	case errors.Is(err, ask.ErrNoAnswer):
		return nil, problem.New(http.StatusGatewayTimeout, silent(err, beat))
	case err != nil:
		return nil, a.fail(err)
	}
	return &explainOutput{Body: explanationOf(e)}, nil
}

// silent says what is known of an agent that does not answer.
func silent(err error, beat *status.Agent) string {
	text := fmt.Sprintf("%v; its last beat is of %s", err, beat.At.UTC().Format(time.RFC3339))
	if beat.LastError != "" {
		text += ", its last trouble: " + beat.LastError
	}
	return text
}

func explanationOf(e *status.Explanation) Explanation {
	out := Explanation{
		Path: e.Path, Verdict: string(e.Verdict), Text: e.Text, Real: e.Real,
		Collection: e.Collection, Glob: e.Glob, Revision: e.Revision, At: e.At,
	}
	if e.Source != nil {
		source := sourceOf(e.Source)
		out.Source = &source
	}
	return out
}
