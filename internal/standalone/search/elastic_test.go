package search

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/query"
	schema "github.com/millrace/millrace/schemas/index"
	"github.com/millrace/millrace/test/servers"
)

// compared is the index of the documents that both stores get.
const compared = "logs-shop-prod-2026.11"

// twin is a real Elasticsearch beside the embedded store, with the same template and documents.
type twin struct {
	*rig
	address string
	docs    map[string]string // by id
	filled  int
}

func newTwin(t *testing.T) *twin {
	t.Helper()
	address := os.Getenv("MILLRACE_TEST_ELASTICSEARCH")
	if address == "" {
		address = servers.SearchFor(t, servers.SearchOptions{}).URL()
	}
	w := &twin{rig: newRig(t, Options{}), address: address, docs: map[string]string{}}
	template, err := schema.Template(schema.Basic)
	if err != nil {
		t.Fatal(err)
	}
	w.ask("DELETE", "/"+compared, "") // of an earlier run
	for _, step := range []struct{ path, body string }{{"/_index_template/" + schema.TemplateName, string(template)}, {"/" + compared, ""}} {
		if status, body := w.ask("PUT", step.path, step.body); status != http.StatusOK {
			t.Fatalf("Elasticsearch answers %s with %d %s", step.path, status, body)
		}
		if status, body := w.call("PUT", step.path, step.body); status != http.StatusOK {
			t.Fatalf("the store answers %s with %d %s", step.path, status, body)
		}
	}
	return w
}

// ask sends a request to Elasticsearch.
func (w *twin) ask(method, path, body string) (int, []byte) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.address+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, b.Bytes()
}

