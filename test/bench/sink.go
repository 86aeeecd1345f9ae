package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/settings"
)

// sink stands before the search store and takes every bulk request itself: it
// counts the documents and keeps none, so that only the sender's cost is
// measured. All other requests go on to the store.
type sink struct {
	*httptest.Server
	store *httputil.ReverseProxy
	docs  atomic.Int64
}

func newSink(config string) (*sink, error) {
	var c struct {
		Elastic elastic.Config `koanf:"elasticsearch"`
	}
	if err := (settings.Source{File: config}).Load("indexer", &c); err != nil {
		return nil, err
	}
	target, err := url.Parse(c.Elastic.Addresses[0])
	if err != nil {
		return nil, err
	}
	s := &sink{store: httputil.NewSingleHostReverseProxy(target)}
	s.Server = httptest.NewServer(s)
	return s, nil
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/_bulk") {
		s.store.ServeHTTP(w, r)
		return
	}
	lines, err := countLines(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.docs.Add(lines / 2) // an action line and a document each
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprint(w, `{"took":1,"errors":false}`)
}

func countLines(r *http.Request) (n int64, err error) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(body); err != nil {
			return 0, err
		}
	}
	buf := make([]byte, 64<<10)
	for {
		k, err := body.Read(buf)
		n += int64(bytes.Count(buf[:k], []byte{'\n'}))
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// await waits until the sink has taken n documents.
func (s *sink) await(ctx context.Context, n int64) error {
	return poll(ctx, pollEvery, stageMost, func() (bool, error) { return s.docs.Load() >= n, nil })
}
