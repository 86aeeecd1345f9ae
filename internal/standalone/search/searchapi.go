package search

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/millrace/millrace/internal/standalone/search/dsl"
	"github.com/millrace/millrace/internal/standalone/search/volume"
)

// search serves _search.
func (s *Store) search(r *http.Request) (int, any, error) {
	start := time.Now()
	body, err := s.readBody(r)
	if err != nil {
		return 0, nil, err
	}
	req, err := dsl.ParseSearch([]byte(body), s.opts.Now())
	if err != nil {
		return 0, nil, err
	}
	if err := overrides(req, r); err != nil {
		return 0, nil, err
	}
	indices, err := s.indicesOf(r)
	if err != nil {
		return 0, nil, err
	}
	release, err := s.turn(r.Context())
	if err != nil {
		return 0, nil, err
	}
	defer release()
	ans, err := s.find(r.Context(), indices, req)
	if err == nil && len(ans.short) > 0 && !flag(r, "allow_partial_search_results", true) {
		err = newError(http.StatusServiceUnavailable, "search_phase_execution_exception", ans.short[0].Error())
	}
	if err != nil {
		return 0, nil, err
	}
	b, err := render(req, ans, len(indices), time.Since(start))
	return http.StatusOK, b, err
}

// overrides applies parameters of the query string, which win over the body.
func overrides(req *dsl.Request, r *http.Request) (err error) {
	q := r.URL.Query()
	for name, set := range map[string]func(string) error{
		"size":             func(v string) error { req.Size, err = strconv.Atoi(v); return err },
		"from":             func(v string) error { req.From, err = strconv.Atoi(v); return err },
		"track_total_hits": func(v string) error { req.TrackTotal, err = dsl.TrackTotal(v); return err },
	} {
		if q.Has(name) {
			if err := set(q.Get(name)); err != nil {
				return newError(400, "illegal_argument_exception", fmt.Sprintf("Failed to parse value [%s] of parameter [%s]", q.Get(name), name))
			}
		}
	}
	for _, name := range []string{"q", "sort", "scroll", "_source", "_source_includes", "_source_excludes", "search_type"} {
		if q.Has(name) && (name != "search_type" || q.Get(name) != "query_then_fetch") {
			return newError(400, "illegal_argument_exception", fmt.Sprintf("the parameter [%s] is not supported by this store", name))
		}
	}
	return req.CheckWindow()
}

func (s *Store) indicesOf(r *http.Request) ([]*index, error) {
	return s.catalog.resolve(param(r, "index"), flag(r, "ignore_unavailable", false), flag(r, "allow_no_indices", true))
}

