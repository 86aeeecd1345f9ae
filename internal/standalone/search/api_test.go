package search

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := childDir(); dir != "" {
		ingestForever(dir)
	}
	goleak.VerifyTestMain(m,
		goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"),
		goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"))
}

func TestADocumentIsFoundAsItWasGiven(t *testing.T) {
	r := newRig(t, Options{})
	source := `{"@timestamp":"2026-11-22T12:00:00.123Z", "message":"Payment of 5 € <failed>: \"timeout\"","service.name":"shop","host":{"name":"web-1"},"log":{"level":"ERROR","offset":17},"http":{"response":{"status_code":5e2}},"empty":{},"n":null}`
	r.load([]entry{{"logs-shop-prod-2026.11.22", eventID(1), source}})
	res := r.found("logs-*", obj{"query": obj{"match": obj{"message": obj{"query": "timeout payment", "operator": "and"}}}})
	if len(res.Hits.Hits) != 1 || string(res.Hits.Hits[0].Source) != source {
		t.Fatalf("got %+v", res.Hits)
	}
	if h := res.Hits.Hits[0]; h.ID != eventID(1) || h.Index != "logs-shop-prod-2026.11.22" {
		t.Fatalf("got %s in %s", h.ID, h.Index)
	}
	for name, q := range map[string]obj{
		"a number by its value":     {"term": obj{"http.response.status_code": 500}},
		"a number as text":          {"term": obj{"http.response.status_code": "500"}},
		"a number range":            {"range": obj{"http.response.status_code": obj{"gte": 500, "lt": 600}}},
		"a level in its own case":   {"term": obj{"log.level": "ERROR"}},
		"a phrase":                  {"match_phrase": obj{"message": "failed timeout"}},
		"an existing object":        {"exists": obj{"field": "http"}},
		"a date to the millisecond": {"range": obj{"@timestamp": obj{"gte": "2026-11-22T12:00:00.123Z", "lte": "2026-11-22T12:00:00.123Z"}}},
		"a whole day":               {"range": obj{"@timestamp": obj{"gte": "2026-11-22", "lte": "2026-11-22"}}},
		"an _index":                 {"term": obj{"_index": "logs-shop-prod-2026.11.22"}},
	} {
		if n := r.total("logs-*", q); n != 1 {
			t.Errorf("%s: found %d times", name, n)
		}
	}
	if n := r.total("logs-*", obj{"exists": obj{"field": "n"}}); n != 0 {
		t.Errorf("null counts as a value")
	}
	if status, body := r.call("GET", "/logs-shop-prod-2026.11.22/_doc/"+eventID(1), ""); status != 200 || !strings.Contains(body, source) {
		t.Errorf("_doc: %d %s", status, body)
	}
	if status, _ := r.call("GET", "/logs-shop-prod-2026.11.22/_doc/none", ""); status != 404 {
		t.Errorf("_doc of a missing document: %d", status)
	}
}

func TestBulkAnswersEachItem(t *testing.T) {
	r := newRig(t, Options{})
	if status, body := r.call("PUT", "/_index_template/closed", `{"index_patterns":["closed-*"],"priority":500,"allow_auto_create":false,"template":{}}`); status != 200 {
		t.Fatal(status, body)
	}
	good := event(noon, "shop", "hello")
	got := r.bulk("create", []entry{
		{"logs-a", "1", good},
		{"logs-a", "1", good},
		{"logs-b", "1", good},
		{"logs-a", "2", `{"@timestamp":"2026-11-22T12:00:00Z","message":`},
		{"logs-a", "3", `{"message":"no time"}`},
		{"logs-a", "4", `{"@timestamp":"yesterday"}`},
		{"closed-a", "5", good},
		{"Wrong", "6", good},
		{"logs-a", strings.Repeat("x", 513), good},
		{"logs-a", "7", `[1]`},
		{"logs-a", "8", `{"@timestamp":1795348800000}`},
		{"logs-a", "9", good + " trailing"},
	})
	want := []int{201, 409, 201, 400, 400, 400, 404, 400, 400, 400, 201, 400}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("item %d: %d, want %d", i, got[i], want[i])
		}
	}
	if n := r.total("_all", obj{"match_all": obj{}}); n != 3 {
		t.Errorf("%d documents, want 3", n)
	}
}

