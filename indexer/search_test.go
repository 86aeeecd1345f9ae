package indexer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/standalone/search"
	"github.com/millrace/millrace/schemas/index"
	"github.com/millrace/millrace/test/servers"
)

// realStore is an address of a search store that is no script, and a client for it.
type realStore struct {
	t         *testing.T
	address   string
	transport esapi.Transport
}

// eachStore runs a test on the embedded store, and on Elasticsearch where one
// is named or make test-real asks for it.
func eachStore(t *testing.T, test func(realStore)) {
	t.Helper()
	t.Run("on the embedded store", func(t *testing.T) {
		s, err := search.Open(t.TempDir(), search.Options{Logger: testLog(t)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		server := httptest.NewServer(s.Handler())
		t.Cleanup(server.Close)
		test(dial(t, server.URL))
	})
	t.Run("on Elasticsearch", func(t *testing.T) {
		test(elasticsearch(t))
	})
}

// elasticsearch is one that is named or that make test-real asks for, and empty.
func elasticsearch(t *testing.T) realStore {
	t.Helper()
	address := os.Getenv("MILLRACE_TEST_ELASTICSEARCH")
	if address == "" {
		address = servers.SearchFor(t, servers.SearchOptions{}).URL()
	}
	r := dial(t, address)
	r.clean()
	t.Cleanup(r.clean)
	return r
}

func dial(t *testing.T, address string) realStore {
	t.Helper()
	client, err := elastic.New(elastic.Config{Addresses: []string{address}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(context.Background()) })
	return realStore{t, address, client}
}

// clean removes what an earlier test left.
func (r realStore) clean() {
	for _, name := range r.indices() {
		r.do(esapi.IndicesDeleteRequest{Index: []string{name}}, nil)
	}
	res, err := esapi.IndicesDeleteIndexTemplateRequest{Name: index.TemplateName}.Do(context.Background(), r.transport)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = res.Body.Close()
}

// do sends a request and reads the answer into v.
func (r realStore) do(req esapi.Request, v any) {
	r.t.Helper()
	res, err := req.Do(context.Background(), r.transport)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := elastic.Check(res); err != nil {
		r.t.Fatalf("%T: %v", req, err)
	}
	if v == nil {
		return
	}
	if err := json.NewDecoder(res.Body).Decode(v); err != nil {
		r.t.Fatalf("%T: %v", req, err)
	}
}

func (r realStore) indices() []string {
	r.t.Helper()
	var rows []struct{ Index string }
	r.do(esapi.CatIndicesRequest{Index: []string{index.Pattern}, Format: "json", H: []string{"index"}, ExpandWildcards: "open,closed"}, &rows)
	var names []string
	for _, row := range rows {
		names = append(names, row.Index)
	}
	slices.Sort(names)
	return names
}

// found is the number of documents, -1 while an index is being made.
func (r realStore) found() int {
	r.t.Helper()
	var answer struct {
		Hits struct{ Total struct{ Value int } }
	}
	req := esapi.SearchRequest{Index: []string{index.Pattern}, Size: new(int), TrackTotalHits: true}
	res, err := req.Do(context.Background(), r.transport)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusServiceUnavailable {
		return -1
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		r.t.Fatal(err)
	}
	return answer.Hits.Total.Value
}

func TestEventsAreSearchable(t *testing.T) {
	eachStore(t, func(r realStore) {
		t := r.t
		b := startBroker(t, 3, "shop", "my-app")
		m := start(t, b, r.address)
		old := events{app: "shop", first: 5000, count: 4, day: time.Now().AddDate(0, 0, -2)}
		n := b.put(append(append(spread("shop", 0, 600), spread("my-app", 1000, 300)...), old)...)
		until(t, "all documents", func() bool { return r.found() == n })
		until(t, "all commits", func() bool { return b.waiting("shop", "my-app") == 0 })
		want := []string{
			events{app: "my-app", day: time.Now()}.name(), old.name(), events{app: "shop", day: time.Now()}.name(),
		}
		if got := r.indices(); !slices.Equal(got, want) {
			t.Errorf("indices %v, want %v", got, want)
		}
		m.stop()
		b.forget()
		again := start(t, b, r.address)
		until(t, "all commits", func() bool { return b.waiting("shop", "my-app") == 0 })
		again.stop()
		again.balanced()
		if got := again.sum("out_total", "duplicate"); got != float64(n) {
			t.Errorf("%v duplicates, want all %d", got, n)
		}
		if got := r.found(); got != n {
			t.Errorf("%d documents after all were delivered twice, want %d", got, n)
		}
		if dead := b.letters(); len(dead) != 0 {
			t.Errorf("dead letters: %s", header(dead[0], "cause"))
		}
	})
}

// TestMappingConflictsAreSettled needs a store with mappings.
func TestMappingConflictsAreSettled(t *testing.T) {
	eachStore(t, func(r realStore) {
		t := r.t
		b := startBroker(t, 1, "shop")
		m := start(t, b, r.address)
		docs := []string{
			`{"@timestamp":"%s","message":"fine","http":{"response":{"status_code":200}}}`,
			`{"@timestamp":"%s","message":"text for a number","http":{"response":{"status_code":"teapot"}}}`,
			`{"@timestamp":"%s","message":"no address","source":{"ip":"unknown"}}`,
			`{"@timestamp":"%s","message":"a value for an object","http":"none"}`,
			`{"@timestamp":"%s","message":"two at once","source":{"ip":"-"},"http":{"response":{"status_code":"-"}}}`,
			`{"@timestamp":"%s","message":"own fields","cart":{"items":3,"sum":1.5,"gift":true,"note":"x"}}`,
		}
		b.put(events{app: "shop", count: len(docs), day: time.Now(), doc: func(n int) string {
			return fmt.Sprintf(docs[n], time.Now().UTC().Format(time.RFC3339Nano))
		}})
		until(t, "all commits", func() bool { return b.waiting("shop") == 0 })
		until(t, "all documents", func() bool { return r.found() == len(docs) })
		m.stop()
		m.balanced()
		if dead := b.letters(); len(dead) != 0 {
			t.Errorf("%d dead letters, the first: %s", len(dead), header(dead[0], "cause"))
		}
		t.Logf("%v documents were repaired", m.sum("repaired_total"))
	})
}
