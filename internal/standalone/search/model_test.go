package search

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/standalone/search/volume"
)

// The model keeps documents as plain values and answers queries by looking at each of them, in the simplest way.
type modelDoc struct {
	index, id string
	at        time.Time
	words     []string // of the message
	fields    map[string][]any
	source    string
}

// clause is a query as the store gets it, and what it means.
type clause struct {
	dsl   obj
	match func(*modelDoc) bool
}

type generator struct {
	*rand.Rand
	start time.Time
	span  time.Duration
}

func seed(tb testing.TB) *rand.Rand {
	tb.Helper()
	return seedOr(tb, uint64(time.Now().UnixNano()))
}

// seedOr makes the same choices each time, unless SEED asks for others.
func seedOr(tb testing.TB, s uint64) *rand.Rand {
	tb.Helper()
	if v := os.Getenv("SEED"); v != "" {
		var err error
		if s, err = strconv.ParseUint(v, 10, 64); err != nil {
			tb.Fatal(err)
		}
	}
	tb.Logf("SEED=%d", s)
	return rand.New(rand.NewPCG(s, 1))
}

func pick[T any](g *generator, of []T) T { return of[g.IntN(len(of))] }

var (
	wordPool  = []string{"timeout", "connection", "refused", "db.internal", "10.0.0.1", "user_42", "größe", "checkout", "check", "failed"}
	appPool   = []string{"shop", "pay", "shop-api"}
	hostPool  = []string{"web-1", "web-2", "DB-1"}
	levelPool = []string{"error", "warn", "info", "ERROR"}
	pathPool  = []string{"/a", "/a/b", "/A", "/a?q=1&x='", strings.Repeat("/long", 40) + "/1", strings.Repeat("/long", 40) + "/2", ""}
	ipPool    = []string{"10.0.0.1", "10.0.0.200", "10.77.0.1", "::ffff:10.0.0.1", "2001:db8::7", "2001:0DB8::1", "::1", "unknown"}
	indexPool = []string{"logs-shop-prod-2026.11", "logs-pay-prod-2026.11", "logs-pay-test-2026.11"}
)

func (g *generator) doc(n int) *modelDoc {
	d := &modelDoc{index: pick(g, indexPool), id: eventID(n), fields: map[string][]any{}}
	if g.IntN(5) == 0 {
		d.id = fmt.Sprintf("plain-%d", n)
	}
	d.at = g.start.Add(time.Duration(g.Int64N(int64(g.span)))).Truncate(time.Millisecond)
	for range g.IntN(6) {
		d.words = append(d.words, pick(g, wordPool))
	}
	body := obj{"@timestamp": d.at.Format("2006-01-02T15:04:05.000Z07:00")}
	if g.IntN(10) > 0 {
		body["message"] = strings.Join(d.words, pick(g, []string{" ", " - ", ", "}))
	} else {
		d.words = nil
	}
	set := func(field string, v any) {
		d.fields[field] = append(d.fields[field], v)
		parts := strings.Split(field, ".")
		if g.IntN(3) == 0 { // a dotted key
			body[field] = v
			return
		}
		o := body
		for _, p := range parts[:len(parts)-1] {
			inner, ok := o[p].(obj)
			if !ok {
				inner = obj{}
				o[p] = inner
			}
			o = inner
		}
		o[parts[len(parts)-1]] = v
	}
	if g.IntN(10) > 0 {
		set("service.name", pick(g, appPool))
	}
	set("host.name", pick(g, hostPool))
	if g.IntN(4) > 0 {
		set("log.level", pick(g, levelPool))
	}
	if g.IntN(2) == 0 {
		set("http.response.status_code", pick(g, []int{200, 404, 500, 503}))
	}
	if g.IntN(2) == 0 {
		set("url.path", pick(g, pathPool))
	}
	if g.IntN(2) == 0 { // often what the message holds, which is then found by its words
		set("url.original", g.echo(d.words))
	}
	if g.IntN(2) == 0 {
		set("source.ip", pick(g, ipPool))
	}
	if g.IntN(2) == 0 {
		set("destination.ip", pick(g, ipPool))
	}
	if g.IntN(4) == 0 {
		set("flag", g.IntN(2) == 0)
	}
	if g.IntN(3) == 0 {
		set("took", float64(g.IntN(40))/4)
	}
	if g.IntN(4) == 0 {
		list := []any{pick(g, []string{"a", "b", "c"}), pick(g, []string{"a", "b", "c"})}
		body["tags"] = list
		d.fields["tags"] = list
	}
	if g.IntN(50) == 0 { // more fields than have tokens
		many := obj{}
		for i := range 140 {
			many[fmt.Sprintf("k%d", i)] = "v"
			d.fields[fmt.Sprintf("many.k%d", i)] = []any{"v"}
		}
		body["many"] = many
	}
	set("log.offset", n*10)
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	d.source = string(b)
	return d
}

