package indexer

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/kafka"
)

func TestATemplateThatSomebodyHasDeletedIsInstalledAgain(t *testing.T) {
	there, written := false, 0
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, "_simulate"):
			_, _ = io.WriteString(w, `{"template":{"mappings":{"_meta":{"managed_by":"millrace"}}}}`)
		case r.Method == http.MethodPut:
			there, written = true, written+1
			_, _ = io.WriteString(w, `{"acknowledged":true}`)
		case !there:
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"error":{"type":"resource_not_found_exception"}}`)
		default:
			_, _ = io.WriteString(w, `{"index_templates":[{"index_template":{"version":1000000}}]}`)
		}
	}))
	defer web.Close()
	cfg := Default()
	cfg.Kafka, cfg.Elastic = kafka.Config{Brokers: []string{"127.0.0.1:1"}}, elastic.Config{Addresses: []string{web.URL}}
	x, err := New(cfg, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = x.client.Close(t.Context()) }() // the test is over
	for _, gone := range []bool{true, false, true} {
		there = !gone
		before := written
		if err := x.restore(t.Context()); err != nil {
			t.Fatal(err)
		}
		if again := written > before; again != gone {
			t.Errorf("it was gone: %v, and was written: %v", gone, again)
		}
	}
}
