package store_test

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/indexer/internal/store"
	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/standalone/search"
)

const shared = "logs-shop-prod-2026.11.22"

// embedded is an embedded store and a client for it.
func embedded(t *testing.T) *elastic.Client {
	t.Helper()
	s, err := search.Open(t.TempDir(), search.Options{})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		web.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := elastic.New(elastic.Config{Addresses: []string{web.URL}})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func ensure(t *testing.T, s *store.Store, name string, days uint32) {
	t.Helper()
	if err := s.Ensure(t.Context(), bulk.Index{Name: name, Retention: days}); err != nil {
		t.Fatal(err)
	}
}

func listed(t *testing.T, s *store.Store, want ...bulk.Index) {
	t.Helper()
	got, err := s.Indices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("indices %v, want %v", got, want)
	}
}

func send(t *testing.T, client *elastic.Client, req esapi.Request) {
	t.Helper()
	res, err := req.Do(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := elastic.Check(res); err != nil {
		t.Fatal(err)
	}
}

func TestTwoMembersRaiseARetentionInAnyOrder(t *testing.T) {
	client := embedded(t)
	one, two := store.New(client, 0, time.Minute), store.New(client, 0, time.Minute)
	ensure(t, one, shared, 3)
	ensure(t, two, shared, 9)
	ensure(t, one, shared, 7)
	ensure(t, two, shared, 1)
	for _, s := range []*store.Store{one, two} {
		listed(t, s, bulk.Index{Name: shared, Retention: 9})
	}
}

// Two members that raise at once may each read the old value; the shorter may win.
// The one that knows better says it again.
func TestARetentionThatAnotherWroteOverIsWrittenAgain(t *testing.T) {
	client := embedded(t)
	one, two := store.New(client, 0, time.Minute), store.New(client, 0, time.Minute)
	ensure(t, one, shared, 30)
	send(t, client, esapi.IndicesPutMappingRequest{Index: []string{shared}, Body: strings.NewReader(`{"_meta":{"millrace":{"retention_days":7}}}`)})
	listed(t, two, bulk.Index{Name: shared, Retention: 7})
	listed(t, one, bulk.Index{Name: shared, Retention: 30})
	listed(t, two, bulk.Index{Name: shared, Retention: 30})
}

func TestWhatAnIndexRemembersMayBeAnything(t *testing.T) {
	for meta, want := range map[string]uint32{
		`{}`:                                      0,
		`{"millrace":"text"}`:                     0,
		`{"millrace":{"retention_days":"9"}}`:     0,
		`{"millrace":{"retention_days":-1}}`:      0,
		`{"millrace":{"retention_days":1e300}}`:   3650,
		`{"millrace":{"retention_days":9},"x":1}`: 9,
	} {
		t.Run(meta, func(t *testing.T) {
			client := embedded(t)
			s := store.New(client, 0, time.Minute)
			send(t, client, esapi.IndicesCreateRequest{Index: shared, Body: strings.NewReader(`{"mappings":{"_meta":` + meta + `}}`)})
			send(t, client, esapi.IndicesCreateRequest{Index: "logs-foreign"})
			listed(t, s, bulk.Index{Name: "logs-foreign"}, bulk.Index{Name: shared, Retention: want})
			ensure(t, s, shared, 4)
			listed(t, s, bulk.Index{Name: "logs-foreign"}, bulk.Index{Name: shared, Retention: max(want, 4)})
		})
	}
}