func text(v any) string { return fmt.Sprint(v) }

func (d *modelDoc) any(field string, test func(any) bool) bool {
	return slices.ContainsFunc(d.fields[field], test)
}

func (d *modelDoc) wordList() []string {
	var list []string
	for _, w := range d.words {
		list = append(list, strings.ToLower(w))
	}
	return list
}

func hasRun(list, run []string) bool {
	for i := range list {
		if i+len(run) <= len(list) && slices.Equal(list[i:i+len(run)], run) {
			return true
		}
	}
	return false
}

// leaf makes a random clause without others inside.
func (g *generator) leaf() clause {
	keyword := func() (string, any) {
		switch g.IntN(8) {
		case 7:
			return "url.original", g.echo([]string{pick(g, wordPool), pick(g, wordPool)})
		case 0:
			return "service.name", pick(g, appPool)
		case 1:
			return "host.name", pick(g, hostPool)
		case 2:
			return "log.level", pick(g, levelPool)
		case 3:
			return "url.path", pick(g, pathPool)
		case 4:
			return "http.response.status_code", pick(g, []int{200, 500, 999})
		case 5:
			return "tags", pick(g, []string{"a", "b"})
		}
		return "many.k139", "v"
	}
	switch g.IntN(14) {
	case 0, 1:
		f, v := keyword()
		return clause{obj{"term": obj{f: v}}, func(d *modelDoc) bool { return d.any(f, func(x any) bool { return text(x) == text(v) }) }}
	case 2:
		f, v := keyword()
		_, w := keyword()
		return clause{obj{"terms": obj{f: []any{v, w}}}, func(d *modelDoc) bool {
			return d.any(f, func(x any) bool { return text(x) == text(v) || text(x) == text(w) })
		}}
	case 3, 4:
		words := []string{pick(g, wordPool), pick(g, wordPool)}
		and := g.IntN(2) == 0
		op := "or"
		if and {
			op = "and"
		}
		return clause{obj{"match": obj{"message": obj{"query": strings.ToUpper(words[0]) + ", " + words[1], "operator": op}}}, func(d *modelDoc) bool {
			a, b := slices.Contains(d.wordList(), words[0]), slices.Contains(d.wordList(), words[1])
			return and && a && b || !and && (a || b)
		}}
	case 5:
		run := []string{pick(g, wordPool), pick(g, wordPool)}
		return clause{obj{"match_phrase": obj{"message": strings.Join(run, " ")}}, func(d *modelDoc) bool { return hasRun(d.wordList(), run) }}
	case 6:
		f := pick(g, []string{"url.path", "host.name", "message", "url.original"})
		p := pick(g, []string{"timeout", "connection - re", "10.0", "checkout.ch", "/a", "/", "web", "D", "check", "con", "db.", strings.Repeat("/long", 40)})
		return clause{obj{"prefix": obj{f: p}}, func(d *modelDoc) bool {
			if f == "message" {
				return slices.ContainsFunc(d.wordList(), func(w string) bool { return strings.HasPrefix(w, p) })
			}
			return d.any(f, func(x any) bool { return strings.HasPrefix(text(x), p) })
		}}
	case 7:
		f := pick(g, []string{"log.level", "host.name", "message", "service.name"})
		p := pick(g, []string{"w*", "*o*", "*", "?eb-1", "che*t", "error", "shop*"})
		matches := func(s string) bool { ok, _ := path.Match(p, s); return ok } // none of these values has a slash
		return clause{obj{"wildcard": obj{f: obj{"value": p}}}, func(d *modelDoc) bool {
			if f == "message" {
				return slices.ContainsFunc(d.wordList(), matches)
			}
			return d.any(f, func(x any) bool { return matches(text(x)) })
		}}
	case 8:
		f := pick(g, []string{"http.response.status_code", "took"})
		lo := float64(g.IntN(10))
		if f[0] == 'h' {
			lo *= 60
		}
		return clause{obj{"range": obj{f: obj{"gte": lo, "lt": lo * 2}}}, func(d *modelDoc) bool {
			return d.any(f, func(x any) bool {
				v, err := strconv.ParseFloat(text(x), 64)
				return err == nil && v >= lo && v < lo*2
			})
		}}
	case 9, 10:
		return g.timeRange()
	case 11:
		f := pick(g, []string{"url.path", "url.original", "url", "http", "http.response", "tags", "flag", "service.name", "message", "log", "many", "nope", "@timestamp"})
		return clause{obj{"exists": obj{"field": f}}, func(d *modelDoc) bool {
			switch f {
			case "@timestamp":
				return true
			case "message":
				return strings.Contains(d.source, `"message":`)
			}
			for name := range d.fields {
				if name == f || strings.HasPrefix(name, f+".") {
					return true
				}
			}
			return false
		}}
	case 12:
		ids := []string{eventID(g.IntN(300)), eventID(g.IntN(300)), fmt.Sprintf("plain-%d", g.IntN(300))}
		return clause{obj{"ids": obj{"values": ids}}, func(d *modelDoc) bool { return slices.Contains(ids, d.id) }}
	}
	v := g.IntN(2) == 0
	return clause{obj{"term": obj{"flag": v}}, func(d *modelDoc) bool { return d.any("flag", func(x any) bool { return x == v }) }}
}

