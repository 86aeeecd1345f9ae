package search

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	// bigEnv is how many documents BenchmarkBig has; without it the benchmark is skipped.
	bigEnv = "MILLRACE_BENCH_DOCS"
	// bigBatch is how many documents one request has: about the 4 MiB at which the indexer closes a body.
	bigBatch = 4096
	// bigRepeats is how often each question is asked.
	bigRepeats = 20
)

// day makes the documents of one day of nginx access logs as the pipeline writes them, in order but for a few seconds:
// 100 hosts, of which some are busy, 8 apps, whole seconds.
type day struct {
	rng   *rand.Rand
	total int
	buf   []byte
}

var (
	bigAgents = []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36",
		"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
		"curl/8.14.1", "kube-probe/1.34",
	}
	bigStatuses = []int{200, 200, 200, 200, 200, 200, 200, 200, 304, 304, 301, 404}
	bigFailures = []int{500, 502, 503}
)

func (d *day) at(n int) time.Time {
	start := time.Date(2026, 11, 22, 0, 0, 3, 0, time.UTC)
	step := (24*time.Hour - 10*time.Second) / time.Duration(d.total)
	return start.Add(time.Duration(n)*step + time.Duration(d.rng.IntN(6000)-3000)*time.Millisecond).Truncate(time.Second)
}

// body is a bulk request of documents [from, from+n). It is valid until the next one.
func (d *day) body(from, n int) []byte {
	d.buf = d.buf[:0]
	for i := from; i < from+n; i++ {
		d.append(i)
	}
	return d.buf
}

func (d *day) append(n int) {
	rng, at := d.rng, d.at(n)
	host := min(int(rng.ExpFloat64()*15), 99)
	app := host % 8
	status := bigStatuses[rng.IntN(len(bigStatuses))]
	if rng.IntN(50) == 0 {
		status = bigFailures[rng.IntN(len(bigFailures))]
	}
	path := fmt.Sprintf("/catalog/item/%d", rng.IntN(200_000))
	switch {
	case rng.IntN(100_000) == 0:
		path = "/catalog/needle42"
	case rng.IntN(6) == 0:
		path = "/checkout/cart"
	}
	query := "ref=" + strconv.Itoa(rng.IntN(97))
	ip := fmt.Sprintf("203.0.%d.%d", rng.IntN(200), rng.IntN(250))
	agent, bytes := bigAgents[rng.IntN(len(bigAgents))], 200+rng.IntN(40_000)
	d.buf = fmt.Appendf(d.buf, `{"create":{"_index":"logs-app_%d-prod-2026.11.22","_id":%q}}`+"\n", app, bigID(host, n))
	d.buf = fmt.Appendf(d.buf, `{"@timestamp":"%s","message":"%s - - [%s] \"GET %s?%s HTTP/1.1\" %d %d \"https://shop.example.org/catalog\" \"%s\"",`,
		at.Format("2006-01-02T15:04:05.000Z"), ip, at.Format("02/Jan/2006:15:04:05 -0700"), path, query, status, bytes, agent)
	d.buf = fmt.Appendf(d.buf, `"event":{"created":"%s"},"host":{"name":"web-%02d"},"http":{"request":{"method":"GET","referrer":"https://shop.example.org/catalog"},`+
		`"response":{"body":{"bytes":%d},"status_code":%d},"version":"1.1"},"log":{"file":{"path":"/var/log/app-%d/access.log"},"offset":%d},`,
		at.Add(time.Duration(rng.Int64N(1e9))).Format(time.RFC3339Nano), host, bytes, status, app, n*206)
	d.buf = fmt.Appendf(d.buf, `"source":{"address":"%s","ip":"%s"},"url":{"original":"%s?%s","path":"%s","query":"%s"},"user_agent":{"original":"%s"},`,
		ip, ip, path, query, path, query, agent)
	d.buf = fmt.Appendf(d.buf, `"agent":{"id":"0db45fc8dd193e6a722%05d","type":"millrace"},"ecs":{"version":"8.17.0"},"millrace":{"collection":"app-%d","revision":"f4b7975cc359f306"},`+
		`"service":{"environment":"prod","name":"app-%d"}}`+"\n", host, app, app)
}

// bigID has the form of an event id: source, generation, offset and checksum, in base64url.
func bigID(host, n int) string {
	b := make([]byte, 24)
	copy(b, fmt.Sprintf("source-%05d", host))
	for i := range 5 {
		b[20-i] = byte(uint64(n*206) >> (8 * i))
	}
	sum := uint32(n) * 2654435761
	b[21], b[22], b[23] = byte(sum), byte(sum>>8), byte(sum>>16)
	return base64.RawURLEncoding.EncodeToString(b)
}

// The questions are those of admin's search page: a page is the newest 50 with a histogram and three facets.
const (
	bigList  = `"size":50,"sort":[{"@timestamp":{"order":"desc","unmapped_type":"date"}},{"log.offset":{"order":"desc","unmapped_type":"long"}}]`
	bigFacet = `"app":{"terms":{"field":"service.name","size":10}},"host":{"terms":{"field":"host.name","size":10}},"level":{"terms":{"field":"log.level","size":10}}`
	bigDay   = `{"range":{"@timestamp":{"gte":"2026-11-22T00:00:00.000Z","lt":"2026-11-22T23:59:30.500Z"}}}`
	bigShort = `{"range":{"@timestamp":{"gte":"2026-11-22T17:07:11.250Z","lt":"2026-11-22T17:22:11.250Z"}}}`
)

