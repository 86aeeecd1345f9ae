package search

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/query"
)

// The search box and the live tail must mean the same: a query text as DSL in the store, and matched in memory.
func TestTheStoreAndTheLiveTailAgree(t *testing.T) {
	g := &generator{Rand: seed(t), start: noon, span: time.Hour}
	r := newRig(t, Options{})
	docs := g.load(r, 200)
	for _, text := range []string{
		"timeout", `"connection refused"`, "connection -refused", "che*", "*eck", "db.internal OR größe", "TIMEOUT (failed OR checkout)",
		"log.level:error", "log.level:(error OR warn) -host.name:web-1", "service.name:shop*", "http.response.status_code:>=500",
		"http.response.status_code:[200 TO 404}", "_exists_:url.path", "NOT _exists_:log.level", "took:{1 TO 5]", "flag:true", "tags:a tags:b",
		"url.path:/a*", `url.path:\/a\?q\=*`, "@timestamp:>2026-11-22T12:30:00Z", "@timestamp:[2026-11-22T12:10 TO 2026-11-22T12:20:00Z}", "*",
		"http.response.status_code:500", "host.name:?eb-1", "NOT (timeout OR failed)", "many.k139:v", "-url.path:/a timeout",
	} {
		n, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		var want int64
		for _, d := range docs {
			if query.Match(n, flatDoc(t, d)) {
				want++
			}
		}
		if got := r.total("logs-*", query.ToDSL(n)); got != want {
			t.Errorf("%s: the store finds %d, the live tail %d", text, got, want)
		}
	}
}

// flatDoc shows a document's fields by dotted name.
func flatDoc(t *testing.T, d *modelDoc) func(string) (any, bool) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(d.source))
	dec.UseNumber()
	var o map[string]any
	if err := dec.Decode(&o); err != nil {
		t.Fatal(err)
	}
	flat := map[string]any{}
	var walk func(prefix string, o map[string]any)
	walk = func(prefix string, o map[string]any) {
		for k, v := range o {
			if inner, ok := v.(map[string]any); ok {
				walk(prefix+k+".", inner)
				continue
			}
			flat[prefix+k] = v
		}
	}
	walk("", o)
	return func(field string) (any, bool) { v, ok := flat[field]; return v, ok }
}
