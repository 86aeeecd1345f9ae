package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/millrace/millrace/admin/internal/find"
)

type searchInput struct {
	Q         string `query:"q" doc:"Query text: words and \"phrases\" in the message, field:value, AND OR NOT, parentheses, wildcards, ranges, _exists_:field. Empty finds everything." example:"http.response.status_code:>=500"`
	App       string `query:"app" doc:"Only this app (service.name)." example:"shop"`
	Host      string `query:"host" doc:"Only this host (host.name)."`
	Level     string `query:"level" doc:"Only this level (log.level)." example:"error"`
	From      string `query:"from" doc:"Not before: RFC 3339 (without a zone: UTC), milliseconds since 1970, or now-15m with s, m, h, d, w." example:"now-15m"`
	To        string `query:"to" doc:"Before; written as from."`
	Size      int    `query:"size" minimum:"1" maximum:"1000" default:"50" doc:"Hits a page."`
	Cursor    string `query:"cursor" doc:"The next of the page before; all else must be as it was."`
	Histogram string `query:"histogram" doc:"How many buckets at most (up to 1000), or their width, such as 30s, 5m, 1h. Default: 60 where from or to is given, else none. 0: none." example:"60"`
}

// SearchResult is the answer to GET /search.
type SearchResult struct {
	Total         int64                   `json:"total" doc:"How many events match."`
	TotalRelation string                  `json:"total_relation" enum:"eq,gte" doc:"gte: at least total; with a query text counting ends at 10,000."`
	TookMS        int64                   `json:"took_ms"`
	Hits          []SearchHit             `json:"hits" nullable:"false" doc:"Newest first."`
	Histogram     []SearchBucket          `json:"histogram" nullable:"false" doc:"Matching events over time, without gaps; on the first page only. Where to is not given it ends now."`
	Facets        map[string][]FacetValue `json:"facets" doc:"The 20 most frequent values of app, host and level; on the first page only."`
	Next          string                  `json:"next" doc:"Cursor of the next page; empty on the last."`
	Incomplete    []string                `json:"incomplete" nullable:"false" doc:"Why events may be missing, because a part of the search store does not answer or is damaged; empty where none are."`
}

// SearchHit is one event.
type SearchHit struct {
	ID    string    `json:"id"`
	Index string    `json:"index"`
	Event eventJSON `json:"event" doc:"The event with the fields of the Elastic Common Schema."`
}

// SearchBucket counts the events from At up to the next bucket.
type SearchBucket struct {
	At    time.Time `json:"at"`
	Count int64     `json:"count"`
}

// FacetValue counts the events that have a value.
type FacetValue struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// eventJSON is an event as it stands.
type eventJSON json.RawMessage

// MarshalJSON writes it as it stands.
func (e eventJSON) MarshalJSON() ([]byte, error) {
	if len(e) == 0 {
		return []byte("{}"), nil
	}
	return e, nil
}

// Schema implements huma.SchemaProvider.
func (eventJSON) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

type searchOutput struct{ Body SearchResult }

func (a *api) search(h huma.API) {
	huma.Register(h, operation(http.MethodGet, "/search", "search", "Search events",
		"Events newest first, with their counts over time and by app, host and level. Follow next for more.", http.StatusUnprocessableEntity), a.find)
}

func (a *api) find(ctx context.Context, in *searchInput) (*searchOutput, error) {
	page, err := a.Finder.Search(ctx, find.Params(*in))
	if err != nil {
		return nil, a.fail(err)
	}
	out := &searchOutput{Body: SearchResult{
		Total: page.Total, TotalRelation: "eq", TookMS: page.Took.Milliseconds(), Next: page.Next, Incomplete: page.Incomplete,
		Hits: make([]SearchHit, len(page.Hits)), Histogram: make([]SearchBucket, len(page.Histogram)),
		Facets: make(map[string][]FacetValue, len(page.Facets)),
	}}
	if !page.Exact {
		out.Body.TotalRelation = "gte"
	}
	for i, hit := range page.Hits {
		out.Body.Hits[i] = SearchHit{ID: hit.ID, Index: hit.Index, Event: eventJSON(hit.Event)}
	}
	for i, b := range page.Histogram {
		out.Body.Histogram[i] = SearchBucket(b)
	}
	for name, values := range page.Facets {
		out.Body.Facets[name] = make([]FacetValue, len(values))
		for i, v := range values {
			out.Body.Facets[name][i] = FacetValue(v)
		}
	}
	return out, nil
}