func bigPage(within, width string, total any, query ...string) string {
	filters := strings.Join(append([]string{within}, query...), ",")
	return fmt.Sprintf(`{%s,"track_total_hits":%v,"query":{"bool":{"filter":[%s]}},"aggs":{%s,"histogram":{"date_histogram":{"field":"@timestamp","fixed_interval":%q,"min_doc_count":1}}}}`,
		bigList, total, filters, bigFacet, width)
}

func bigNewest(query ...string) string {
	return fmt.Sprintf(`{%s,"track_total_hits":false,"query":{"bool":{"filter":[%s]}}}`, bigList, strings.Join(query, ","))
}

var (
	bigText = func(words string) string {
		return fmt.Sprintf(`{"match":{"message":{"query":%q,"operator":"and"}}}`, words)
	}
	bigFailed  = `{"range":{"http.response.status_code":{"gte":500}}}`
	bigQueries = []struct{ name, body string }{
		{"default page, 24 h", bigPage(bigDay, "30m", true)},
		{"default page, 15 min", bigPage(bigShort, "15s", true)},
		{"total and facets, no time range", fmt.Sprintf(`{"size":1,%s,"track_total_hits":true,"query":{"match_all":{}},"aggs":{%s}}`, bigList[10:], bigFacet)},
		{"page of one host, 24 h", bigPage(bigDay, "30m", true, `{"term":{"host.name":{"value":"web-70"}}}`)},
		{"newest 50: checkout (16%)", bigNewest(bigDay, bigText("checkout"))},
		{"newest 50: catalog chrome", bigNewest(bigDay, bigText("catalog chrome"))},
		{"newest 50: needle42 (0.001%)", bigNewest(bigDay, bigText("needle42"))},
		{"newest 50: phrase \"get checkout cart\"", bigNewest(bigDay, `{"match_phrase":{"message":"get checkout cart"}}`)},
		{"page: needle42, 24 h", bigPage(bigDay, "30m", 10_000, bigText("needle42"))},
		{"page: checkout (16%), 24 h", bigPage(bigDay, "30m", 10_000, bigText("checkout"))},
		{"page: status_code:>=500 (2%), 15 min", bigPage(bigShort, "15s", 10_000, bigFailed)},
		{"page: status_code:>=500 (2%), 24 h", bigPage(bigDay, "30m", 10_000, bigFailed)},
		{"page: source.ip, 24 h", bigPage(bigDay, "30m", 10_000, `{"term":{"source.ip":{"value":"203.0.7.7"}}}`)},
		{"page: url.path:/checkout*, 24 h", bigPage(bigDay, "30m", 10_000, `{"prefix":{"url.path":{"value":"/checkout"}}}`)},
		{"page: bytes:>40000 (0.5%), 15 min", bigPage(bigShort, "15s", 10_000, `{"range":{"http.response.body.bytes":{"gt":40000}}}`)},
	}
)

// BenchmarkBig fills a store with a day of documents through its bulk path, then asks what the search page asks. It
// prints a table of its own.
func BenchmarkBig(b *testing.B) {
	total, err := strconv.Atoi(os.Getenv(bigEnv))
	if err != nil {
		b.Skip("set " + bigEnv + " to a number of documents")
	}
	s := benchStore(b)
	d := &day{rng: rand.New(rand.NewPCG(1, 1)), total: total}
	cpu, wall, bytes := 0.0, time.Duration(0), 0
	for n := 0; n < total; n += bigBatch {
		body := d.body(n, min(bigBatch, total-n))
		before, start := cpuSeconds(b), time.Now()
		post(b, s, "/_bulk?filter_path=errors", body)
		cpu, wall, bytes = cpu+cpuSeconds(b)-before, wall+time.Since(start), bytes+len(body)
	}
	fmt.Printf("\n%d documents of %d bytes: %.1f µs of CPU and %.1f µs each (%.0f documents per CPU-second), %d bytes each on disk, %d MB resident\n",
		total, bytes/total, cpu*1e6/float64(total), float64(wall.Microseconds())/float64(total), float64(total)/cpu, s.size()/int64(total), resident(b))
	for _, q := range bigQueries {
		took := make([]time.Duration, bigRepeats)
		hits := ""
		for i := range took {
			start := time.Now()
			answer := post(b, s, "/logs-*/_search", []byte(q.body))
			took[i] = time.Since(start)
			_, hits, _ = strings.Cut(answer, `"total":{"value":`)
		}
		slices.Sort(took)
		hits, _, _ = strings.Cut(hits, ",")
		ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
		fmt.Printf("| %-40s | %8s | %7.1f | %7.1f |\n", q.name, hits, ms(took[bigRepeats/2]), ms(took[bigRepeats-2]))
	}
	fmt.Printf("%d MB resident\n", resident(b))
}

// resident is the memory of this process in MB.
func resident(b *testing.B) int {
	b.Helper()
	runtime.GC()
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0 // another system
	}
	var size, pages int
	if _, err := fmt.Sscan(string(raw), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return pages * os.Getpagesize() >> 20
}
