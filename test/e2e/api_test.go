package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/await"
)

// api speaks to the admin of one Millrace.
type api struct {
	t    *testing.T
	base string
}

// do sends a request and returns status and body.
func (a api) do(method, path, body string) (int, []byte) {
	a.t.Helper()
	req, err := http.NewRequest(method, a.base+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return resp.StatusCode, text
}

// get reads JSON into v; v is unchanged when the answer is not 200.
func (a api) get(path string, v any) int {
	a.t.Helper()
	status, body := a.do(http.MethodGet, path, "")
	if status == http.StatusOK {
		if err := json.Unmarshal(body, v); err != nil {
			a.t.Fatalf("GET %s: %v\n%s", path, err, body)
		}
	}
	return status
}

// put writes a collection and expects the status.
func (a api) put(name, config string, want int) []byte {
	a.t.Helper()
	status, body := a.do(http.MethodPut, "/api/v1/collections/"+name, config)
	if status != want {
		a.t.Fatalf("PUT %s: %d, want %d\n%s", name, status, want, body)
	}
	return body
}

// page is an answer of GET /search.
type page struct {
	Total         int    `json:"total"`
	TotalRelation string `json:"total_relation"`
	Hits          []hit  `json:"hits"`
	Next          string `json:"next"`
}

type hit struct {
	ID    string         `json:"id"`
	Index string         `json:"index"`
	Event map[string]any `json:"event"`
}

// field reads a nested field by its dotted path.
func (h hit) field(path string) any {
	var v any = h.Event
	for name := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

func (a api) search(params url.Values) page {
	a.t.Helper()
	var p page
	if status := a.get("/api/v1/search?"+params.Encode(), &p); status != http.StatusOK {
		return page{Total: -status}
	}
	return p
}

// waitTotal waits until an app has at least want events, and fails when it
// does not get there; more than want fails at once.
func (a api) waitTotal(app string, want int, within time.Duration) page {
	a.t.Helper()
	defer a.tellWhere()
	var p page
	eventually(a.t, within, func() error {
		p = a.search(url.Values{"app": {app}, "size": {"5"}})
		if p.Total > want {
			a.t.Fatalf("%s has %d events, more than the %d lines written", app, p.Total, want)
		}
		if p.Total != want || p.TotalRelation != "eq" {
			return fmt.Errorf("%s has %d events (%s), want %d", app, p.Total, p.TotalRelation, want)
		}
		return nil
	})
	return p
}

// tellWhere logs where events are that did not arrive, when the test has failed.
func (a api) tellWhere() {
	if !a.t.Failed() {
		return
	}
	for _, path := range []string{"/api/v1/pipeline", "/api/v1/agents"} {
		var answer json.RawMessage
		status := a.get(path, &answer)
		a.t.Logf("%s: %d %s", path, status, answer)
	}
}

// all reads every event of an app, page by page.
func (a api) all(app string) []hit {
	a.t.Helper()
	var hits []hit
	params := url.Values{"app": {app}, "size": {"1000"}}
	for {
		p := a.search(params)
		hits = append(hits, p.Hits...)
		if p.Next == "" || len(p.Hits) == 0 {
			return hits
		}
		params.Set("cursor", p.Next)
	}
}

// eventually tries until there is no error or the time is over.
func eventually(t *testing.T, within time.Duration, try func() error) {
	t.Helper()
	await.NoError(t, within, try)
}

// mustContain fails unless the body holds each of the texts.
func mustContain(t *testing.T, body []byte, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !bytes.Contains(body, []byte(text)) {
			t.Errorf("the answer does not name %q:\n%s", text, body)
		}
	}
}
