package find

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/standalone/search"
)

// One damaged file must not hide what lies in the others, nor may the page look as if it held everything.
func TestAPageSaysThatEventsMayBeMissing(t *testing.T) {
	dir := t.TempDir()
	serve := func() (*Finder, func()) {
		store, err := search.Open(dir, search.Options{})
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(store.Handler())
		client, err := elastic.New(elastic.Config{Addresses: []string{server.URL}})
		if err != nil {
			t.Fatal(err)
		}
		return New(client, func() time.Time { return now }), func() {
			err := client.Close(context.Background())
			server.Close()
			if err = errors.Join(err, store.Close()); err != nil {
				t.Error(err)
			}
		}
	}
	f, stop := serve()
	res, err := esapi.BulkRequest{Index: "logs-shop-prod-2026.11", Body: strings.NewReader(`{"create":{}}
{"@timestamp":"2026-11-21T12:00:00Z","message":"a"}
{"create":{}}
{"@timestamp":"2026-11-22T12:00:00Z","message":"b"}
`)}.Do(t.Context(), f.store)
	if err != nil || res.IsError() {
		t.Fatal(res, err)
	}
	_ = res.Body.Close()
	stop()
	if err := os.Truncate(filepath.Join(dir, "2026-11-21.db"), 5000); err != nil {
		t.Fatal(err)
	}
	f, stop = serve()
	defer stop()
	page, err := f.Search(t.Context(), Params{})
	if err != nil {
		t.Fatal(err)
	}
	if page.Total != 1 || len(page.Incomplete) != 1 || !strings.Contains(page.Incomplete[0], "2026-11-21.db") {
		t.Errorf("%d events, and %q", page.Total, page.Incomplete)
	}
	if page, err = f.Search(t.Context(), Params{From: "2026-11-22"}); err != nil || page.Total != 1 || len(page.Incomplete) != 0 {
		t.Errorf("of the other day: %+v, %v", page, err)
	}
}
