// Package store carries out what the indexer asks of the search store: bulk
// requests, indices, the index template.
//
// Each call is one attempt (InstallTemplate a few requests); who calls decides what
// to repeat. Errors are *elastic.Error where the store answered. A Store starts no
// goroutine and is safe for concurrent use.
package store

import (
	"context"
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/klauspost/compress/gzip"

	"github.com/millrace/millrace/internal/elastic"
)

const (
	// indicesKept is how many indices are remembered as existing. One that was
	// forgotten costs two requests.
	indicesKept = 8192
	// adminTimeout bounds requests that change indices or the template.
	adminTimeout = 30 * time.Second
	// maxAnswer bounds a bulk answer: thousands of documents, each with a long cause.
	maxAnswer = 256 << 20
)

// Store is a client of the search store.
type Store struct {
	transport esapi.Transport
	gzip      sync.Pool // of *gzip.Writer; its New is nil without compression
	timeout   time.Duration
	bulkPath  string
	known     *lru.Cache[string, uint32] // indices that exist, and the retention that they remember
	raising   sync.Mutex                 // held while a retention is raised
}

// New makes a Store. Level 0 is no compression; timeout bounds one bulk request.
func New(transport esapi.Transport, level int, timeout time.Duration) *Store {
	known, err := lru.New[string, uint32](indicesKept)
	if err != nil {
		panic(err) // only a size below 1
	}
	s := &Store{transport: transport, timeout: timeout, bulkPath: bulkPath(timeout), known: known}
	if level > 0 {
		s.gzip.New = func() any {
			w, err := gzip.NewWriterLevel(io.Discard, level)
			if err != nil {
				panic(err) // Config.Validate bounds the level
			}
			return w
		}
	}
	return s
}

// do sends a request and hands the body of a good answer to read, if any. The body
// is read to its end so that the connection serves again.
func (s *Store) do(ctx context.Context, req esapi.Request, read func(io.Reader) error) (err error) {
	res, err := req.Do(ctx, s.transport)
	if err != nil {
		return err
	}
	defer func() {
		if _, e := io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer)); e != nil && err == nil && read == nil {
			err = e
		}
		_ = res.Body.Close() // it was read to its end
	}()
	if err := elastic.Check(res); err != nil {
		return err
	}
	if read == nil {
		return nil
	}
	return read(res.Body)
}

func decodeInto(v any) func(io.Reader) error {
	return func(r io.Reader) error { return json.NewDecoder(r).Decode(v) }
}
