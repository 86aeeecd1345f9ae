package search

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/standalone/search/volume"
)

func TestDeliveringAgainAfterARestartIsAllDuplicates(t *testing.T) {
	r := newRig(t, Options{})
	var entries []entry
	for i := range 300 {
		entries = append(entries, entry{"logs-a", eventID(i), event(noon.Add(time.Duration(i)*20*time.Minute), "shop", "again and again")})
	}
	r.load(entries)
	r.reopen()
	for i, s := range r.bulk("create", entries) {
		if s != 409 {
			t.Fatalf("document %d: %d", i, s)
		}
	}
	if n := r.total("logs-a", obj{"match": obj{"message": "again"}}); n != 300 {
		t.Fatalf("%d documents", n)
	}
}

func TestMoreStreamsThanAVolumeHolds(t *testing.T) {
	r := newRig(t, Options{limits: volume.Limits{Streams: 10}})
	var entries []entry
	for i := range 95 {
		entries = append(entries, entry{"logs-a", eventID(i), event(noon.Add(time.Duration(i)*time.Second), fmt.Sprintf("app-%d", i), "word")})
	}
	r.load(entries[:50])
	r.reopen()
	r.load(entries[50:])
	if days := r.store.between(noon.UnixMilli(), noon.UnixMilli()+1, false); len(days) != 1 || len(days[0].files) != 10 {
		t.Fatalf("the day has %d volumes", len(days[0].files))
	}
	for i, s := range r.bulk("create", entries) {
		if s != 409 {
			t.Fatalf("document %d: %d", i, s)
		}
	}
	res := r.found("logs-a", obj{"size": 100, "track_total_hits": true, "query": obj{"match": obj{"message": "word"}}, "sort": []obj{{"@timestamp": "asc"}}})
	if res.Hits.Total.Value != 95 || len(res.Hits.Hits) != 95 {
		t.Fatalf("found %d, %d hits", res.Hits.Total.Value, len(res.Hits.Hits))
	}
	for i, h := range res.Hits.Hits {
		if h.ID != eventID(i) {
			t.Fatalf("hit %d is %s", i, h.ID)
		}
	}
}

func TestManyDocumentsOfOneStreamInOneSecond(t *testing.T) {
	r := newRig(t, Options{})
	const n = 2500 // above the 1,024 of one stream number
	var entries []entry
	for i := range n {
		entries = append(entries, entry{"logs-a", eventID(i), event(noon.Add(time.Duration(i%1000)*time.Millisecond), "shop", "busy second")})
	}
	r.load(entries[:1200])
	r.reopen() // the sequence goes on from what the file has
	r.load(entries[1200:])
	res := r.found("logs-a", obj{
		"size": 10, "track_total_hits": true, "query": obj{"term": obj{"service.name": "shop"}},
		"aggs": obj{"a": obj{"terms": obj{"field": "service.name"}}, "h": obj{"date_histogram": obj{"field": "@timestamp", "fixed_interval": "1m"}}},
	})
	if res.Hits.Total.Value != n || res.Aggregations["a"].Buckets[0].DocCount != n || res.Aggregations["h"].Buckets[0].DocCount != n {
		t.Fatalf("got %+v %+v", res.Hits.Total, res.Aggregations)
	}
}

func TestTotalsAreCappedAndSaySo(t *testing.T) {
	r := newRig(t, Options{})
	var entries []entry
	for i := range 30 {
		entries = append(entries, entry{"logs-a", eventID(i), event(noon.Add(time.Duration(i)*3*time.Hour), "shop", "word")})
	}
	r.load(entries)
	for name, q := range map[string]obj{"text": {"match": obj{"message": "word"}}, "all": {"match_all": obj{}}, "a scan": {"wildcard": obj{"message": "*rd"}}} {
		for limit, want := range map[any]string{10: "10 gte", 30: "30 eq", 31: "30 eq", true: "30 eq"} {
			res := r.found("logs-a", obj{"size": 1, "track_total_hits": limit, "query": q})
			if got := fmt.Sprint(res.Hits.Total.Value, " ", res.Hits.Total.Relation); got != want {
				t.Errorf("%s, limit %v: %s, want %s", name, limit, got, want)
			}
		}
		if res := r.found("logs-a", obj{"track_total_hits": false, "query": q}); res.Hits.Total != nil {
			t.Errorf("%s: a total that nobody asked for", name)
		}
	}
}

func TestASearchThatWouldReadTooMuchIsRefused(t *testing.T) {
	r := newRig(t, Options{MaxScan: 20})
	var entries []entry
	for i := range 30 {
		entries = append(entries, entry{"logs-a", eventID(i), event(noon.Add(time.Duration(i)*time.Second), "shop", "word")})
	}
	r.load(entries)
	q := obj{"wildcard": obj{"message": "*rd"}}
	if res := r.search("logs-a", obj{"query": q, "track_total_hits": true}); res.Status != 400 {
		t.Fatalf("status %d", res.Status)
	}
	if n := r.total("logs-a", obj{"bool": obj{"filter": []obj{q, {"range": obj{"@timestamp": obj{"gte": noon.Add(15 * time.Second)}}}}}}); n != 15 {
		t.Fatalf("a narrower search finds %d", n)
	}
}

