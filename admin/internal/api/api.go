package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/millrace/millrace/admin/internal/ask"
	"github.com/millrace/millrace/admin/internal/find"
	"github.com/millrace/millrace/admin/internal/flow"
	"github.com/millrace/millrace/admin/internal/live"
	"github.com/millrace/millrace/admin/internal/store"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/problem"
	"github.com/millrace/millrace/internal/roster"
)

// Prefix begins every path of the API.
const Prefix = "/api/v1"

// OpenAPIPath serves the description of the API.
const OpenAPIPath = Prefix + "/openapi.json"

// Table is a copy of a table that is kept up to date elsewhere.
type Table interface {
	// All are the values by key; nobody may change the values. The error is
	// table.ErrNotReady or nil.
	All() (map[string][]byte, error)
	// Get is the value of a key, nil when there is none; as All.
	Get(key string) ([]byte, error)
}

// Deps are what the API answers from. All must be there.
type Deps struct {
	Store  *store.Store
	Finder *find.Finder
	Fleet  Table // agents' beats by agent id
	Hosts  Table // states of hosts by host name
	Live   *live.Hub
	Flow   *flow.Flow
	Asker  *ask.Asker
	// Roster lists the processes of server roles, Topics what is not as it should be
	// with topics.
	Roster func(context.Context) ([]roster.Entry, error)
	Topics func() []kafka.Finding
	Log    *slog.Logger
	Now    func() time.Time
}

type api struct {
	Deps
	trying chan struct{} // holds a token for each trial at work
	broken atomic.Value  // what the log told last of broken collections, a string
}

// Mount adds the API to a router.
func Mount(r chi.Router, deps Deps) error {
	a := &api{Deps: deps, trying: make(chan struct{}, maxTrials)}
	h := humachi.New(r, config())
	a.collections(h)
	a.search(h)
	a.fields(h)
	a.agents(h)
	a.hosts(h)
	a.agent(h)
	a.explain(h)
	a.pipeline(h)
	a.trials(h)
	a.tail(h)
	description, err := describe(h.OpenAPI())
	if err != nil {
		return fmt.Errorf("describe the API: %w", err)
	}
	r.Get(OpenAPIPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(description) // the client has gone; nobody is left to tell
	})
	r.NotFound(func(w http.ResponseWriter, req *http.Request) {
		problem.Write(w, http.StatusNotFound, "there is nothing at "+req.URL.Path+"; see "+OpenAPIPath)
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, req *http.Request) {
		problem.Write(w, http.StatusMethodNotAllowed, req.Method+" is not for "+req.URL.Path+"; see "+OpenAPIPath)
	})
	return nil
}

// config is huma's without what calls other servers (its docs page) or changes
// bodies (its $schema links).
func config() huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "Millrace",
				Version:     obs.Build().Version,
				Description: "Collections say which log files are collected and what becomes of their lines. Errors are application/problem+json; their errors name the place.",
				License:     &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Components: &huma.Components{
				Schemas:         huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", Description: "Where the server was started with --token."}},
			},
			Security: []map[string][]string{{}, {"token": {}}},
		},
		Formats:                      map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}
}

// operation describes one address. Errors are those it can answer besides the ones
// that every address can.
func operation(method, path, id, summary, description string, errors ...int) huma.Operation {
	return huma.Operation{
		Method: method, Path: Prefix + path, OperationID: id, Summary: summary, Description: description,
		Errors: append(errors, http.StatusServiceUnavailable, http.StatusInternalServerError),
	}
}
