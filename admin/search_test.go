package admin_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// noon is when the events of these tests begin.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const perApp = 1200

// load indexes events of two apps: each second 20 of them, all with the same time
// and by fours the same offset, as when four files are rotated at once.
func (w *world) load() {
	w.t.Helper()
	var b strings.Builder
	for _, app := range []string{"shop", "web-ui"} {
		for i := range perApp {
			at := noon.Add(time.Duration(i/20) * time.Second)
			level := "info"
			if i%100 == 0 {
				level = "error"
			}
			fmt.Fprintf(&b, `{"create":{"_index":"logs-%s-prod-2026.11.22","_id":"%s"}}`+"\n", strings.ReplaceAll(app, "-", "_"), fmt.Sprintf("%032d", i)+app)
			fmt.Fprintf(&b, `{"@timestamp":%q,"message":"request %d of %s","service":{"name":%q},"host":{"name":"web-%d"},"log":{"level":%q,"offset":%d,"file":{"path":"/x"}},"http":{"response":{"status_code":%d}}}`+"\n",
				at.Format(time.RFC3339Nano), i, app, app, i%3+1, level, 100*(i%20/4), 200+i%2)
		}
	}
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.cfg.Elastic.Addresses[0]+"/_bulk?refresh=true", strings.NewReader(b.String()))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	req.Header.Set("Authorization", "ApiKey "+string(w.cfg.Elastic.APIKey))
	resp, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		w.t.Fatalf("bulk: %s", resp.Status)
	}
}

// result is an answer to GET /search.
type result struct {
	Total         int
	TotalRelation string `json:"total_relation"`
	TookMS        *int   `json:"took_ms"`
	Hits          []struct {
		ID, Index string
		Event     struct {
			Message string
			Service struct{ Name string }
			At      time.Time `json:"@timestamp"`
		}
	}
	Histogram []struct {
		At    time.Time
		Count int
	}
	Facets map[string][]struct {
		Value string
		Count int
	}
	Next string
}

func (w *world) search(params ...string) result {
	w.t.Helper()
	var r result
	w.into(w.want(w.do("GET", "/api/v1/search?"+query(params...), ""), 200), &r)
	if r.TookMS == nil || r.Hits == nil || r.Histogram == nil || r.Facets == nil {
		w.t.Errorf("parts are missing: %+v", r)
	}
	return r
}

func query(params ...string) string {
	v := url.Values{}
	for i := 0; i < len(params); i += 2 {
		v.Set(params[i], params[i+1])
	}
	return v.Encode()
}

