package search

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"
)

// benchDoc is shaped like an nginx access log event.
func benchDoc(rng *rand.Rand, n int) string {
	status := []int{200, 200, 200, 200, 304, 404, 500}[rng.IntN(7)]
	at := noon.Add(time.Duration(n) * 2 * time.Millisecond)
	host, path := int(rng.ExpFloat64()*10)%100, rng.IntN(2000)
	return fmt.Sprintf(`{"@timestamp":%q,"message":"10.1.%d.%d - - [22/Nov/2026:12:00:00 +0000] \"GET /product/%d/view?ref=%d HTTP/1.1\" %d %d \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"",`+
		`"event":{"created":%q},"host":{"name":"web-%d"},"log":{"file":{"path":"/var/log/shop/access.log"},"offset":%d,"level":"info"},"service":{"name":"app-%d","environment":"prod"},`+
		`"source":{"ip":"10.1.%d.%d"},"http":{"request":{"method":"GET"},"response":{"status_code":%d,"body":{"bytes":%d}},"version":"1.1"},"url":{"original":"/product/%d/view"},`+
		`"user_agent":{"original":"Mozilla/5.0 (X11; Linux x86_64)"},"agent":{"id":"agent-%d","type":"millrace"},"millrace":{"collection":"shop-access","revision":"0123456789abcdef"},"ecs":{"version":"8.11"}}`,
		at.Format("2006-01-02T15:04:05.000Z07:00"), host, path%250, path, rng.IntN(50), status, rng.IntN(50000), at.Format(time.RFC3339Nano), host, n*200, host%8, host, path%250, status, rng.IntN(50000), path, host)
}

func benchBody(rng *rand.Rand, from, n int) []byte {
	var b bytes.Buffer
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&b, "{\"create\":{\"_index\":\"logs-shop-prod-2026.11.22\",\"_id\":%q}}\n%s\n", eventID(i), benchDoc(rng, i))
	}
	return b.Bytes()
}

func cpuSeconds(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

func post(b *testing.B, s *Store, path string, body []byte) string {
	b.Helper()
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body)))
	out, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != 200 {
		b.Fatal(w.Code, string(out), err)
	}
	return string(out)
}

func benchStore(b *testing.B) *Store {
	b.Helper()
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

// BenchmarkIngest sends bulk requests of 5,000 documents, as the indexer does; one operation is one request.
func BenchmarkIngest(b *testing.B) {
	const size = 5000
	s := benchStore(b)
	rng := rand.New(rand.NewPCG(1, 1))
	bytes, cpu, docs := 0, 0.0, 0
	for b.Loop() {
		b.StopTimer()
		body := benchBody(rng, docs, size)
		before := cpuSeconds(b)
		b.StartTimer()
		post(b, s, "/_bulk?filter_path=errors", body)
		cpu += cpuSeconds(b) - before
		docs += size
		bytes += len(body)
	}
	b.ReportMetric(float64(docs)/cpu, "docs/CPU-s")
	b.ReportMetric(float64(s.size())/float64(docs), "B/doc")
}

func BenchmarkSearch(b *testing.B) {
	s := benchStore(b)
	rng := rand.New(rand.NewPCG(1, 1))
	const docs = 200_000
	for i := 0; i < docs; i += 5000 {
		post(b, s, "/_bulk?filter_path=errors", benchBody(rng, i, 5000))
	}
	page := `{"size":50,"track_total_hits":true,"sort":[{"@timestamp":"desc"},{"_id":"desc"}],"query":%s,"aggs":{"h":{"date_histogram":{"field":"@timestamp","fixed_interval":"1m"}},
		"a":{"terms":{"field":"service.name"}},"o":{"terms":{"field":"host.name"}},"l":{"terms":{"field":"log.level"}}}}`
	newest := `{"size":50,"track_total_hits":false,"sort":[{"@timestamp":"desc"},{"_id":"desc"}],"query":%s}`
	text := `{"match":{"message":{"query":"product 500","operator":"and"}}}`
	for name, body := range map[string]string{
		"default page":                 fmt.Sprintf(page, `{"match_all":{}}`),
		"text page":                    fmt.Sprintf(page, text),
		"text newest 50":               fmt.Sprintf(newest, text),
		"phrase newest 50":             fmt.Sprintf(newest, `{"match_phrase":{"message":"get product 77"}}`),
		"status newest 50":             fmt.Sprintf(newest, `{"term":{"http.response.status_code":500}}`),
		"one host newest 50":           fmt.Sprintf(newest, `{"term":{"host.name":"web-70"}}`),
		"unindexed range over all":     fmt.Sprintf(page, `{"range":{"http.response.status_code":{"gte":500}}}`),
		"text with a negation, a page": fmt.Sprintf(page, `{"bool":{"must_not":[{"term":{"http.response.status_code":200}}]}}`),
	} {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				post(b, s, "/_search", []byte(body))
			}
		})
	}
}