// turn waits for a slot among the searches that run.
func (s *Store) turn(ctx context.Context) (release func(), err error) {
	select {
	case s.searches <- struct{}{}:
		return func() { <-s.searches }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// count serves _count.
func (s *Store) count(r *http.Request) (int, any, error) {
	body, err := s.readBody(r)
	if err != nil {
		return 0, nil, err
	}
	q, err := dsl.ParseCount([]byte(body), s.opts.Now())
	if err != nil {
		return 0, nil, err
	}
	indices, err := s.indicesOf(r)
	if err != nil {
		return 0, nil, err
	}
	release, err := s.turn(r.Context())
	if err != nil {
		return 0, nil, err
	}
	defer release()
	ans, err := s.find(r.Context(), indices, &dsl.Request{Query: q, TrackTotal: dsl.Exact})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]any{"count": ans.total, "_shards": shards(len(indices), ans.short)}, nil
}

// shards are as many as indices; those that share a damaged file cannot be told, so each failure counts as one.
func shards(n int, short reasons) map[string]any {
	failed := min(n, len(short))
	all := map[string]any{"total": n, "successful": n - failed, "skipped": 0, "failed": failed}
	if failed > 0 {
		all["failures"] = short.failures()
	}
	return all
}

// lookUp finds one document.
func (s *Store) lookUp(r *http.Request) (*volume.Hit, error) {
	ix := s.catalog.get(param(r, "index"))
	if ix == nil {
		return nil, indexNotFound(param(r, "index"))
	}
	release, err := s.turn(r.Context())
	if err != nil {
		return nil, err
	}
	defer release()
	ans, err := s.find(r.Context(), []*index{ix}, &dsl.Request{Query: dsl.IDs{IDs: []string{param(r, "id")}}, Size: 1})
	switch {
	case err != nil:
		return nil, err
	case len(ans.hits) > 0:
		return &ans.hits[0], nil
	case len(ans.short) > 0: // it may lie there
		return nil, newError(http.StatusServiceUnavailable, "no_shard_available_action_exception", ans.short[0].Error())
	}
	return nil, nil
}

func (s *Store) getDoc(r *http.Request) (int, any, error) {
	hit, err := s.lookUp(r)
	if err != nil {
		return 0, nil, err
	}
	b := append(appendQuoted([]byte(`{"_index":`), param(r, "index")), `,"_id":`...)
	b = appendQuoted(b, param(r, "id"))
	if hit == nil {
		return http.StatusNotFound, rawJSON(append(b, `,"found":false}`...)), nil
	}
	b = append(b, `,"_version":1,"_seq_no":0,"_primary_term":1,"found":true,"_source":`...)
	return http.StatusOK, rawJSON(append(append(b, hit.Source...), '}')), nil
}

func (s *Store) getSource(r *http.Request) (int, any, error) {
	hit, err := s.lookUp(r)
	if err != nil {
		return 0, nil, err
	}
	if hit == nil {
		return 0, nil, newError(http.StatusNotFound, "resource_not_found_exception", fmt.Sprintf("Document not found [%s]/[%s]", param(r, "index"), param(r, "id")))
	}
	return http.StatusOK, rawJSON(hit.Source), nil
}

// render writes the answer of a search by hand: a source is sent byte for byte.
func render(req *dsl.Request, ans *answer, indices int, took time.Duration) (rawJSON, error) {
	head, err := json.Marshal(shards(indices, ans.short))
	if err != nil {
		return nil, err
	}
	b := strconv.AppendInt([]byte(`{"took":`), took.Milliseconds(), 10)
	b = append(append(b, `,"timed_out":false,"_shards":`...), head...)
	b = append(b, `,"hits":{`...)
	if req.TrackTotal != 0 {
		relation := "eq"
		if ans.atLeast {
			relation = "gte"
		}
		b = append(strconv.AppendInt(append(b, `"total":{"value":`...), ans.total, 10), `,"relation":"`+relation+`"},`...)
	}
	b = append(b, `"max_score":null,"hits":[`...)
	for i := range ans.hits {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendHit(b, req, &ans.hits[i]); err != nil {
			return nil, err
		}
	}
	b = append(b, "]}"...)
	if len(req.Aggs) > 0 {
		aggs, err := renderAggs(req.Aggs, ans)
		if err != nil {
			return nil, err
		}
		b = append(append(b, `,"aggregations":`...), aggs...)
	}
	return append(b, '}'), nil
}

func appendHit(b []byte, req *dsl.Request, h *volume.Hit) ([]byte, error) {
	b = appendQuoted(append(b, `{"_index":`...), h.Index)
	b = appendQuoted(append(b, `,"_id":`...), h.ID)
	b = append(b, `,"_score":null`...)
	if !req.Source.None {
		source, err := filterSource(h.Source, req.Source)
		if err != nil {
			return nil, err
		}
		b = append(append(b, `,"_source":`...), source...)
	}
	if req.Sort.Values > 0 {
		b = strconv.AppendInt(append(b, `,"sort":[`...), h.Time, 10)
		if req.Sort.Values > 1 {
			b = append(b, ',')
			switch {
			case req.Sort.Tie == dsl.TieID:
				b = appendQuoted(b, h.ID)
			case h.HasOffset:
				b = strconv.AppendInt(b, h.Offset, 10)
			default:
				b = strconv.AppendInt(b, volume.MissingOffset(&req.Sort), 10)
			}
		}
		b = append(b, ']')
	}
	return append(b, '}'), nil
}
