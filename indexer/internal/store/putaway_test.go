package store_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/indexer/internal/store"
	"github.com/millrace/millrace/internal/elastic"
)

// The answers are those of Elasticsearch 8.19.
func TestAnIndexThatWasPutAwayIsNoError(t *testing.T) {
	const readOnly = `{"error":{"type":"cluster_block_exception","reason":"index [x] blocked by: [FORBIDDEN/5/index read-only (api)];"},"status":403}`
	for name, tc := range map[string]struct {
		create, meta, put string // what the store answers; put empty: it takes it
		want              string // the _meta that is put
		bad               bool
	}{
		"it cannot be asked for while it is read-only": {create: readOnly},
		"its retention cannot be raised while it is read-only": {
			create: `{"error":{"type":"resource_already_exists_exception"},"status":400}`,
			meta:   `{"` + shared + `":{"mappings":{"_meta":{}}}}`, put: readOnly,
			want: `{"millrace":{"retention_days":9}}`,
		},
		"an alias has its name, and the index behind that remembers other things, too": {
			create: `{"error":{"type":"invalid_index_name_exception","reason":"Invalid index name [x], already exists as alias"},"status":400}`,
			meta:   `{"shrink-1-` + shared + `":{"mappings":{"_meta":{"millrace":{"retention_days":3},"more":1}}}}`,
			want:   `{"millrace":{"retention_days":9},"more":1}`,
		},
		"all of the cluster is read-only": {
			create: `{"error":{"type":"cluster_block_exception","reason":"blocked by: [FORBIDDEN/6/cluster read-only (api)];"},"status":403}`,
			bad:    true,
		},
		"the name cannot be one": {
			create: `{"error":{"type":"invalid_index_name_exception","reason":"must be lowercase"},"status":400}`,
			bad:    true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			put := ""
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				answer := tc.create
				switch {
				case r.Method == http.MethodGet:
					answer = tc.meta
				case r.URL.Path == "/"+shared+"/_mapping":
					var body struct {
						Meta json.RawMessage `json:"_meta"`
					}
					if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
						t.Error(err)
					}
					if put, answer = string(body.Meta), tc.put; answer == "" {
						answer = `{"acknowledged":true}`
					}
				}
				var is struct {
					Status int `json:"status"`
				}
				if err := json.Unmarshal([]byte(answer), &is); err != nil {
					t.Errorf("%s %s: %v", r.Method, r.URL, err)
				}
				if is.Status != 0 {
					w.WriteHeader(is.Status)
				}
				_, _ = io.WriteString(w, answer)
			}))
			defer web.Close()
			client, err := elastic.New(elastic.Config{Addresses: []string{web.URL}})
			if err != nil {
				t.Fatal(err)
			}
			err = store.New(client, 0, time.Minute).Ensure(t.Context(), bulk.Index{Name: shared, Retention: 9})
			if (err != nil) != tc.bad {
				t.Errorf("error %v", err)
			}
			if put != tc.want {
				t.Errorf("remembered %s, want %s", put, tc.want)
			}
		})
	}
}