// timeRange is on a second, inside one or on a minute.
func (g *generator) timeRange() clause {
	unit := pick(g, []time.Duration{time.Millisecond, time.Second, time.Minute})
	lo := g.start.Add(time.Duration(g.Int64N(int64(g.span)))).Truncate(unit)
	hi := lo.Add(time.Duration(g.Int64N(int64(g.span)/2 + 1))).Truncate(unit)
	if g.IntN(3) == 0 {
		return clause{obj{"range": obj{"@timestamp": obj{"gt": lo.UnixMilli(), "lte": hi.UnixMilli()}}}, func(d *modelDoc) bool { return d.at.After(lo) && !d.at.After(hi) }}
	}
	const layout = "2006-01-02T15:04:05.000Z"
	return clause{obj{"range": obj{"@timestamp": obj{"gte": lo.Format(layout), "lt": hi.Format(layout)}}}, func(d *modelDoc) bool { return !d.at.Before(lo) && d.at.Before(hi) }}
}

func (g *generator) query(depth int) clause {
	if depth == 0 || g.IntN(3) == 0 {
		return g.leaf()
	}
	var parts [3][]clause // must, should, must_not
	for i := range parts {
		for range g.IntN(3) {
			parts[i] = append(parts[i], g.query(depth-1))
		}
	}
	body := obj{}
	for i, name := range []string{pick(g, []string{"must", "filter"}), "should", "must_not"} {
		list := []obj{}
		for _, c := range parts[i] {
			list = append(list, c.dsl)
		}
		body[name] = list
	}
	need := 0
	if g.IntN(2) == 0 {
		need = g.IntN(len(parts[1]) + 1)
		body["minimum_should_match"] = need
	}
	if len(parts[1]) > 0 && len(parts[0]) == 0 {
		need = max(need, 1)
	}
	return clause{obj{"bool": body}, func(d *modelDoc) bool {
		hits := 0
		for _, c := range parts[1] {
			if c.match(d) {
				hits++
			}
		}
		return hits >= need && !slices.ContainsFunc(parts[0], func(c clause) bool { return !c.match(d) }) &&
			!slices.ContainsFunc(parts[2], func(c clause) bool { return c.match(d) })
	}}
}

// echo makes a value that may or may not be part of a message of these words.
func (g *generator) echo(words []string) string {
	joint := pick(g, []string{" ", " - ", ", ", "."})
	if len(words) < 2 || g.IntN(3) == 0 {
		return pick(g, wordPool) + pick(g, []string{"", joint + pick(g, wordPool)})
	}
	i := g.IntN(len(words) - 1)
	value := words[i] + joint + words[i+1]
	from := g.IntN(3) * g.IntN(2)
	return strings.ToValidUTF8(value[from:len(value)-g.IntN(3)*g.IntN(2)], "")
}

func (g *generator) load(r *rig, n int) []*modelDoc {
	docs := make([]*modelDoc, n)
	var entries []entry
	for i := range docs {
		docs[i] = g.doc(i)
		entries = append(entries, entry{docs[i].index, docs[i].id, docs[i].source})
		if len(entries) == 1+g.IntN(80) || i == n-1 {
			r.load(entries)
			entries = nil
		}
	}
	return docs
}

