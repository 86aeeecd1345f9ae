package indexer_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// answer is what a scripted store says about one document.
type answer struct {
	status       int
	kind, reason string
}

// script is a search store that gives the answers a healthy one does not. Without
// faults it keeps documents by index and id as a real one would.
type script struct {
	t      *testing.T
	server *httptest.Server

	mu      sync.Mutex
	indices map[string]map[string]string
	meta    map[string]json.RawMessage // the _meta of each index
	// document answers for a document, if it returns a status; request for a whole
	// bulk request. Both are called under the lock.
	document func(index, id, doc string) answer
	request  func(body []byte) int
	// unmakable is an index that there is no room for.
	unmakable string
	cut       bool // connections are closed without an answer
	page      int  // what stands before the store answers everything with this status, and no JSON
	calls     map[string]int
}

func startScript(t *testing.T) *script {
	t.Helper()
	s := &script{t: t, indices: map[string]map[string]string{}, meta: map[string]json.RawMessage{}, calls: map[string]int{}}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

// set changes the script while it runs.
func (s *script) set(change func(*script)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// count is the number of documents.
func (s *script) count() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, docs := range s.indices {
		n += len(docs)
	}
	return n
}

func (s *script) called(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[name]
}

func (s *script) docs(index string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[string]string{}
	for id, doc := range s.indices[index] {
		found[id] = doc
	}
	return found
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := plain(s.t, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cut {
		panic(http.ErrAbortHandler)
	}
	if s.page != 0 {
		w.WriteHeader(s.page)
		say(w, "<html>a proxy</html>")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	name := strings.Trim(r.URL.Path, "/")
	s.calls[r.Method+" "+name]++
	switch {
	case name == "_bulk" || strings.HasSuffix(name, "/_bulk"):
		s.bulk(w, strings.TrimSuffix(strings.TrimSuffix(name, "_bulk"), "/"), body)
	case strings.HasPrefix(name, "_index_template/_simulate_index/"):
		say(w, `{"template":{"mappings":{"_meta":{"managed_by":"millrace"}}},"overlapping":[]}`)
	case strings.HasPrefix(name, "_index_template/") && r.Method == http.MethodGet:
		fail(w, http.StatusNotFound, "resource_not_found_exception", name)
	case strings.HasPrefix(name, "_cat/indices"):
		var rows []map[string]string
		for index := range s.indices {
			rows = append(rows, map[string]string{"index": index})
		}
		_ = json.NewEncoder(w).Encode(rows)
	case strings.HasSuffix(name, "/_mapping"):
		s.mapping(w, r.Method, strings.TrimSuffix(name, "/_mapping"), body)
	case r.Method == http.MethodPut && !strings.HasPrefix(name, "_"):
		if s.indices[name] != nil {
			fail(w, http.StatusBadRequest, "resource_already_exists_exception", name)
			return
		}
		if name == s.unmakable {
			fail(w, http.StatusBadRequest, "validation_exception", "this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum")
			return
		}
		s.indices[name] = map[string]string{}
		s.meta[name] = metaOf(s.t, body, "mappings")
		say(w, `{"acknowledged":true}`)
	case r.Method == http.MethodDelete:
		delete(s.indices, name)
		say(w, `{"acknowledged":true}`)
	default:
		say(w, `{"acknowledged":true}`)
	}
}

// mapping reads or replaces the _meta of one index, or reads it of all.
func (s *script) mapping(w http.ResponseWriter, method, name string, body []byte) {
	if !strings.Contains(name, "*") && s.indices[name] == nil {
		fail(w, http.StatusNotFound, "index_not_found_exception", name)
		return
	}
	if method == http.MethodPut {
		s.meta[name] = metaOf(s.t, body)
		say(w, `{"acknowledged":true}`)
		return
	}
	found := map[string]any{}
	for index := range s.indices {
		if m := s.meta[index]; m != nil && (name == index || strings.Contains(name, "*")) {
			found[index] = map[string]any{"mappings": map[string]any{"_meta": m}}
		}
	}
	_ = json.NewEncoder(w).Encode(found)
}

// metaOf is the _meta at a path of a body.
func metaOf(t *testing.T, body []byte, path ...string) json.RawMessage {
	t.Helper()
	for _, key := range append(path, "_meta") {
		var o map[string]json.RawMessage
		if err := json.Unmarshal(body, &o); err != nil {
			t.Errorf("body %q: %v", body, err)
		}
		body = o[key]
	}
	return body
}

func (s *script) bulk(w http.ResponseWriter, index string, body []byte) {
	if s.request != nil {
		if status := s.request(body); status != 0 {
			fail(w, status, "scripted_exception", "the script says so")
			return
		}
	}
	var items []string
	failed := false
	lines := bytes.Split(bytes.TrimSuffix(body, []byte("\n")), []byte("\n"))
	for i := 0; i+1 < len(lines); i += 2 {
		a := s.create(index, lines[i], string(lines[i+1]))
		if a.status >= 300 {
			failed = true
			items = append(items, fmt.Sprintf(`{"create":{"status":%d,"error":{"type":%q,"reason":%q}}}`, a.status, a.kind, a.reason))
			continue
		}
		items = append(items, fmt.Sprintf(`{"create":{"status":%d}}`, a.status))
	}
	say(w, fmt.Sprintf(`{"errors":%v,"items":[%s]}`, failed, strings.Join(items, ",")))
}

// create carries out one action; index is that of the request's path.
func (s *script) create(index string, action []byte, doc string) answer {
	var a struct {
		Create struct {
			Index string `json:"_index"`
			ID    string `json:"_id"`
		} `json:"create"`
	}
	if err := json.Unmarshal(action, &a); err != nil || a.Create.ID == "" {
		s.t.Errorf("action line %q: %v", action, err)
		return answer{400, "illegal_argument_exception", "malformed action"}
	}
	if (index == "") == (a.Create.Index == "") {
		s.t.Errorf("path names index %q, action line %q", index, a.Create.Index)
	}
	index += a.Create.Index
	docs, there := s.indices[index]
	if !there {
		return answer{404, "index_not_found_exception", "no such index [" + index + "]"}
	}
	if _, there := docs[a.Create.ID]; there {
		return answer{409, "version_conflict_engine_exception", "document already exists"}
	}
	if s.document != nil {
		if got := s.document(index, a.Create.ID, doc); got.status != 0 {
			return got
		}
	}
	docs[a.Create.ID] = doc
	return answer{status: 201}
}

func fail(w http.ResponseWriter, status int, kind, reason string) {
	w.WriteHeader(status)
	say(w, fmt.Sprintf(`{"error":{"type":%q,"reason":%q},"status":%d}`, kind, reason, status))
}

// plain reads a body that may be compressed.
func plain(t *testing.T, r *http.Request) []byte {
	t.Helper()
	var from io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Error(err)
			return nil
		}
		from = z
	}
	b, err := io.ReadAll(from)
	if err != nil {
		t.Logf("read request: %v", err) // the client may have gone
	}
	return b
}

// say writes an answer; a client that has gone does not mind.
func say(w io.Writer, text string) { _, _ = io.WriteString(w, text) }
