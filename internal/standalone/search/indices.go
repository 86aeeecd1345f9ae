package search

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/millrace/millrace/internal/standalone/search/dsl"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (s *Store) info(*http.Request) (int, any, error) {
	return http.StatusOK, map[string]any{
		"name": "millrace", "cluster_name": "millrace", "cluster_uuid": "millrace-embedded",
		"version": map[string]any{
			"number": version, "build_flavor": "default", "build_type": "embedded", "build_hash": "unknown", "build_snapshot": false,
			"lucene_version": "9.12.0", "minimum_wire_compatibility_version": "7.17.0", "minimum_index_compatibility_version": "7.0.0",
		},
		"tagline": "You Know, for Search",
	}, nil
}

func (s *Store) health(r *http.Request) (int, any, error) {
	indices, err := s.catalog.resolve(param(r, "index"), false, true)
	if err != nil {
		return 0, nil, err
	}
	n := len(indices)
	return http.StatusOK, map[string]any{
		"cluster_name": "millrace", "status": "green", "timed_out": false, "number_of_nodes": 1, "number_of_data_nodes": 1,
		"active_primary_shards": n, "active_shards": n, "relocating_shards": 0, "initializing_shards": 0, "unassigned_shards": 0,
		"delayed_unassigned_shards": 0, "number_of_pending_tasks": 0, "number_of_in_flight_fetch": 0,
		"task_max_waiting_in_queue_millis": 0, "active_shards_percent_as_number": 100.0,
	}, nil
}

func (s *Store) catIndices(r *http.Request) (int, any, error) {
	indices, err := s.catalog.resolve(param(r, "index"), false, true)
	if err != nil {
		return 0, nil, err
	}
	counts, err := s.countByIndex(r.Context())
	if err != nil {
		return 0, nil, err
	}
	size := s.size()
	var total int64
	for _, n := range counts {
		total += n
	}
	rows := make([]map[string]string, 0, len(indices))
	var text strings.Builder
	for _, ix := range indices {
		n := counts[ix.Name]
		// Indices share files: each is given the share of the space that it has of the documents.
		bytes := int64(0)
		if total > 0 {
			bytes = int64(float64(size) * float64(n) / float64(total))
		}
		row := map[string]string{
			"health": "green", "status": "open", "index": ix.Name, "uuid": ix.UUID, "pri": "1", "rep": "0",
			"docs.count": strconv.FormatInt(n, 10), "docs.deleted": "0", "store.size": strconv.FormatInt(bytes, 10) + "b", "pri.store.size": strconv.FormatInt(bytes, 10) + "b",
		}
		rows = append(rows, row)
		text.WriteString(strings.Join([]string{"green open", ix.Name, ix.UUID, "1 0", row["docs.count"], "0", row["store.size"]}, " ") + "\n")
	}
	if r.URL.Query().Get("format") != "json" {
		return 0, nil, newError(400, "illegal_argument_exception", "this store answers _cat with format=json only")
	}
	return http.StatusOK, rows, nil
}

// countByIndex counts the documents of each index in the catalogue.
func (s *Store) countByIndex(ctx context.Context) (map[string]int64, error) {
	indices, err := s.catalog.resolve("*", true, true)
	if err != nil {
		return nil, err
	}
	res, err := s.find(ctx, indices, &dsl.Request{Query: dsl.All{}, TrackTotal: dsl.Exact, Aggs: []dsl.Agg{{Name: "i", Terms: &dsl.Terms{Field: "_index"}}}})
	if err != nil {
		return nil, err
	}
	return res.facets["_index"], nil
}

// size is the bytes of all files.
func (s *Store) size() int64 {
	var n int64
	for _, day := range s.between(math.MinInt64/2, math.MaxInt64/2, false) {
		for _, f := range day.files {
			for _, suffix := range []string{"", "-wal"} {
				if info, err := os.Stat(f.Path() + suffix); err == nil {
					n += info.Size()
				}
			}
		}
	}
	return n
}