func TestRandomQueriesAgreeWithTheModel(t *testing.T) {
	g := &generator{Rand: seed(t), start: time.Date(2026, 11, 22, 23, 40, 0, 0, time.UTC), span: 40 * time.Minute}
	r := newRig(t, Options{limits: volume.Limits{Streams: 40, PerSecond: 2}}) // so that days have several volumes, streams several numbers
	docs := g.load(r, 300)
	r.reopen()
	docs = append(docs, g.load2(r, 300, 100)...)
	for range 250 / slowdown {
		c := g.query(2)
		indices := pick(g, []string{"logs-*", "logs-pay-*", "_all", indexPool[0] + "," + indexPool[1]})
		g.compare(r, docs, c, indices)
		if t.Failed() {
			return
		}
	}
}

// load2 loads further documents, numbered from first.
func (g *generator) load2(r *rig, first, n int) []*modelDoc {
	var docs []*modelDoc
	var entries []entry
	for i := range n {
		d := g.doc(first + i)
		docs = append(docs, d)
		entries = append(entries, entry{d.index, d.id, d.source})
	}
	r.load(entries)
	return docs
}

// compare checks hits, their order, the total, a histogram and facets of one query.
func (g *generator) compare(r *rig, docs []*modelDoc, c clause, indices string) {
	r.t.Helper()
	ascending, byOffset := g.IntN(2) == 0, g.IntN(3) == 0
	var want []*modelDoc
	for _, d := range docs {
		inIndices := indices == "logs-*" || indices == "_all" || indices == "logs-pay-*" && strings.HasPrefix(d.index, "logs-pay-") ||
			strings.Contains(indices, ",") && (d.index == indexPool[0] || d.index == indexPool[1])
		if inIndices && c.match(d) {
			want = append(want, d)
		}
	}
	sort.Slice(want, func(i, j int) bool {
		a, b := want[i], want[j]
		if !a.at.Equal(b.at) {
			return a.at.Before(b.at) == ascending
		}
		if byOffset {
			return a.fields["log.offset"][0].(int) < b.fields["log.offset"][0].(int)
		}
		return a.id < b.id
	})
	order, tie := "desc", "_id"
	if ascending {
		order = "asc"
	}
	if byOffset {
		tie = "log.offset"
	}
	interval := pick(g, []string{"60s", "7s", "250ms", "1h", "5m"})
	width, _ := time.ParseDuration(interval)
	size := pick(g, []int{0, 5, 1000})
	body := obj{
		"query": c.dsl, "size": size, "track_total_hits": true, "sort": []obj{{"@timestamp": order}, {tie: "asc"}},
		"aggs": obj{
			"h": obj{"date_histogram": obj{"field": "@timestamp", "fixed_interval": interval, "min_doc_count": 1}},
			"a": obj{"terms": obj{"field": "service.name", "size": 100}},
			"l": obj{"terms": obj{"field": "log.level", "size": 100}},
		},
	}
	if g.IntN(4) == 0 {
		delete(body, "aggs")
		body["track_total_hits"] = len(docs)
	}
	res := r.found(indices, body)
	fail := func(format string, args ...any) {
		b, _ := json.Marshal(body)
		r.t.Errorf("%s: %s\n%s", indices, fmt.Sprintf(format, args...), b)
	}
	if res.Hits.Total.Value != int64(len(want)) {
		fail("total %d, want %d", res.Hits.Total.Value, len(want))
	}
	if len(res.Hits.Hits) != min(size, len(want)) {
		fail("%d hits, want %d", len(res.Hits.Hits), min(size, len(want)))
		return
	}
	for i, h := range res.Hits.Hits {
		if h.ID != want[i].id || h.Index != want[i].index || string(h.Source) != want[i].source {
			fail("hit %d is %s, want %s", i, h.ID, want[i].id)
			return
		}
	}
	if body["aggs"] == nil {
		return
	}
	hist, apps, levels := map[string]int64{}, map[string]int64{}, map[string]int64{}
	for _, d := range want {
		hist[fmt.Sprint(d.at.UnixMilli()/width.Milliseconds()*width.Milliseconds())]++
		for _, v := range d.fields["service.name"] {
			apps[text(v)]++
		}
		for _, v := range d.fields["log.level"] {
			levels[text(v)]++
		}
	}
	for name, model := range map[string]map[string]int64{"h": hist, "a": apps, "l": levels} {
		got := map[string]int64{}
		for _, b := range res.Aggregations[name].Buckets {
			got[fmt.Sprint(b.Key)] = b.DocCount
		}
		if fmt.Sprint(got) != fmt.Sprint(model) {
			fail("aggregation %s is %v, want %v", name, got, model)
		}
	}
}
