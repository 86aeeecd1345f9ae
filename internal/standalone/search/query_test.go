package search

import (
	"encoding/json"
	"fmt"
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
		"source.ip:10.0.0.0/24", "destination.ip:10.0.0.0/24", "source.ip:10.0.0.0/20", "source.ip:10.*", "destination.ip:0.0.0.0/0", "source.ip:0.0.0.0/1",
		"source.ip:2001:db8::/32", "destination.ip:2001:db8::/32", "source.ip:::/0", "destination.ip:::/8", "source.ip:10.0.0.1", "destination.ip:10.0.0.1",
		"source.ip:2001:db8::1", "-source.ip:10.0.0.0/8", "source.ip:[10.0.0.1 TO 10.0.0.255]", "source.ip:>9.0.0.0", "timeout source.ip:(10.0.0.0/8 OR ::1/128)",
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
func flatDoc(t testing.TB, d *modelDoc) func(string) (any, bool) {
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
	return func(field string) (any, bool) {
		if v, ok := flat[field]; ok {
			return v, ok
		}
		for name := range flat {
			if strings.HasPrefix(name, field+".") {
				return obj{}, true
			}
		}
		return nil, false
	}
}

// An address is found by its network however it was written, and whether or not the message holds it, too.
func TestNetworksFindTheirAddresses(t *testing.T) {
	r := newRig(t, Options{})
	var docs []entry
	for _, ip := range []string{"203.0.113.9", "::ffff:203.0.113.77", "203.0.114.9", "2001:db8::7", "2001:0DB8:1::", "2001:db9::7", "::1", "unknown"} {
		for _, field := range []string{"source", "destination"} {
			for _, message := range []string{"GET / by " + ip + " [x]", "nothing to see"} {
				source := fmt.Sprintf(`{"@timestamp":"2026-11-22T12:00:00Z","message":%q,%q:{"ip":%q}}`, message, field, ip)
				docs = append(docs, entry{"logs-shop-prod-2026.11", eventID(len(docs)), source})
			}
		}
	}
	r.load(docs)
	for value, want := range map[string]int64{
		"203.0.113.0/24": 2, "203.0.112.0/20": 3, "203.0.113.9/32": 1, "203.0.113.77": 1, "203.0.0.0/8": 3, "0.0.0.0/0": 3, "0.0.0.0/1": 0, "198.51.100.0/24": 0,
		"2001:db8::/32": 2, "2001:db8:1::/48": 1, "2001:DB8::7": 1, "::1/128": 1, "::/16": 4, "::/0": 7, "::/96": 1, "2001:0DB8:1::": 1, "2001:db8:1::": 1,
	} {
		for _, field := range []string{"source.ip", "destination.ip"} {
			if got := r.total("logs-*", obj{"term": obj{field: obj{"value": value}}}); got != 2*want {
				t.Errorf("%s:%s finds %d, want %d", field, value, got, 2*want)
			}
		}
	}
	if got := r.total("logs-*", obj{"terms": obj{"source.ip": []string{"203.0.113.0/24", "::1", "2001:db9::/32"}}}); got != 8 {
		t.Errorf("a list of addresses and networks finds %d, want 8", got)
	}
	for _, query := range []obj{
		{"term": obj{"source.ip": "203.0.113.0/33"}}, {"terms": obj{"source.ip": []string{"::1", "unknown"}}}, {"range": obj{"source.ip": obj{"gte": "10.0.0.0/8"}}},
	} {
		if res := r.search("logs-*", obj{"query": query}); res.Status != 400 || !strings.Contains(string(res.Error), "is of type ip") {
			t.Errorf("%v is answered with %d %s", query, res.Status, res.Error)
		}
	}
}