// A day's files go with the last of the indices that have documents in them, and not before.
func TestTheFilesOfADayGoWithItsLastIndex(t *testing.T) {
	r := newRig(t, Options{limits: volume.Limits{Streams: 10}})
	day := func(n int) time.Time { return noon.AddDate(0, 0, -n) }
	left := func(at time.Time) (n int) {
		t.Helper()
		for number := range 4 {
			_, err := os.Stat(filepath.Join(r.dir, volume.Name(volume.DayOf(at.UnixMilli()), number)))
			if err == nil {
				n++
			} else if !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
		return n
	}
	var entries []entry
	for i := range 25 { // more streams than two volumes hold
		entries = append(entries, entry{"logs-a-today", eventID(i), event(noon, fmt.Sprintf("app-%d", i), "word")})
	}
	entries = append(entries,
		entry{"logs-a-yesterday", eventID(1), event(day(1), "shop", "word")},
		entry{"logs-month", eventID(1), event(day(1), "shop", "word")},
		entry{"logs-month", eventID(2), event(noon, "shop", "word")},
		entry{"logs-a-yesterday", eventID(3), event(day(20_000), "shop", "a wild time")},
	)
	r.load(entries)
	for _, step := range []struct {
		remove                string
		today, yesterday, old int
	}{{"", 3, 1, 1}, {"logs-a-yesterday", 3, 1, 0}, {"logs-month", 3, 0, 0}, {"logs-a-today", 0, 0, 0}} {
		if step.remove != "" {
			if status, body := r.call("DELETE", "/"+step.remove, ""); status != 200 {
				t.Fatal(status, body)
			}
			r.reopen()
		}
		if a, b, c := left(noon), left(day(1)), left(day(20_000)); a != step.today || b != step.yesterday || c != step.old {
			t.Errorf("after %q: %d files of today, %d of yesterday, %d of long ago; want %+v", step.remove, a, b, c, step)
		}
	}
	if info, err := os.Stat(r.dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("the folder is open to others: %v %v", info.Mode(), err)
	}
}

func TestWildTimesDoNotKeepOutToday(t *testing.T) {
	r := newRig(t, Options{MaxDays: 3, Now: func() time.Time { return noon }})
	var entries []entry
	for i := range 6 {
		entries = append(entries, entry{"logs-a", eventID(i), event(noon.AddDate(-i-1, 0, 0), "shop", "word")})
	}
	got := r.bulk("create", entries)
	slices.Sort(got) // which days are first is not said
	if want := []int{201, 201, 201, 400, 400, 400}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	r.load([]entry{{"logs-a", eventID(10), event(noon, "shop", "word")}, {"logs-a", eventID(11), event(noon.AddDate(0, 0, 1), "shop", "word")}})
}

func TestReadersSeeWholeCommitsWhileOthersWrite(t *testing.T) {
	r := newRig(t, Options{})
	r.load([]entry{{"logs-a", "first", event(noon, "shop", "word")}})
	var writers sync.WaitGroup
	done := make(chan struct{})
	for w := range 3 {
		writers.Add(1)
		go func() {
			defer writers.Done()
			for b := range 10 {
				var batch []action
				for i := range 20 {
					id := eventID(w*1000 + b*20 + i)
					batch = append(batch, action{kind: "create", index: "logs-a", id: id, source: event(noon.Add(time.Duration(i)*time.Minute), fmt.Sprintf("app-%d", b), "word")})
				}
				if _, err := r.store.ingest(t.Context(), batch); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	go func() { writers.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		res := r.found("logs-a", obj{
			"size": 0, "track_total_hits": true, "query": obj{"match": obj{"message": "word"}},
			"aggs": obj{"a": obj{"terms": obj{"field": "service.name", "size": 100}}, "h": obj{"date_histogram": obj{"field": "@timestamp", "fixed_interval": "1m"}}},
		})
		var apps, hist int64
		for _, b := range res.Aggregations["a"].Buckets {
			apps += b.DocCount
		}
		for _, b := range res.Aggregations["h"].Buckets {
			hist += b.DocCount
		}
		if total := res.Hits.Total.Value; apps != total || hist != total || (total-1)%20 != 0 {
			t.Fatalf("total %d, facets %d, histogram %d", total, apps, hist)
		}
	}
	if n := r.total("logs-a", obj{"match_all": obj{}}); n != 601 {
		t.Fatalf("%d documents", n)
	}
}
