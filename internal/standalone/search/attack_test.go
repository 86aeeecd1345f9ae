package search

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Readers of every kind go on while retention deletes the indices that they read: none sees an error, what is written
// meanwhile stays, and the deleted days give their files and descriptors back.
func TestRetentionUnderReaders(t *testing.T) {
	r := newRig(t, Options{})
	rounds := 12 / min(slowdown, 2)
	day := func(n int) time.Time { return noon.AddDate(0, 0, n%3) } // days die and come back
	name := func(n int) string { return fmt.Sprintf("logs-old-%d", n) }
	fill := func(n int) {
		entries := make([]entry, 300)
		for i := range entries {
			entries[i] = entry{name(n), fmt.Sprintf("%d-%d", n, i), event(day(n).Add(time.Duration(i)*time.Second), "old", fmt.Sprintf("line %d", i))}
		}
		r.load(entries)
	}
	fill(0)
	r.load([]entry{{"logs-kept", "first", event(noon.AddDate(0, 0, 5), "kept", "stays")}})

	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for _, read := range []struct{ method, path, body string }{
		{"POST", "/logs-*/_search", `{"size":100,"track_total_hits":true,"query":{"match":{"message":"line"}},"sort":[{"@timestamp":"desc"},{"log.offset":"desc"}]}`},
		{"POST", "/logs-*/_search", `{"size":50,"aggs":{"h":{"date_histogram":{"field":"@timestamp","fixed_interval":"1m"}},"a":{"terms":{"field":"service.name"}}}}`},
		{"POST", "/logs-*/_search", `{"size":10,"query":{"wildcard":{"message":"*ine"}}}`}, // which reads documents
		{"POST", "/logs-old-*/_count?allow_no_indices=true", `{}`},
		{"POST", "/logs-*/_field_caps?fields=*", ``},
		{"GET", "/_cat/indices?format=json", ``},
		{"GET", "/logs-*/_mapping", ``},
	} {
		readers.Go(func() { r.readUntil(ctx, read.method, read.path, read.body) })
	}
	readers.Go(func() { r.pageUntil(ctx) })

	for n := 1; n <= rounds; n++ {
		fill(n) // may be of the day that dies
		if status, body := r.call("DELETE", "/"+name(n-1), ""); status != http.StatusOK {
			t.Errorf("deletion %d: %d %s", n, status, body)
		}
		if got := r.total(name(n), obj{"match_all": obj{}}); got != 300 {
			t.Errorf("%d of the 300 newer documents are left after deletion %d", got, n)
		}
	}
	stop()
	readers.Wait()
	if status, body := r.call("DELETE", "/"+name(rounds), ""); status != http.StatusOK {
		t.Error(status, body)
	}
	if got := r.total("logs-*", obj{"match_all": obj{}}); got != 1 {
		t.Errorf("%d documents are left", got)
	}
	for _, file := range openFiles(t, r.dir) {
		if strings.Contains(file, "deleted") || !strings.Contains(file, "2026-11-27") {
			t.Errorf("%s is still open", file)
		}
	}
}

// readUntil asks again and again, and expects success.
func (r *rig) readUntil(ctx context.Context, method, path, body string) {
	for ctx.Err() == nil {
		if status, answer := r.call(method, path, body); status != http.StatusOK {
			r.t.Errorf("%s is answered with %d %s", path, status, answer)
			return
		}
	}
}

// pageUntil walks through all events page by page, as a download does: none comes twice.
func (r *rig) pageUntil(ctx context.Context) {
	for ctx.Err() == nil {
		seen := map[string]bool{}
		body := obj{"size": 40, "sort": []obj{{"@timestamp": "desc"}, {"_id": "desc"}}}
		for {
			res := r.search("logs-*", body)
			if res.Status != http.StatusOK || res.Shards.Failed > 0 {
				r.t.Errorf("a page is answered with %d %s %+v", res.Status, res.Error, res.Shards)
				return
			}
			if len(res.Hits.Hits) == 0 {
				break
			}
			for _, h := range res.Hits.Hits {
				if seen[h.Index+h.ID] {
					r.t.Errorf("%s comes twice", h.ID)
					return
				}
				seen[h.Index+h.ID] = true
			}
			body["search_after"] = res.Hits.Hits[len(res.Hits.Hits)-1].Sort
		}
	}
}
