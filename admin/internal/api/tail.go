package api

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/admin/internal/find"
	"github.com/millrace/millrace/admin/internal/live"
)

// EventStream is the media type of server-sent events.
const EventStream = "text/event-stream"

type tailInput struct {
	Q     string `query:"q" doc:"Query text, as of search."`
	App   string `query:"app" doc:"Only this app." example:"shop"`
	Host  string `query:"host" doc:"Only lines that were read on this host."`
	Level string `query:"level" doc:"Only this level (log.level)." example:"error"`
}

// TailHit is the data of an event of type hit: one line as it comes.
type TailHit struct {
	ID    string    `json:"id" doc:"The event's id in the index."`
	App   string    `json:"app"`
	Event eventJSON `json:"event" doc:"The event with the fields of the Elastic Common Schema."`
}

// TailStatus is the data of an event of type status, which comes about every second.
type TailStatus struct {
	Matched uint64  `json:"matched" doc:"Lines that match, since the tail was opened."`
	Skipped uint64  `json:"skipped" doc:"Lines that were left out because there were more than the browser, or the server, could take."`
	Rate    float64 `json:"rate" doc:"Matching lines a second, since the last status."`
}

func (a *api) tail(h huma.API) {
	op := operation(http.MethodGet, "/tail", "tail", "Watch events as they come",
		"Server-sent events: hit for each line that is written from now on and matches; status about every second, the first when "+
			"reading has begun; error with a problem when lines may be missing, or as the last before the server ends. "+
			"At most 2,000 lines a second are sent; what is left out is counted.",
		http.StatusUnprocessableEntity, http.StatusTooManyRequests)
	op.Responses = map[string]*huma.Response{"200": {
		Description: "OK", Content: map[string]*huma.MediaType{EventStream: {Schema: eventStream(h.OpenAPI().Components.Schemas)}},
	}}
	huma.Register(h, op, a.openTail)
}

// eventStream describes the stream as a list of its events.
func eventStream(r huma.Registry) *huma.Schema {
	event := func(name string, data *huma.Schema) *huma.Schema {
		return &huma.Schema{
			Type: huma.TypeObject, Title: "event " + name, Required: []string{"event", "data"},
			Properties: map[string]*huma.Schema{"event": {Type: huma.TypeString, Enum: []any{name}}, "data": data},
		}
	}
	return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{OneOf: []*huma.Schema{
		event("hit", huma.SchemaFromType(r, reflect.TypeFor[TailHit]())),
		event("status", huma.SchemaFromType(r, reflect.TypeFor[TailStatus]())),
		event("error", &huma.Schema{Ref: "#/components/schemas/ErrorModel"}),
	}}}
}

func (a *api) openTail(_ context.Context, in *tailInput) (*huma.StreamResponse, error) {
	text, err := find.ParseText(in.Q)
	if err != nil {
		return nil, a.fail(err)
	}
	tail, err := a.Live.Open(live.Filter{App: in.App, Host: in.Host, Level: in.Level, Text: text})
	if err != nil {
		return nil, a.fail(err)
	}
	return &huma.StreamResponse{Body: func(c huma.Context) { //nolint:contextcheck // huma's Context brings it
		defer tail.Close()
		c.SetHeader("Content-Type", EventStream)
		s := &stream{out: c.BodyWriter(), tail: tail}
		s.run(c.Context())
	}}, nil
}
