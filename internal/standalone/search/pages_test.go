package search

import (
	"testing"
	"time"

	"github.com/millrace/millrace/internal/standalone/search/volume"
)

func TestPagesVisitEachDocumentOnce(t *testing.T) {
	for name, span := range map[string]time.Duration{"over two days": 4 * time.Hour, "in one second": time.Second, "in one millisecond": time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			g := &generator{Rand: seed(t), start: time.Date(2026, 11, 22, 22, 0, 0, 0, time.UTC), span: span}
			r := newRig(t, Options{limits: volume.Limits{Streams: 60, PerSecond: 3}})
			docs := g.load(r, 240/slowdown)
			for _, tie := range []string{"_id", "log.offset"} {
				for _, order := range []string{"asc", "desc"} {
					visitAll(t, r, docs, tie, order)
				}
			}
		})
	}
}

func visitAll(t *testing.T, r *rig, docs []*modelDoc, tie, order string) {
	t.Helper()
	seen := map[string]bool{}
	var after []any
	for pages := 0; ; pages++ {
		body := obj{"size": 7, "query": obj{"exists": obj{"field": "host.name"}}, "sort": []obj{{"@timestamp": order}, {tie: order}}}
		if after != nil {
			body["search_after"] = after
		}
		res := r.found("logs-*", body)
		if res.Hits.Total.Value != int64(len(docs)) {
			t.Fatalf("page %d: total %d", pages, res.Hits.Total.Value)
		}
		if len(res.Hits.Hits) == 0 {
			break
		}
		for _, h := range res.Hits.Hits {
			if seen[h.ID] {
				t.Fatalf("%s %s: %s comes twice", tie, order, h.ID)
			}
			seen[h.ID] = true
			after = h.Sort
		}
	}
	if len(seen) != len(docs) {
		t.Fatalf("%s %s: %d of %d documents", tie, order, len(seen), len(docs))
	}
}