func TestBrokenBulkBodiesAreRefusedWhole(t *testing.T) {
	r := newRig(t, Options{MaxBody: 4096})
	doc := event(noon, "a", "b")
	for name, body := range map[string]string{
		"nothing":                 "",
		"blank lines":             "\n\n",
		"no newline at the end":   `{"create":{"_index":"a"}}` + "\n" + doc,
		"an action alone":         `{"create":{"_index":"a"}}` + "\n",
		"an action that is cut":   `{"create":{"_ind` + "\n" + doc + "\n",
		"an unknown action":       `{"upsert":{"_index":"a"}}` + "\n" + doc + "\n",
		"an update":               `{"update":{"_index":"a","_id":"1"}}` + "\n" + doc + "\n",
		"a document as an action": doc + "\n" + doc + "\n",
		"an unknown parameter":    `{"create":{"_index":"a","routing":"x"}}` + "\n" + doc + "\n",
		"an array":                "[]\n[]\n",
	} {
		if status, answer := r.call("POST", "/_bulk", body); status != 400 || !strings.Contains(answer, `"root_cause"`) {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	if status, _ := r.call("POST", "/_bulk", strings.Repeat("x", 5000)); status != 413 {
		t.Errorf("a large body: %d", status)
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, r.server.URL+"/_bulk", strings.NewReader("\x1f\x8b\x08\x00rotten"))
	req.Header.Set("Content-Encoding", "gzip")
	req.Header.Set("Authorization", "ApiKey "+testKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("rotten gzip: %d", res.StatusCode)
	}
}

func TestTheActionIndexReplaces(t *testing.T) {
	r := newRig(t, Options{})
	if got := r.bulk("index", []entry{{"a", "1", event(noon, "x", "first")}, {"a", "1", event(noon.Add(48*time.Hour), "x", "second")}, {"a", "", event(noon, "x", "other")}}); got[0] != 201 || got[1] != 200 || got[2] != 201 {
		t.Fatalf("got %v", got)
	}
	for word, want := range map[string]int64{"first": 0, "second": 1, "other": 1} {
		if n := r.total("a", obj{"match": obj{"message": word}}); n != want {
			t.Errorf("%s: %d, want %d", word, n, want)
		}
	}
	if n := r.total("a", obj{"match_all": obj{}}); n != 2 {
		t.Errorf("%d documents by the rollup, want 2", n)
	}
}

func TestWithoutTheKeyNothingIsServed(t *testing.T) {
	r := newRig(t, Options{})
	for name, header := range map[string]string{"no header": "", "a wrong key": "ApiKey wrong", "another scheme": "Digest " + testKey} {
		for _, path := range []string{"/", "/_bulk", "/_search", "/x"} {
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, r.server.URL+path, nil)
			if header != "" {
				req.Header.Set("Authorization", header)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusUnauthorized || res.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s on %s: %d", name, path, res.StatusCode)
			}
		}
	}
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, r.server.URL+"/", nil)
	req.SetBasicAuth("anybody", testKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("basic authentication: %d", res.StatusCode)
	}
}

func TestIndicesLiveAndDie(t *testing.T) {
	r := newRig(t, Options{})
	if status, _ := r.answered(esapi.IndicesCreateRequest{Index: "logs-a"}.Do(t.Context(), r.client)); status != 200 {
		t.Fatal(status)
	}
	if status, body := r.call("PUT", "/logs-a", ""); status != 400 || !strings.Contains(body, "resource_already_exists_exception") {
		t.Fatal(status, body)
	}
	exists := func(name string) int {
		status, _ := r.answered(esapi.IndicesExistsRequest{Index: []string{name}}.Do(t.Context(), r.client))
		return status
	}
	if exists("logs-a") != 200 || exists("logs-b") != 404 {
		t.Fatal("HEAD is wrong")
	}
	r.load([]entry{{"logs-a", "1", event(noon, "a", "one")}, {"logs-b", "1", event(noon, "b", "one")}})
	if status, body := r.call("GET", "/_cat/indices?format=json", ""); status != 200 || !strings.Contains(body, `"docs.count":"1"`) {
		t.Fatal(status, body)
	}
	if status, body := r.call("DELETE", "/logs-a", ""); status != 200 {
		t.Fatal(status, body)
	}
	if n := r.total("logs-*", obj{"match": obj{"message": "one"}}); n != 1 {
		t.Fatalf("%d documents after the deletion", n)
	}
	r.reopen()
	if status, body := r.call("GET", "/logs-a/_search", ""); status != 404 || !strings.Contains(body, "index_not_found_exception") {
		t.Fatal(status, body)
	}
	// The same ids are new in a new index of the same name.
	r.load([]entry{{"logs-a", "1", event(noon, "a", "again")}})
	if n := r.total("logs-*", obj{"match_all": obj{}}); n != 2 {
		t.Fatalf("%d documents after it was made again", n)
	}
	if status, _ := r.call("DELETE", "/logs-a,logs-b", ""); status != 200 {
		t.Fatal(status)
	}
	if days := r.store.between(noon.UnixMilli(), noon.UnixMilli()+1, false); len(days) != 0 {
		t.Fatal("the file of a day without indices is still there")
	}
}