func TestSearch(t *testing.T) {
	w := start(t, nil)
	w.ready()
	if r := w.search(); r.Total != 0 || r.TotalRelation != "eq" || r.Next != "" {
		t.Errorf("an empty store answers %+v", r)
	}
	w.load()
	t.Run("nothing asked for finds everything, newest first", func(t *testing.T) {
		r := w.search()
		if r.Total != 2*perApp || r.TotalRelation != "eq" || len(r.Hits) != 50 || r.Next == "" || len(r.Histogram) != 0 {
			t.Errorf("got total %d %s, %d hits, next %q, %d buckets", r.Total, r.TotalRelation, len(r.Hits), r.Next, len(r.Histogram))
		}
		if at := r.Hits[0].Event.At; !at.Equal(noon.Add(59 * time.Second)) {
			t.Errorf("the first hit is of %v", at)
		}
		if f := r.Facets["app"]; len(f) != 2 || f[0].Count != perApp || len(r.Facets["host"]) != 3 || len(r.Facets["level"]) != 2 {
			t.Errorf("facets are %+v", r.Facets)
		}
	})
	t.Run("filters are exact", func(t *testing.T) {
		for _, c := range []struct {
			total  int
			params []string
		}{
			{perApp, []string{"app", "shop"}},
			{perApp, []string{"app", "web-ui"}},
			{0, []string{"app", "web"}},
			{0, []string{"app", "Not*An(App"}},
			{2 * perApp / 3, []string{"host", "web-1"}},
			{24, []string{"level", "error"}},
			{12, []string{"level", "error", "app", "shop"}},
			{40, []string{"from", "2026-11-22T12:00:59Z"}},
			{40, []string{"to", "2026-11-22T12:00:01Z"}},
			{40, []string{"from", fmt.Sprint(noon.UnixMilli()), "to", fmt.Sprint(noon.UnixMilli() + 1000)}},
			{perApp, []string{"q", "http.response.status_code:201"}},
			{2, []string{"q", `"request 77"`}},
			{1, []string{"q", `"request 77"`, "app", "shop"}},
		} {
			if r := w.search(c.params...); r.Total != c.total {
				t.Errorf("%v finds %d, want %d", c.params, r.Total, c.total)
			}
		}
	})
	t.Run("pages show every event once", func(t *testing.T) {
		for _, size := range []string{"7", "50", "1000"} {
			seen := map[string]bool{}
			params := []string{"app", "shop", "size", size}
			for r := w.search(params...); ; r = w.search(append(params, "cursor", r.Next)...) {
				for _, h := range r.Hits {
					if seen[h.ID] || h.Event.Service.Name != "shop" {
						t.Fatalf("size %s: %s is shown twice", size, h.ID)
					}
					seen[h.ID] = true
				}
				if r.Total != perApp {
					t.Fatalf("the total is %d on a later page", r.Total)
				}
				if r.Next == "" {
					break
				}
			}
			if len(seen) != perApp {
				t.Errorf("size %s: %d of %d events are shown", size, len(seen), perApp)
			}
		}
	})
	t.Run("the histogram has no gaps and adds up", func(t *testing.T) {
		r := w.search("from", "2026-11-22T11:00:00Z", "to", "2026-11-22T13:00:00Z")
		sum := 0
		for i, b := range r.Histogram {
			sum += b.Count
			if i > 0 && b.At.Sub(r.Histogram[i-1].At) != 2*time.Minute {
				t.Fatalf("bucket %d begins at %v", i, b.At)
			}
		}
		if len(r.Histogram) != 60 || sum != 2*perApp {
			t.Errorf("%d buckets hold %d events", len(r.Histogram), sum)
		}
		if r := w.search("histogram", "10s"); len(r.Histogram) != 6 || r.Histogram[0].Count != 400 || !r.Histogram[0].At.Equal(noon) {
			t.Errorf("without bounds: %+v", r.Histogram)
		}
		if r := w.search("histogram", "0", "from", "now-1d"); len(r.Histogram) != 0 {
			t.Errorf("unwanted buckets: %+v", r.Histogram)
		}
	})
	t.Run("a histogram may stretch over all times", func(t *testing.T) {
		for _, params := range [][]string{{"from", "0", "histogram", "1"}, {"from", "1700-01-01"}, {"from", "0", "to", "9999-12-31"}, {"from", "0", "histogram", "5000w"}} {
			sum := 0
			for _, b := range w.search(params...).Histogram {
				sum += b.Count
			}
			if sum != 2*perApp {
				t.Errorf("with %v it holds %d events, want %d", params, sum, 2*perApp)
			}
		}
	})
	t.Run("what cannot be understood is named", func(t *testing.T) {
		other := w.search("app", "shop").Next
		for _, c := range []struct{ place, params string }{
			{"query.q", query("q", "a AND (b")},
			{"query.from", query("from", "yesterday")},
			{"query.from", query("from", "9999-12-31T23:59:59-23:59")},
			{"query.from", query("from", "0000-01-01T00:00:00+23:59")},
			{"query.to", query("from", "now", "to", "now-1h")},
			{"query.size", query("size", "1001")},
			{"query.size", query("size", "0")},
			{"query.size", query("size", "many")},
			{"query.histogram", query("histogram", "-1")},
			{"query.histogram", query("histogram", "1s", "from", "now-7d")},
			{"query.cursor", query("cursor", other)},
			{"query.cursor", query("cursor", "nonsense")},
			{"query.hots", query("hots", "web-1")},
		} {
			got := w.problems(w.want(w.do("GET", "/api/v1/search?"+c.params, ""), 422))
			if got[c.place] == "" || len(got) != 1 {
				t.Errorf("%s names %v, want %s", c.params, got, c.place)
			}
		}
		if got := w.problems(w.do("GET", "/api/v1/search?"+query("q", "a AND )"), "")); !strings.HasPrefix(got["query.q"], "column 7: ") {
			t.Errorf("the column is missing: %v", got)
		}
	})
}

func TestSearchSaysWhenTheStoreIsAway(t *testing.T) {
	w := start(t, nil)
	w.ready()
	if err := w.servers.Close(); err != nil {
		t.Fatal(err)
	}
	a := w.want(w.do("GET", "/api/v1/search", ""), 503)
	if w.problems(a); !strings.Contains(string(a.body), "the search store is unavailable") {
		t.Errorf("it says %s", a.body)
	}
	w.want(w.do("PUT", path, shop), 503)
	w.want(w.do("GET", path, ""), 503)
	w.want(w.do("GET", "/api/v1/agents", ""), 200) // what was known is still shown
	w.eventually("/readyz", func() string {
		if report := w.health.Check(t.Context()); report.Ready || report.Checks["search"] == "ok" || report.Checks["etcd"] == "ok" || report.Checks["kafka"] == "ok" {
			return fmt.Sprint(report)
		}
		return ""
	})
	w.want(w.do("GET", "/healthz", ""), 200)
}
