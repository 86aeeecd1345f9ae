package search

import (
	"compress/gzip"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/go-chi/chi/v5"
)

// version is the release of Elasticsearch whose API is spoken; clients of version 8 accept it.
const version = "8.19.0"

// Handler serves the REST API.
func (s *Store) Handler() http.Handler {
	r := chi.NewRouter()
	r.Use(s.frame)
	r.NotFound(s.noHandler)
	r.MethodNotAllowed(s.noHandler)
	get := func(path string, h handler) { r.Get(path, s.serve(h)); r.Head(path, s.serve(h)) }
	both := func(path string, h handler) { r.Get(path, s.serve(h)); r.Post(path, s.serve(h)) }

	get("/", s.info)
	get("/_cluster/health", s.health)
	get("/_cluster/health/{index}", s.health)
	get("/_cat/indices", s.catIndices)
	get("/_cat/indices/{index}", s.catIndices)

	r.Put("/_index_template/{name}", s.serve(s.putTemplate))
	r.Post("/_index_template/{name}", s.serve(s.putTemplate))
	get("/_index_template", s.getTemplates)
	get("/_index_template/{name}", s.getTemplates)
	r.Delete("/_index_template/{name}", s.serve(s.deleteTemplate))
	r.Post("/_index_template/_simulate_index/{index}", s.serve(s.simulateIndex))
	r.Put("/_component_template/{name}", s.serve(s.putComponent))
	r.Post("/_component_template/{name}", s.serve(s.putComponent))
	get("/_component_template/{name}", s.getComponents)

	r.Post("/_bulk", s.serve(s.bulk))
	r.Put("/_bulk", s.serve(s.bulk))
	r.Post("/{index}/_bulk", s.serve(s.bulk))
	r.Put("/{index}/_bulk", s.serve(s.bulk))
	both("/_search", s.search)
	both("/{index}/_search", s.search)
	both("/_count", s.count)
	both("/{index}/_count", s.count)
	both("/_field_caps", s.fieldCaps)
	both("/{index}/_field_caps", s.fieldCaps)
	both("/_refresh", s.refresh)
	both("/{index}/_refresh", s.refresh)
	get("/{index}/_doc/{id}", s.getDoc)
	get("/{index}/_source/{id}", s.getSource)

	r.Put("/{index}", s.serve(s.createIndex))
	get("/{index}", s.getIndex)
	get("/{index}/_mapping", s.getMapping)
	r.Put("/{index}/_mapping", s.serve(s.putMapping))
	r.Post("/{index}/_mapping", s.serve(s.putMapping))
	r.Delete("/{index}", s.serve(s.deleteIndex))
	return r
}

// handler answers a request with a value to be written as JSON, or raw bytes of JSON.
type handler func(r *http.Request) (status int, body any, err error)

// rawJSON is written as it is.
type rawJSON []byte

// frame is around every request: the headers that clients check, the key, and recovery from our bugs.
func (s *Store) frame(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		contentType := "application/json"
		if strings.Contains(r.Header.Get("Accept"), "application/vnd.elasticsearch+json") {
			contentType = "application/vnd.elasticsearch+json; compatible-with=8"
		}
		w.Header().Set("Content-Type", contentType)
		defer func() {
			if v := recover(); v != nil {
				s.opts.Logger.Error("a request panicked", "path", r.URL.Path, "panic", v, "stack", string(debug.Stack()))
				s.writeError(w, r, newError(http.StatusInternalServerError, "exception", fmt.Sprint("internal error: ", v)))
			}
		}()
		if e := s.authenticate(r); e != nil {
			w.Header().Set("WWW-Authenticate", `ApiKey, Bearer realm="security", Basic realm="security", charset="UTF-8"`)
			s.writeError(w, r, e)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, s.opts.MaxBody)
		next.ServeHTTP(w, r)
	})
}