func (s *Store) createIndex(r *http.Request) (int, any, error) {
	body, err := s.readBody(r)
	if err != nil {
		return 0, nil, err
	}
	settings := map[string]any{}
	if strings.TrimSpace(body) != "" {
		if err := json.Unmarshal([]byte(body), &settings); err != nil {
			return 0, nil, newError(400, "parse_exception", "the body must be an object: "+err.Error())
		}
	}
	ix, err := s.catalog.create(param(r, "index"), settings)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]any{"acknowledged": true, "shards_acknowledged": true, "index": ix.Name}, nil
}

// describe is an index as GET answers it.
func (ix *index) describe() map[string]any {
	body := map[string]any{"aliases": map[string]any{}, "mappings": map[string]any{}, "settings": map[string]any{}}
	if len(ix.Body) > 0 {
		_ = json.Unmarshal(ix.Body, &body) // written by Marshal
	}
	settings, _ := body["settings"].(map[string]any)
	if settings == nil {
		settings = map[string]any{}
	}
	merge(settings, map[string]any{"index": map[string]any{
		"uuid": ix.UUID, "provided_name": ix.Name, "creation_date": strconv.FormatInt(ix.Created, 10),
		"number_of_shards": "1", "number_of_replicas": "0", "version": map[string]any{"created": "8525000"},
	}})
	body["settings"] = settings
	return body
}

func (s *Store) getIndex(r *http.Request) (int, any, error) {
	return s.describe(r, func(ix *index) any { return ix.describe() })
}

func (s *Store) getMapping(r *http.Request) (int, any, error) {
	return s.describe(r, func(ix *index) any { return map[string]any{"mappings": ix.describe()["mappings"]} })
}

func (s *Store) putMapping(r *http.Request) (int, any, error) {
	body, err := s.readBody(r)
	if err != nil {
		return 0, nil, err
	}
	var mapping map[string]any
	if err := json.Unmarshal([]byte(body), &mapping); err != nil {
		return 0, nil, newError(400, "parse_exception", "the body must be an object: "+err.Error())
	}
	indices, err := s.catalog.resolve(param(r, "index"), flag(r, "ignore_unavailable", false), flag(r, "allow_no_indices", true))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, acknowledged, s.catalog.putMapping(indices, mapping)
}

func (s *Store) describe(r *http.Request, fn func(*index) any) (int, any, error) {
	indices, err := s.catalog.resolve(param(r, "index"), flag(r, "ignore_unavailable", false), flag(r, "allow_no_indices", true))
	if err != nil {
		return 0, nil, err
	}
	out := make(map[string]any, len(indices))
	for _, ix := range indices {
		out[ix.Name] = fn(ix)
	}
	return http.StatusOK, out, nil
}

func (s *Store) deleteIndex(r *http.Request) (int, any, error) {
	expr := param(r, "index")
	if expr == "*" || expr == "_all" {
		return 0, nil, newError(400, "illegal_argument_exception", "Wildcard expressions or all indices are not allowed")
	}
	indices, err := s.catalog.resolve(expr, flag(r, "ignore_unavailable", false), flag(r, "allow_no_indices", true))
	if err != nil {
		return 0, nil, err
	}
	gone := make(map[string]bool, len(indices))
	for _, ix := range indices {
		gone[ix.UUID] = true
	}
	// On the writer, so that no commit that is under way brings a document back that was answered before the deletion.
	err = s.do(r.Context(), func() error {
		if err := s.catalog.removeIndices(func(ix *index) bool { return gone[ix.UUID] }, s.held()); err != nil {
			return err
		}
		return s.sweep()
	})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]any{"acknowledged": true}, nil
}

func (s *Store) refresh(r *http.Request) (int, any, error) {
	if _, err := s.catalog.resolve(param(r, "index"), flag(r, "ignore_unavailable", false), true); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]any{"_shards": map[string]any{"total": 1, "successful": 1, "failed": 0}}, nil
}
