package find

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/schemas/index"
)

// timeout bounds one search, whatever the client's patience.
const timeout = 30 * time.Second

// maxAnswer bounds what the store may answer: MaxSize events of the largest size
// are never seen together in practice.
const maxAnswer = 256 << 20

const histogramName = "histogram"

// Finder searches. Safe for concurrent use.
type Finder struct {
	store esapi.Transport
	now   func() time.Time

	fields fieldCache
}

// New makes a finder.
func New(store esapi.Transport, now func() time.Time) *Finder { return &Finder{store: store, now: now} }

// Search answers a search. Errors: one or more *ParamError, joined, or one that wraps
// ErrUnavailable.
func (f *Finder) Search(ctx context.Context, p Params) (*Page, error) {
	began := f.now()
	r, err := parse(p, began)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	bounds, err := f.span(ctx, r, began)
	if err != nil {
		return nil, err
	}
	body, skip := r.body(bounds)
	raw, err := f.send(ctx, r.indices(), body)
	if err != nil {
		return nil, err
	}
	return r.answer(raw, skip, bounds, f.now().Sub(began))
}

// body is the request of a page, and how many hits of its answer were shown before.
func (r *request) body(bounds *span) (object, int) {
	body := object{"query": r.dsl(), "sort": order("desc"), "track_total_hits": true}
	if r.hasText {
		body["track_total_hits"] = countCap
	}
	skip := 0
	if c := r.after; c != nil {
		skip = int(c.shown)
		if skip+r.size > maxWindow {
			skip = 0
			body["search_after"] = []any{c.time, c.offset}
		} else {
			body["search_after"] = c.searchAfter()
		}
		body["size"] = r.size + skip
		return body, skip
	}
	body["size"] = r.size
	aggs := object{}
	for name, field := range facets {
		aggs[name] = object{"terms": object{"field": field, "size": facetSize}}
	}
	if bounds != nil {
		aggs[histogramName] = object{"date_histogram": object{
			"field": timeField, "fixed_interval": width(bounds.width), "min_doc_count": 1,
		}}
	}
	body["aggs"] = aggs
	return body, skip
}

func (r *request) answer(raw *rawPage, skip int, bounds *span, took time.Duration) (*Page, error) {
	page := &Page{
		Total: raw.Hits.Total.Value, Exact: raw.Hits.Total.Relation != "gte", Took: took,
		Hits: []Hit{}, Histogram: []Bucket{}, Facets: map[string][]Value{}, Incomplete: raw.incomplete(),
	}
	hits := raw.page(skip)
	for _, h := range hits {
		page.Hits = append(page.Hits, Hit{ID: h.ID, Index: h.Index, Event: h.Source})
	}
	if len(hits) == r.size {
		if next, ok := r.after.next(hits); ok {
			page.Next = next.text(r.sig)
		}
	}
	if r.after != nil {
		return page, nil
	}
	page.Facets = raw.facets()
	if bounds == nil {
		return page, nil
	}
	buckets, err := raw.histogram(*bounds)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	page.Histogram = append(page.Histogram, buckets...)
	return page, nil
}

// send asks the store and reads its answer.
func (f *Finder) send(ctx context.Context, indices []string, body object) (*rawPage, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("search request: %w", err)
	}
	yes := true
	req := esapi.SearchRequest{
		Index: indices, Body: bytes.NewReader(text),
		AllowNoIndices: &yes, IgnoreUnavailable: &yes, AllowPartialSearchResults: &yes,
	}
	res, err := req.Do(ctx, f.store)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer func() { _ = res.Body.Close() }() // it was read; nothing is lost with it
	if err := elastic.Check(res); err != nil {
		return nil, f.refused(err)
	}
	var page rawPage
	dec := json.NewDecoder(http.MaxBytesReader(nil, res.Body, maxAnswer))
	if err := dec.Decode(&page); err != nil {
		return nil, fmt.Errorf("%w: its answer cannot be read: %w", ErrUnavailable, err)
	}
	if page.TimedOut {
		return nil, fmt.Errorf("%w: it ran out of time", ErrUnavailable)
	}
	return &page, nil
}

// refused tells a query that the store does not take (a wildcard that is too wide,
// a word where a field holds numbers) from a store that cannot answer.
func (f *Finder) refused(err error) error {
	var e *elastic.Error
	if errors.As(err, &e) && e.Status == http.StatusBadRequest {
		return &ParamError{Param: "q", Message: "the search store does not take this search: " + e.Reason}
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// Ready reports whether the store answers.
func (f *Finder) Ready(ctx context.Context) error {
	_, err := f.send(ctx, []string{index.Pattern}, object{"size": 0, "track_total_hits": false})
	return err
}
