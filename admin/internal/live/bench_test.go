package live

import (
	"fmt"
	"testing"

	"github.com/millrace/millrace/internal/kafka"
)

// BenchmarkDispatch is what fanning out 1,000 lines costs, one batch as agents make
// them. At 20,000 lines a second there are 20 of them each second.
func BenchmarkDispatch(b *testing.B) {
	docs := make([]string, 1000)
	for i := range docs {
		docs[i] = doc(fmt.Sprintf(`203.0.113.%d - - [22/Nov/2026:10:00:00 +0000] "GET /item/%d HTTP/1.1" 200 512 "-" "Mozilla/5.0 (X11; Linux x86_64)"`, i%250, i),
			`"log":{"level":"info","offset":1234567,"file":{"path":"/var/log/shop/access.log"}},"http":{"version":"1.1","request":{"method":"GET"},"response":{"status_code":200,"body":{"bytes":512}}}`,
			`"host":{"name":"web-1"},"service":{"name":"shop","environment":"prod"},"url":{"path":"/item/7","original":"/item/7"},"source":{"ip":"203.0.113.9","address":"203.0.113.9"}`)
	}
	m := message("shop", "web-1", docs...)
	for _, c := range []struct {
		name string
		f    Filter
	}{
		{"of another host", Filter{Host: "web-2"}},
		{"everything", Filter{}},
		{"a level that is not there", Filter{Level: "error"}},
		{"a level that is there", Filter{Level: "info"}},
		{"a field", Filter{Text: parse(b, "http.response.status_code:>=500")}},
		{"a word", Filter{Text: parse(b, "timeout")}},
	} {
		for _, tails := range []int{1, 10} {
			b.Run(fmt.Sprintf("%s for %d tails", c.name, tails), func(b *testing.B) {
				h := New(kafka.Config{}, nil, nil)
				for range tails {
					open(b, h, c.f)
				}
				var one batch
				b.SetBytes(int64(len(m.Value)))
				b.ReportAllocs()
				for b.Loop() {
					one.reset("shop", m)
					h.dispatch(&one, 0)
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)*20/1e4, "%cpu@20k/s")
			})
		}
	}
}
