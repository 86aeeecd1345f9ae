// Package search is the embedded search store: SQLite FTS5 behind the part of Elasticsearch's REST API that the indexer
// and the search API use.
package search

import (
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Options are the collaborators and limits of a Store. The zero value works.
type Options struct {
	// Key, when set, must come with every request (`Authorization: ApiKey <key>`, `Bearer <key>`, or as the password of
	// basic authentication).
	Key string
	// Logger defaults to none, Registerer to none.
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Store is an open search store.
type Store struct{ opts Options }

// Open opens or creates the store in dir.
func Open(dir string, opts Options) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return &Store{opts: opts}, nil
}

// Handler serves the REST API.
func (s *Store) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotImplemented) })
}

// Expire removes the documents of all days that ended at or before the given time.
func (s *Store) Expire(before time.Time) error { return nil }

// Close ends the store.
func (s *Store) Close() error { return nil }