func TestAnIndexKeepsWhatIsSaidOfItsMapping(t *testing.T) {
	r := newRig(t, Options{})
	tell := func(method, path, body string) string {
		t.Helper()
		status, answer := r.call(method, path, body)
		if status != 200 {
			t.Fatal(method, path, status, answer)
		}
		return answer
	}
	tell("PUT", "/_index_template/a", `{"index_patterns":["logs-*"],"template":{"mappings":{"_meta":{"by":"us"},"properties":{"n":{"type":"long"}}}}}`)
	tell("PUT", "/logs-a", `{"mappings":{"_meta":{"ours":{"days":1}}}}`)
	tell("PUT", "/logs-b", "")
	const days = "/_mapping?filter_path=*.mappings._meta.ours.days"
	if got, want := tell("GET", "/logs-*"+days, ""), `{"logs-a":{"mappings":{"_meta":{"ours":{"days":1}}}}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := tell("GET", "/logs-a/_mapping?filter_path=*.mappings._meta", ""), `{"logs-a":{"mappings":{"_meta":{"by":"us","ours":{"days":1}}}}}`; got != want {
		t.Errorf("the template's share: got %s, want %s", got, want)
	}
	r.load([]entry{{"logs-a", "1", event(noon, "a", "one")}})
	tell("PUT", "/logs-a/_mapping", `{"_meta":{"ours":{"days":30}},"properties":{"t":{"type":"text"}}}`)
	r.load([]entry{{"logs-a", "2", event(noon, "a", "two")}})
	r.reopen()
	if got, want := tell("GET", "/logs-a/_mapping", ""), `{"logs-a":{"mappings":{"_meta":{"ours":{"days":30}},"properties":{"n":{"type":"long"},"t":{"type":"text"}}}}}`; got != want {
		t.Errorf("after a change: got %s, want %s", got, want)
	}
	if n := r.total("logs-a", obj{"match_all": obj{}}); n != 2 {
		t.Errorf("%d documents, want 2", n)
	}
	if status, body := r.call("PUT", "/logs-c/_mapping", `{}`); status != 404 || !strings.Contains(body, "index_not_found_exception") {
		t.Error(status, body)
	}
	if status, _ := r.call("PUT", "/logs-a/_mapping", `[]`); status != 400 {
		t.Errorf("a list: %d", status)
	}
}

func TestTemplates(t *testing.T) {
	r := newRig(t, Options{})
	for path, body := range map[string]string{
		"/_component_template/base": `{"template":{"settings":{"number_of_shards":1},"mappings":{"properties":{"a":{"type":"keyword"}}}}}`,
	} {
		if status, answer := r.call("PUT", path, body); status != 200 {
			t.Fatal(status, answer)
		}
	}
	if status, _ := r.answered(esapi.IndicesPutIndexTemplateRequest{Name: "low", Body: strings.NewReader(`{"index_patterns":["logs-*"],"priority":100,"template":{"mappings":{"properties":{"b":{"type":"long"}}}}}`)}.Do(t.Context(), r.client)); status != 200 {
		t.Fatal(status)
	}
	if status, _ := r.call("PUT", "/_index_template/high", `{"index_patterns":["logs-*-*-*"],"priority":500,"composed_of":["base"],"template":{"settings":{"index.codec":"best_compression"}}}`); status != 200 {
		t.Fatal(status)
	}
	for _, name := range []string{"high", "none"} {
		status, _ := r.answered(esapi.IndicesExistsIndexTemplateRequest{Name: name}.Do(t.Context(), r.client))
		if (status == 200) != (name == "high") {
			t.Errorf("HEAD %s: %d", name, status)
		}
	}
	status, got := r.answered(esapi.IndicesSimulateIndexTemplateRequest{Name: "logs-shop-prod-2026.11.22"}.Do(t.Context(), r.client))
	if status != 200 {
		t.Fatal(status, got)
	}
	tmpl := got["template"].(obj)
	if tmpl["settings"].(obj)["index"].(obj)["codec"] != "best_compression" || tmpl["mappings"].(obj)["properties"].(obj)["a"] == nil || tmpl["mappings"].(obj)["properties"].(obj)["b"] != nil {
		t.Errorf("got %v", tmpl)
	}
	r.reopen()
	if status, body := r.call("GET", "/_index_template/high", ""); status != 200 || !strings.Contains(body, "best_compression") {
		t.Error("after a restart:", status, body)
	}
}

func TestWhatIsNotSupportedIsNamed(t *testing.T) {
	r := newRig(t, Options{})
	r.load([]entry{{"a", "1", event(noon, "a", "b")}})
	for body, says := range map[string]string{
		`{"query":{"fuzzy":{"message":"x"}}}`:                            "fuzzy",
		`{"query":{"bool":{"shall":[]}}}`:                                "shall",
		`{"query":{"range":{"@timestamp":{"gte":"noon"}}}}`:              "noon",
		`{"query":{"match_phrase":{"message":{"query":"a","slop":2}}}}`:  "slop",
		`{"aggs":{"x":{"percentiles":{"field":"n"}}}}`:                   "percentiles",
		`{"aggs":{"x":{"terms":{"field":"user.name"}}}}`:                 "user.name",
		`{"aggs":{"x":{"terms":{"field":"host.name"},"aggs":{"y":{}}}}}`: "sub-aggregations",
		`{"highlight":{}}`:                             "highlight",
		`{"sort":["message"]}`:                         "message",
		`{"size":10001}`:                               "10000",
		`{"search_after":[1]}`:                         "Sort must contain",
		`{"sort":["@timestamp"],"search_after":[1,2]}`: "search_after has 2",
		`{"query":`:                                    "must be an object",
		`[]`:                                           "must be an object",
		`{"aggs":{"x":{"date_histogram":{"field":"@timestamp","fixed_interval":"0s"}}}}`:                             "0s",
		`{"aggs":{"x":{"date_histogram":{"field":"@timestamp","calendar_interval":"month"}}}}`:                       "calendar_interval",
		`{"aggs":{"x":{"date_histogram":{"field":"@timestamp","fixed_interval":"1s","time_zone":"Mars"}}}}`:          "Mars",
		`{"query":` + strings.Repeat(`{"bool":{"must":`, 100) + `{"match_all":{}}` + strings.Repeat("}}", 100) + `}`: "nested",
	} {
		if status, answer := r.call("POST", "/a/_search", body); status != 400 || !strings.Contains(answer, says) {
			t.Errorf("%s: %d %s", body, status, answer)
		}
	}
	for _, path := range []string{"/_sql", "/a/_explain/1", "/_search?scroll=1m"} {
		if status, _ := r.call("POST", path, ""); status != 400 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestSmallParts(t *testing.T) {
	r := newRig(t, Options{})
	r.load([]entry{{"a", "1", `{"@timestamp":"2026-11-22T12:00:00Z","http":{"method":"GET","path":"/"},"n":1.50}`}})
	for path, want := range map[string]string{
		"/":                               `"tagline":"You Know, for Search"`,
		"/_cluster/health":                `"status":"green"`,
		"/_count":                         `"count":1`,
		"/a/_count":                       `"count":1`,
		"/a/_refresh":                     `"failed":0`,
		"/_search?filter_path=hits.total": `{"hits":{"total":{"relation":"eq","value":1}}}`,
		"/a/_source/1":                    `"n":1.50`,
		"/a":                              `"provided_name":"a"`,
		"/b,a/_search?ignore_unavailable": `"value":1`,
		"/z*/_search":                     `"value":0`,
	} {
		if status, body := r.call("GET", path, ""); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, _ := r.call("GET", "/z*/_search?allow_no_indices=false", ""); status != 404 {
		t.Errorf("allow_no_indices: %d", status)
	}
	res := r.found("a", obj{"_source": obj{"includes": []string{"http.*", "n"}, "excludes": []string{"http.path"}}})
	if got := string(res.Hits.Hits[0].Source); got != `{"http":{"method":"GET"},"n":1.50}` {
		t.Errorf("_source: %s", got)
	}
	if res := r.found("a", obj{"_source": false}); res.Hits.Hits[0].Source != nil {
		t.Errorf("_source false: %s", res.Hits.Hits[0].Source)
	}
}
