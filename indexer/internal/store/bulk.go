package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/klauspost/compress/gzip"

	"github.com/millrace/millrace/indexer/internal/bulk"
)

// Pack compresses a bulk body if bodies are compressed; otherwise it returns body.
func (s *Store) Pack(body bulk.Content) (bulk.Content, error) {
	if s.gzip.New == nil {
		return body, nil
	}
	out := bytes.NewBuffer(make([]byte, 0, body.Size()/6))
	w, ok := s.gzip.Get().(*gzip.Writer)
	if !ok {
		return nil, errors.New("gzip writer of a foreign type")
	}
	defer s.gzip.Put(w)
	w.Reset(out)
	if _, err := io.Copy(w, body.Reader()); err != nil {
		return nil, fmt.Errorf("compress bulk body: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress bulk body: %w", err)
	}
	return bulk.NewText(body.Index(), out.Bytes()), nil
}

// Bulk sends a packed body of docs documents. It returns nil results when all were
// created, otherwise one for each.
func (s *Store) Bulk(ctx context.Context, packed bulk.Content, docs int) ([]bulk.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var results []bulk.Result
	err := s.do(ctx, bulkRequest{s.bulkPath, packed, s.gzip.New != nil}, func(body io.Reader) error {
		answer, err := io.ReadAll(io.LimitReader(body, maxAnswer))
		if err != nil {
			return fmt.Errorf("%w: %w", bulk.ErrAnswer, err)
		}
		results, err = bulk.ReadAnswer(answer, docs)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("bulk: %w", err)
	}
	return results, nil
}

// bulkRequest is esapi.BulkRequest for a body whose length is known though it is no
// buffer: that one would send it in chunks.
type bulkRequest struct {
	path string
	body bulk.Content
	gzip bool
}

// shardsWait is how long the store looks out for a shard that is away before it answers: all
// documents of the request wait for that, and a minute if nobody says how long. A shard that
// only moves to another node is back much sooner.
const shardsWait = 5 * time.Second

// bulkPath is the path of bulk requests, each of which may take so long.
func bulkPath(timeout time.Duration) string {
	wait := min(shardsWait, timeout/2) // or it would seem that the store is away
	return fmt.Sprintf("/_bulk?timeout=%dms&filter_path=%s", wait.Milliseconds(), url.QueryEscape(strings.Join(bulk.FilterPath, ",")))
}

// Do implements esapi.Request.
func (r bulkRequest) Do(ctx context.Context, transport esapi.Transport) (*esapi.Response, error) {
	path := r.path
	if index := r.body.Index(); index != "" {
		path = "/" + url.PathEscape(index) + path
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, path, r.body.Reader())
	if err != nil {
		return nil, err
	}
	req.ContentLength = int64(r.body.Size())
	// For a connection that the store closed just when it was taken from the idle ones.
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(r.body.Reader()), nil }
	req.Header.Set("Content-Type", "application/x-ndjson")
	if r.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	res, err := transport.Perform(req) //nolint:bodyclose // the caller closes it: it is the Response's
	if err != nil {
		return nil, err
	}
	return &esapi.Response{StatusCode: res.StatusCode, Body: res.Body, Header: res.Header}, nil
}
