package search

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v8/esapi"
)

const testKey = "s3cret"

// rig is a store behind HTTP with Elasticsearch's own client in front.
type rig struct {
	t      testing.TB
	dir    string
	opts   Options
	store  *Store
	server *httptest.Server
	client *elastictransport.Client
}

func newRig(tb testing.TB, opts Options) *rig {
	tb.Helper()
	opts.Key = testKey
	r := &rig{t: tb, dir: tb.TempDir(), opts: opts}
	r.open()
	tb.Cleanup(r.close)
	return r
}

func (r *rig) open() {
	r.t.Helper()
	store, err := Open(r.dir, r.opts)
	if err != nil {
		r.t.Fatal(err)
	}
	r.store = store
	r.server = httptest.NewServer(store.Handler())
	u, err := url.Parse(r.server.URL)
	if err != nil {
		r.t.Fatal(err)
	}
	r.client, err = elastictransport.New(elastictransport.Config{URLs: []*url.URL{u}, APIKey: testKey, CompressRequestBody: true}) //nolint:staticcheck // its options say the same
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) close() {
	if r.store == nil {
		return
	}
	r.server.Close()
	if err := r.store.Close(); err != nil {
		r.t.Error(err)
	}
	r.store = nil
}

func (r *rig) reopen() {
	r.close()
	r.open()
}

// answered reads a response of the client.
func (r *rig) answered(res *esapi.Response, err error) (int, map[string]any) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("X-Elastic-Product") != "Elasticsearch" {
		r.t.Fatal("the product header is missing")
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	var v map[string]any
	if len(b) > 0 {
		if err := json.Unmarshal(b, &v); err != nil {
			r.t.Fatalf("answer %q: %v", b, err)
		}
	}
	return res.StatusCode, v
}

// call sends any request.
func (r *rig) call(method, path, body string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.server.URL+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+testKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// entry is a document for a bulk request.
type entry struct{ index, id, source string }

func bulkBody(kind string, entries []entry) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "{%q:{\"_index\":%q,\"_id\":%q}}\n%s\n", kind, e.index, e.id, e.source)
	}
	return b.String()
}

// bulk sends entries and returns the status of each.
func (r *rig) bulk(kind string, entries []entry) []int {
	r.t.Helper()
	status, body := r.answered(esapi.BulkRequest{
		Body: strings.NewReader(bulkBody(kind, entries)), FilterPath: []string{"errors", "items.*.status", "items.*.error"},
	}.Do(r.t.Context(), r.client))
	if status != http.StatusOK {
		r.t.Fatalf("bulk: %d %v", status, body)
	}
	var statuses []int
	for _, it := range body["items"].([]any) {
		for _, v := range it.(map[string]any) {
			statuses = append(statuses, int(v.(map[string]any)["status"].(float64)))
		}
	}
	return statuses
}

// load sends entries that must all be created.
func (r *rig) load(entries []entry) {
	r.t.Helper()
	for i, s := range r.bulk("create", entries) {
		if s != 201 {
			r.t.Fatalf("document %d %+v: status %d", i, entries[i], s)
		}
	}
}

// result is the part of a search's answer that tests look at.
type result struct {
	Error  json.RawMessage
	Status int
	Shards struct {
		Total, Successful, Failed int
		Failures                  []struct{ Reason struct{ Reason string } }
	} `json:"_shards"`
	Hits struct {
		Total *struct {
			Value    int64
			Relation string
		}
		Hits []struct {
			Index  string          `json:"_index"`
			ID     string          `json:"_id"`
			Source json.RawMessage `json:"_source"`
			Sort   []any
		}
	}
	Aggregations map[string]struct {
		Others  int64 `json:"sum_other_doc_count"`
		Buckets []struct {
			Key      any
			KeyText  string `json:"key_as_string"`
			DocCount int64  `json:"doc_count"`
		}
	}
}

func (r *rig) search(indices string, body any) *result {
	r.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := esapi.SearchRequest{Index: []string{indices}, Body: bytes.NewReader(b)}.Do(r.t.Context(), r.client)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	out := &result{}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(out); err != nil {
		r.t.Fatalf("%s: %v", raw, err)
	}
	out.Status = res.StatusCode
	return out
}

// found searches and expects success.
func (r *rig) found(indices string, body any) *result {
	r.t.Helper()
	res := r.search(indices, body)
	if res.Status != http.StatusOK {
		r.t.Fatalf("search %v: %d %s", body, res.Status, res.Error)
	}
	return res
}

func (r *rig) total(indices string, query any) int64 {
	r.t.Helper()
	return r.found(indices, map[string]any{"size": 0, "track_total_hits": true, "query": query}).Hits.Total.Value
}

// obj is short for the objects of requests.
type obj = map[string]any

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func eventID(n int) string { return fmt.Sprintf("%032d", n) }

func event(at time.Time, app, message string) string {
	return fmt.Sprintf(`{"@timestamp":%q,"message":%q,"service":{"name":%q},"host":{"name":"web-1"}}`, at.Format("2006-01-02T15:04:05.000Z07:00"), message, app)
}