// fill gives both stores the documents that Elasticsearch takes: the indexer repairs others before it sends them.
func (w *twin) fill(sources []string) {
	w.t.Helper()
	entries := make([]entry, len(sources))
	for i, s := range sources {
		w.filled++
		entries[i] = entry{compared, eventID(w.filled), s}
	}
	status, body := w.ask("POST", "/_bulk?refresh=true", bulkBody("create", entries))
	var answer struct {
		Items []map[string]struct {
			Status int
			Error  json.RawMessage
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil || status != http.StatusOK {
		w.t.Fatal(status, err, string(body))
	}
	var taken []entry
	for i, item := range answer.Items {
		if item["create"].Status == http.StatusCreated {
			taken = append(taken, entries[i])
			w.docs[entries[i].id] = entries[i].source
		} else {
			w.t.Logf("Elasticsearch does not take %s: %s", entries[i].source, item["create"].Error)
		}
	}
	w.load(taken)
}

// both are the ids that either store finds for a query, in order; nil and the error where it refuses it.
func (w *twin) both(dsl any) (ours, theirs []string, errOurs, errTheirs string) {
	w.t.Helper()
	body := obj{"query": dsl, "size": 5000, "_source": false, "sort": []obj{{"@timestamp": "asc"}, {"log.offset": "asc"}}}
	res := w.search(compared, body)
	ours, errOurs = res.ids()
	text, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	status, answer := w.ask("POST", "/"+compared+"/_search", string(text))
	real := &result{Status: status}
	if err := json.Unmarshal(answer, real); err != nil {
		w.t.Fatal(err)
	}
	theirs, errTheirs = real.ids()
	return ours, theirs, errOurs, errTheirs
}

func (r *result) ids() ([]string, string) {
	if r.Status != http.StatusOK || r.Shards.Failed > 0 {
		return nil, fmt.Sprint(r.Status, string(r.Error))
	}
	ids := []string{}
	for _, h := range r.Hits.Hits {
		ids = append(ids, h.ID)
	}
	return ids, ""
}

// compare checks that both stores and the matcher of the live tail find the same for a query text.
func (w *twin) compare(text string) {
	w.t.Helper()
	n, err := query.Parse(text)
	if err != nil {
		w.t.Errorf("%s: %v", text, err)
		return
	}
	ours, theirs, errOurs, errTheirs := w.both(query.ToDSL(n))
	if (errOurs == "") != (errTheirs == "") {
		w.t.Errorf("%s: the store says %q, Elasticsearch says %q", text, errOurs, errTheirs)
		return
	}
	for _, id := range difference(ours, theirs) {
		w.t.Errorf("%s: only the store finds %s", text, w.docs[id])
	}
	for _, id := range difference(theirs, ours) {
		w.t.Errorf("%s: only Elasticsearch finds %s", text, w.docs[id])
	}
	if !w.t.Failed() && !slices.Equal(ours, theirs) {
		w.t.Errorf("%s: they find the same in another order", text)
	}
	for id, source := range w.docs {
		if got := query.Match(n, flatDoc(w.t, &modelDoc{source: source})); errOurs == "" && got != slices.Contains(ours, id) {
			w.t.Errorf("%s: that the live tail shows it is %v: %s", text, got, source)
		}
	}
}

// compareClause checks that both stores find the same for a query as programs write it.
func (w *twin) compareClause(dsl obj) {
	w.t.Helper()
	ours, theirs, errOurs, errTheirs := w.both(dsl)
	if strings.Contains(errTheirs, "number_format_exception") { // text where the mapping has a number: the store knows no mapping
		return
	}
	if (errOurs == "") != (errTheirs == "") || !slices.Equal(ours, theirs) {
		text, err := json.Marshal(dsl)
		w.t.Errorf("%s, %v: the store finds %v %s, Elasticsearch finds %v %s", text, err, difference(ours, theirs), errOurs, difference(theirs, ours), errTheirs)
		for _, id := range append(difference(ours, theirs), difference(theirs, ours)...) {
			w.t.Log(w.docs[id])
		}
	}
}

// comparePages checks that both stores give the same pages, totals, facets and histogram for a query text, as the search
// page asks for them.
func (w *twin) comparePages(text, interval string) {
	w.t.Helper()
	n, err := query.Parse(text)
	if err != nil {
		w.t.Fatal(err)
	}
	body := obj{
		"query": query.ToDSL(n), "size": 30, "track_total_hits": true, "_source": false,
		"sort": []obj{{"@timestamp": obj{"order": "desc", "unmapped_type": "date"}}, {"log.offset": obj{"order": "desc", "unmapped_type": "long"}}},
		"aggs": obj{
			"app": obj{"terms": obj{"field": "service.name", "size": 2}}, "host": obj{"terms": obj{"field": "host.name", "size": 20}}, "level": obj{"terms": obj{"field": "log.level", "size": 20}},
			"histogram": obj{"date_histogram": obj{"field": "@timestamp", "fixed_interval": interval, "min_doc_count": 1}},
		},
	}
	for range 20 {
		ours := w.found(compared, body)
		b, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		status, answer := w.ask("POST", "/"+compared+"/_search", string(b))
		theirs := &result{Status: status}
		dec := json.NewDecoder(bytes.NewReader(answer))
		dec.UseNumber()
		if err := dec.Decode(theirs); err != nil || status != http.StatusOK {
			w.t.Fatalf("%s: %d %s", text, status, answer)
		}
		ours.Shards = theirs.Shards // whose number differs
		if !reflect.DeepEqual(ours, theirs) {
			w.t.Errorf("%s by %s: the store answers\n%+v\nElasticsearch answers\n%+v", text, interval, ours, theirs)
			return
		}
		if len(ours.Hits.Hits) == 0 {
			return
		}
		body["search_after"] = ours.Hits.Hits[len(ours.Hits.Hits)-1].Sort
		delete(body, "aggs")
	}
}

// difference is what is in a and not in b.
func difference(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(id string) bool { return slices.Contains(b, id) })
}

var comparedMessages = []string{
	"", "GET /index.html HTTP/1.1", "Connection refused", "connection reset by peer", "REFUSED: Connection", "refused connection refused",
	"host1.example.com went away", "api.example.com", "version v1.2.3-rc1.x of Foo.Bar", "user@example.com", "http://example.com/a?b=c&d=e",
	"don't panic", "don’t panic", "it's 'quoted'", "user_id=42 _id a__b __ _", "10.0.0.1 and 10.0.0.12 and 192.168.1.1/24", "fe80 - 1 2001",
	"Größe überschritten", "GRÖSSE", "naïve café", "ΑΘΗΝΑ Αθήνα", "Москва", "日本語のテスト", "APIエラー", "한국어 로그", "สวัสดี", "½ x² Ⅷ",
	`say "hi" \ back`, "a*b?c", "(a) [b] {c}", "100% of $5 + 3 - 2", "C++ C#", "a/b/c", "tab\tand\nline", "ERROR Timeout after 30s", "error timeout",
	"timeout error", "the error, a timeout", "x", strings.Repeat("long", 100), "one two three four", "two one", "one three two", "AND OR NOT",
}

// comparedDocs are documents with a value of each kind in many places.
func comparedDocs() []string {
	values := map[string][]any{
		"log.level":                 {"error", "ERROR", "warn", "info", "Info", ""},
		"host.name":                 {"web-1", "web-2", "DB-1", "web 1", "wéb"},
		"url.path":                  {"/a", "/a/b", "/A", "/a*b", "/a?q", `/a\b`, "/a b", `/"q"`, "/(a)", strings.Repeat("/long", 100)},
		"url.original":              {"/index.html", "GET /index.html HTTP/1.1", "host1.example.com", "10.0.0.1"},
		"http.response.status_code": {200, 404, 500, 503, 1000, 99},
		"event.duration":            {0, -5, 5, 1 << 40},
		"event.created":             {"2026-11-22T12:00:00Z", "2026-11-22T12:00:00.5Z", "2026-11-23"},
		"took":                      {0.5, 1.25, 10.0, -3.75},
		"flag":                      {true, false},
		"tags":                      {[]string{"a", "b"}, []string{"b"}, []string{}, []any{"c", nil}, "a"},
		"source.ip": {
			"10.0.0.1", "10.0.0.200", "10.77.0.1", "::ffff:10.0.0.1", "2001:db8::7", "2001:0DB8:0::0007", "::1", "::", "9.255.255.255", "255.255.255.255", "0.0.0.0", "fe80::1",
			[]string{"10.0.0.1", "2001:db8::1"},
			"::ffff:a00:1", "64:ff9b::a00:1",
		},
		"destination.ip": {"10.0.0.1", "192.168.1.10", "::1", "2001:db8:1::"},
		"labels.team":    {"core", "shop", "10", "true"},
		"user.name":      {"bob", "Bob", "b.o.b", "bob@example.com", "AND", "*", "a:b", " x", "ünï"},
		"port":           {80, 443, "8080"},
		"version":        {"1", "1.0", "01", "1e0"},
		"n":              {nil},
	}
	fields := sortedKeys(values)
	var docs []string
	for i := 0; i < 160; i++ {
		at := noon.Add(time.Duration(i/3) * 1100 * time.Millisecond)
		body := obj{"@timestamp": at.Format("2006-01-02T15:04:05.000Z")}
		if i%13 != 5 { // without an offset an event comes last in its millisecond
			body["log.offset"] = i
		}
		if i%11 != 10 {
			body["message"] = comparedMessages[i%len(comparedMessages)]
		}
		for j, f := range fields {
			if k := (i*7 + j*3) % (len(values[f]) + 3); k < len(values[f]) {
				body[f] = values[f][k]
			}
		}
		text, err := json.Marshal(body)
		if err != nil {
			panic(err)
		}
		docs = append(docs, string(text))
	}
	return docs
}

// The search box must mean the same over either store, and in the live tail. Random documents and combinations come on top
// of those that were thought of: the same ones each time, for what Elasticsearch makes of a query that was never tried before
// is not for a landing to find out. SEED draws others.
func TestElasticsearchFindsTheSame(t *testing.T) {
	w := newTwin(t)
	g := &generator{Rand: seedOr(t, 1), start: noon.Add(time.Hour), span: time.Hour}
	events, examples := documented(t)
	docs := append(comparedDocs(), events...)
	for i := range 150 {
		docs = append(docs, g.doc(1000+i).source)
	}
	w.fill(docs)
	for _, e := range examples {
		if e.finds != "refused" {
			w.compare(e.text)
		}
	}
	for _, text := range comparedTexts {
		w.compare(text)
	}
	for range 300 {
		if w.compare(g.combine(2)); t.Failed() {
			return
		}
	}
	for range 300 { // what query texts do not come to: minimum_should_match, lists of ids, ranges in milliseconds
		if w.compareClause(g.query(2).dsl); t.Failed() {
			return
		}
	}
	for range 30 {
		w.comparePages(g.combine(2), pick(g, []string{"1s", "7s", "250ms", "1m", "1h", "1d"}))
	}
	t.Run("but for what is documented", w.findsMore)
}

// findsMore checks what only the embedded store finds, as docs/search.md has it.
func (w *twin) findsMore(t *testing.T) {
	long := strings.Repeat("x", 1100)
	for text, source := range map[string]string{
		"error":             `{"@timestamp":"2026-11-22T12:00:00Z","message":"level:error"}`,
		"234":               `{"@timestamp":"2026-11-22T12:00:00Z","message":"1,234 bytes"}`,
		"user.name:" + long: `{"@timestamp":"2026-11-22T12:00:00Z","user":{"name":"` + long + `"}}`,
	} {
		w.fill([]string{source})
		n, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		ours, theirs, _, _ := w.both(query.ToDSL(n))
		if id := eventID(w.filled); !slices.Contains(ours, id) || slices.Contains(theirs, id) {
			t.Errorf("%.20s finds %.80s in both stores, or in Elasticsearch only", text, source)
		}
	}
}

// combine makes a query text out of others.
func (g *generator) combine(depth int) string {
	if depth == 0 || g.IntN(4) == 0 {
		return pick(g, comparedTexts)
	}
	a, b := g.combine(depth-1), g.combine(depth-1)
	return pick(g, []string{"(" + a + ") AND (" + b + ")", "(" + a + ") OR (" + b + ")", "(" + a + ") -(" + b + ")", "NOT (" + a + ")", "(" + a + ") (" + b + ")", "+(" + a + ") AND NOT (" + b + ")"})
}

var comparedTexts = []string{
	// words and phrases
	"connection", "CONNECTION refused", "refused connection", `"connection refused"`, `"refused connection"`, `"Connection, refused"`, `"two one"`, `"one two three"`,
	"host1", "example.com", "host1.example.com", "api.example.com", "api", "v1.2.3", "rc1", "Foo.Bar", "user@example.com", "http://example.com/a", "don't", "don’t", "dont", "quoted",
	"user_id", "42", "_id", "a__b", "__", "10.0.0.1", "10.0.0", "192.168.1.1/24", "größe", "GRÖSSE", "grösse", "café", "cafe", "αθηνα", "Αθήνα", "москва", "日本", `"日本語"`, "日語", "テスト", "エラー", "api エラー",
	"로그", "한국어", "สวัสดี", "½", "x²", "ⅷ", `"say \"hi\""`, `say\ hi`, `a\*b\?c`, "(a OR x)", `\(a\)`, "100%", "$5", `C\+\+`, "a/b/c", "30s", "tab line", `""`, `"…"`,
	// wildcards over words
	"conn*", "CONN*", "*nection", "con?ection", "host1.ex*", "10.0.0.*", "10*", "v1.*", "don'*", "größ*", "日*", "*", "w?nt", "a_*", "_*", "x*", "*x*",
	// operators
	"connection AND refused", "connection OR timeout", "NOT connection", "-connection", "connection -refused", "+error -timeout", "error AND NOT timeout", "NOT (error OR timeout)",
	"(error OR refused) AND (timeout OR connection)", "NOT NOT error", "NOT log.level:error", "log.level:(error OR warn) -host.name:web-1", "NOT _exists_:message",
	// keywords
	"log.level:error", "log.level:ERROR", "log.level:Error", `log.level:""`, "host.name:web-1", `host.name:"web 1"`, `host.name:web\ 1`, "host.name:web", "host.name:wéb", "host.name:(web-1 OR DB-1)",
	`url.path:\/a`, "url.path:/a", "url.path:/A", `url.path:"/a*b"`, `url.path:\/a\*b`, `url.path:"/a?q"`, `url.path:"/a\\b"`, `url.path:"/\"q\""`, `url.path:"/(a)"`, `url.path:"/a b"`,
	"url.path:/a*", "url.path:/?", `url.path:\/a\*?`, "url.path:*b", "url.path:*", `url.path:*\\*`, `url.path:*\"*`, "url.path:/A*", "url.path:/long*", "host.name:w?b*", "host.name:WEB*", "host.name:*1",
	`url.original:"/index.html"`, "url.original:/index*", "url.original:host1.example.com", "url.original:10.0.0.1", "url.original:*index*", "url.original:10.0.*", "url.original:host1*",
	"user.name:bob", "user.name:BOB", "user.name:b.o.b", "user.name:b*", `user.name:"AND"`, `user.name:\*`, `user.name:"*"`, `user.name:"a:b"`, `user.name:a\:b`, `user.name:" x"`, "user.name:ü*", "user.name:?ob",
	"labels.team:10", "labels.team:true", "labels.team:core", "tags:a", "tags:(a AND b)", "tags:a -tags:b", "tags:c",
	"version:1", "version:1.0", "version:01", "version:1e0",
	// numbers, booleans, dates
	"http.response.status_code:500", "http.response.status_code:500.0", "http.response.status_code:>=500", "http.response.status_code:>500", "http.response.status_code:<404", "http.response.status_code:[200 TO 404]",
	"http.response.status_code:{200 TO 503}", "http.response.status_code:[404 TO *]", "http.response.status_code:>=99.5", "http.response.status_code:<=200.5", "event.duration:0", "event.duration:-5", `event.duration:"-5"`, "event.duration:<0", "event.duration:>1000000000000",
	"took:0.5", "took:>1", "took:[-4 TO 1.25]", "took:{-3.75 TO 10}", "took:10", "flag:true", "flag:false", "-flag:true", "port:80", "port:>100", `port:"8080"`,
	"@timestamp:>2026-11-22T12:00:30Z", "@timestamp:[2026-11-22T12:00:10Z TO 2026-11-22T12:00:20Z]", "@timestamp:{2026-11-22T12:00:11Z TO *]", "@timestamp:>=2026-11-22", "@timestamp:<2026-11-22", "@timestamp:<=2026-11-22", "@timestamp:>2026-11-22",
	`@timestamp:"2026-11-22T12:00:11Z"`, "event.created:>=2026-11-22T12:00:00.2Z", "event.created:[2026-11-22 TO 2026-11-22]", `event.created:"2026-11-23"`, `event.created:"2026-11-22T12:00:00.500Z"`,
	// ranges over text
	"log.level:[error TO warn]", "log.level:>=info", "log.level:{ERROR TO error}", "host.name:<web-2", "user.name:[a TO c}", "version:>=1",
	// existence
	"_exists_:url.path", "_exists_:tags", "_exists_:n", "_exists_:url", "_exists_:http.response", "_exists_:nope", "_exists_:message", "_exists_:flag", "_exists_:log", "_exists_:source.ip", "_exists_:@timestamp", "_exists_:event.created", "message:*", "source.ip:*", "NOT _exists_:tags",
	// addresses
	"source.ip:10.0.0.1", "source.ip:::ffff:10.0.0.1", "source.ip:::ffff:a00:1", "source.ip:10.0.0.0/24", "source.ip:10.0.0.0/8", "source.ip:10.0.0.0/20", "source.ip:0.0.0.0/0", "source.ip:0.0.0.0/1", "source.ip:128.0.0.0/1", "source.ip:10.0.0.1/32", "source.ip:10.0.0.77/24", "source.ip:10.*", "source.ip:10.0.*",
	"source.ip:::/0", "source.ip:::/8", "source.ip:::/80", "source.ip:::/81", "source.ip:::/96", "source.ip:::ffff:0:0/96", "source.ip:::ffff:0:0/90", "source.ip:::ffff:10.0.0.0/104", "source.ip:::ffff:10.0.0.0/120", "source.ip:::ffff:10.0.0.1/128", `source.ip:"::ffff:10.0.0.0/104"`, "source.ip:2001:db8::/32", "source.ip:2001:DB8::7", "source.ip:2001:db8::7/128", "source.ip:2000::/3", "source.ip:fe80::/10", "source.ip:::1", "source.ip:::", "source.ip:::1/128",
	"source.ip:[10.0.0.0 TO 10.0.0.255]", "source.ip:{10.0.0.1 TO 10.77.0.1}", "source.ip:>10.0.0.1", "source.ip:<=10.0.0.1", "source.ip:<10.0.0.1", "source.ip:>=2001:db8::", "source.ip:[:: TO ::ffff:ffff:ffff]", "source.ip:>255.255.255.254", "source.ip:<::1", "source.ip:[::1 TO 10.0.0.1]",
	"-source.ip:10.0.0.0/8", "source.ip:(10.0.0.0/24 OR ::1/128)", "destination.ip:192.168.0.0/16", "destination.ip:10.0.0.1 source.ip:10.0.0.1", "destination.ip:2001:db8:1::/48", "destination.ip:::/0", "destination.ip:::1",
}