// authenticate compares in constant time.
func (s *Store) authenticate(r *http.Request) *apiError {
	if s.opts.Key == "" {
		return nil
	}
	header := r.Header.Get("Authorization")
	if header == "" {
		return newError(http.StatusUnauthorized, "security_exception", fmt.Sprintf("missing authentication credentials for REST request [%s]", r.URL.Path))
	}
	given := ""
	scheme, rest, _ := strings.Cut(header, " ")
	switch {
	case strings.EqualFold(scheme, "ApiKey"), strings.EqualFold(scheme, "Bearer"):
		given = strings.TrimSpace(rest)
	case strings.EqualFold(scheme, "Basic"):
		_, given, _ = r.BasicAuth()
	}
	if subtle.ConstantTimeCompare([]byte(given), []byte(s.opts.Key)) == 1 {
		return nil
	}
	return newError(http.StatusUnauthorized, "security_exception", fmt.Sprintf("unable to authenticate with provided credentials for REST request [%s]", r.URL.Path))
}

// serve runs a handler and writes its answer.
func (s *Store) serve(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status, body, err := h(r)
		if err != nil {
			s.writeError(w, r, s.toAPI(err))
			return
		}
		s.writeJSON(w, r, status, body)
	}
}

func (s *Store) writeError(w http.ResponseWriter, r *http.Request, e *apiError) {
	s.writeJSON(w, r, e.Status, e.body())
}

// writeJSON writes a status and a body; to HEAD only the status.
func (s *Store) writeJSON(w http.ResponseWriter, r *http.Request, status int, body any) {
	b, raw := body.(rawJSON)
	if !raw {
		var err error
		if b, err = json.Marshal(body); err != nil {
			s.opts.Logger.Error("an answer cannot be written", "error", err)
			status, b = http.StatusInternalServerError, rawJSON(`{"error":"internal error","status":500}`)
		}
	}
	if f := r.URL.Query().Get("filter_path"); f != "" && status < 300 && !filtersItself(r) {
		b = newPathFilter(f).apply(b)
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b) // a client that went away learns nothing more
	}
}

// noHandler answers what is not served, with Elasticsearch's words.
func (s *Store) noHandler(w http.ResponseWriter, r *http.Request) {
	s.writeJSON(w, r, http.StatusBadRequest, map[string]any{
		"error": fmt.Sprintf("no handler found for uri [%s] and method [%s]", r.URL.RequestURI(), r.Method), "status": http.StatusBadRequest,
	})
}

// readBody reads a body, unpacking gzip. Both forms are bounded.
func (s *Store) readBody(r *http.Request) (string, error) {
	var in io.Reader = r.Body
	if strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return "", newError(http.StatusBadRequest, "parse_exception", "the body is not gzip: "+err.Error())
		}
		in = &bounded{z, s.opts.MaxBody, s.opts.MaxBody}
	}
	var b strings.Builder
	if r.ContentLength > 0 {
		b.Grow(int(min(r.ContentLength, s.opts.MaxBody)))
	}
	if _, err := io.Copy(&b, in); err != nil {
		return "", bodyError(err)
	}
	return b.String(), nil
}

// bodyError tells a body that is too large from one that ends early.
func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return newError(http.StatusBadRequest, "parse_exception", "the body cannot be read: "+err.Error())
}

// bounded fails when more than left bytes come out of a reader.
type bounded struct {
	in          io.Reader
	left, limit int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, &http.MaxBytesError{Limit: b.limit}
	}
	return n, err
}

// param is a part of the path, unescaped.
func param(r *http.Request, name string) string {
	raw := chi.URLParam(r, name)
	if s, err := url.PathUnescape(raw); err == nil && r.URL.RawPath != "" {
		return s
	}
	return raw
}

// flag is a boolean of the query string: present without a value means true.
func flag(r *http.Request, name string, otherwise bool) bool {
	q := r.URL.Query()
	if !q.Has(name) {
		return otherwise
	}
	return q.Get(name) != "false"
}
