package indexer_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/millrace/millrace/schemas/index"
)

// noon is when the tests of retention begin.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// clock is a time that tests set.
type clock struct{ at atomic.Pointer[time.Time] }

func (c *clock) set(t time.Time) { c.at.Store(&t) }
func (c *clock) now() time.Time  { return *c.at.Load() }

// retentions are what the indices remember, in days.
func (r realStore) retentions() map[string]int {
	r.t.Helper()
	var found map[string]struct {
		Mappings struct {
			Meta struct {
				ManagedBy string `json:"managed_by"`
				Millrace  struct {
					Days int `json:"retention_days"`
				}
			} `json:"_meta"`
		}
	}
	r.do(esapi.IndicesGetMappingRequest{Index: []string{index.Pattern}}, &found)
	days := map[string]int{}
	for name, ix := range found {
		days[name] = ix.Mappings.Meta.Millrace.Days
		if ix.Mappings.Meta.ManagedBy != "millrace" {
			r.t.Errorf("index %s has lost what else its mapping remembers", name)
		}
	}
	return days
}

func TestRetentionIsThatOfTheCollection(t *testing.T) {
	eachStore(t, func(r realStore) {
		t := r.t
		b := startBroker(t, 2, "brief", "long")
		var c clock
		c.set(noon)
		m := startAt(t, c.now, b, r.address)
		late := events{app: "brief", count: 4, day: noon.AddDate(0, 0, -3), keep: 1}
		brief := events{app: "brief", first: 10, count: 3, day: noon, keep: 1}
		long := events{app: "long", first: 20, count: 5, day: noon.AddDate(0, 0, -3), keep: 30}
		b.put(late, brief, long)
		until(t, "all commits", func() bool { return b.waiting("brief", "long") == 0 })
		until(t, "the documents that are young enough", func() bool { return r.found() == 8 })
		m.stop()
		m.balanced()
		if dropped, created := m.sum("dropped_total", "expired"), m.sum("out_total", "created"); dropped != 4 || created != 8 {
			t.Errorf("dropped %v, created %v; want 4 and 8", dropped, created)
		}
		if got, want := r.retentions(), map[string]int{brief.name(): 1, long.name(): 30}; !maps.Equal(got, want) {
			t.Errorf("the indices remember %v, want %v", got, want)
		}

		const byHand = "logs-hand-prod-2026.11.15" // says nothing: 7 days
		r.do(esapi.IndicesCreateRequest{Index: byHand}, nil)
		for _, step := range []struct {
			at   time.Time
			left []string
		}{
			{time.Date(2026, 11, 23, 23, 59, 0, 0, time.UTC), []string{brief.name(), long.name()}},
			{time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), []string{long.name()}},
			{time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC), nil},
		} {
			c.set(step.at)
			again := startAt(t, c.now, b, r.address) // looks at once
			until(t, "an index to be deleted", func() bool { return again.sum("indices_deleted_total") == 1 })
			again.stop()
			if got := r.indices(); !slices.Equal(got, step.left) {
				t.Errorf("at %v: indices %v, want %v", step.at, got, step.left)
			}
		}
	})
}

func TestTheLongestRetentionOfAnIndexWins(t *testing.T) {
	eachStore(t, func(r realStore) {
		t := r.t
		b := startBroker(t, 1, "shop")
		var c clock
		c.set(noon)
		e := events{app: "shop", count: 2, day: noon}
		load := func(keep uint32) {
			t.Helper()
			e.first, e.keep = e.first+10, keep
			b.put(e)
			until(t, "the documents", func() bool { return r.found() == e.first/5 })
		}
		m := startAt(t, c.now, b, r.address)
		load(3)
		load(9)
		load(1)
		if got := r.retentions()[e.name()]; got != 9 {
			t.Errorf("the index remembers %d days, want 9", got)
		}
		m.stop()
		m = startAt(t, c.now, b, r.address) // knows nothing of it
		load(5)
		if got := r.retentions()[e.name()]; got != 9 {
			t.Errorf("after a restart the index remembers %d days, want 9", got)
		}
		load(11)
		if got := r.retentions()[e.name()]; got != 11 {
			t.Errorf("the index remembers %d days, want 11", got)
		}
		m.stop()
		m.balanced()
		if got := r.indices(); len(got) != 1 {
			t.Errorf("indices %v, want one", got)
		}
	})
}

// TestRetentionCostsNothingPerBatch counts the requests besides bulk requests.
func TestRetentionCostsNothingPerBatch(t *testing.T) {
	b := startBroker(t, 1, "shop")
	s := startScript(t)
	m := start(t, b, s.server.URL)
	name := events{app: "shop", day: time.Now()}.name()
	first := 0
	for _, keep := range []uint32{7, 7, 3, 30, 30, 7, 30} {
		for range 5 {
			first += 10
			b.put(events{app: "shop", first: first, count: 2, keep: keep})
			until(t, "the documents", func() bool { return s.count() == first/5 })
		}
	}
	m.stop()
	m.balanced()
	for call, want := range map[string]int{"PUT " + name: 1, "GET " + name + "/_mapping": 1, "PUT " + name + "/_mapping": 1} {
		if got := s.called(call); got != want {
			t.Errorf("%s was called %d times, want %d", call, got, want)
		}
	}
	s.set(func(s *script) {
		if got := string(s.meta[name]); !strings.Contains(got, `"retention_days":30`) {
			t.Errorf("the index remembers %s, want 30 days", got)
		}
	})
}

// TestAnIndexDeletedBehindUsIsMadeAgainWithItsRetention deletes an index that the
// indexer knows, and lets it raise what is not there.
func TestAnIndexDeletedBehindUsIsMadeAgainWithItsRetention(t *testing.T) {
	b := startBroker(t, 1, "shop")
	s := startScript(t)
	m := start(t, b, s.server.URL)
	e := events{app: "shop", count: 2, day: time.Now(), keep: 3}
	b.put(e)
	until(t, "the documents", func() bool { return s.count() == 2 })
	s.set(func(s *script) { clear(s.indices); clear(s.meta) })
	e.first, e.keep = 10, 9
	b.put(e)
	until(t, "the documents after", func() bool { return s.count() == 2 })
	m.stop()
	m.balanced()
	s.set(func(s *script) {
		if got := string(s.meta[e.name()]); !strings.Contains(got, `"retention_days":9`) {
			t.Errorf("the index remembers %s, want 9 days", got)
		}
	})
	if n := s.called(http.MethodPut + " " + e.name()); n != 2 {
		t.Errorf("the index was made %d times, want 2", n)
	}
}
