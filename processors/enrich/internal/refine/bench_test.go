package refine_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/topic"
)

// accessLines are n lines of about 200 bytes, no two alike.
func accessLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "198.51.%d.%d - - [22/Nov/2026:09:59:%02d +0000] \"GET /shop/cart?item=%d&page=%d HTTP/1.1\" %d %d "+
			"\"https://shop.example.com/list/%d\" \"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\"\n",
			i%256, i%250, i/50%60, i, i%17, 200+i%5, 1000+i, i)
	}
	return b.String()
}

// The budget is 1 µs a line in the hot shape: the rest of the 1.5 s per million
// lines belongs to Kafka's client.
func BenchmarkRefine(b *testing.B) {
	for _, shape := range []struct {
		name         string
		lines, files int
	}{{"hot file", 1000, 1}, {"five quiet files", 5, 5}} {
		b.Run(shape.name, func(b *testing.B) {
			value := accessLines(shape.lines)
			m, v := raw(value)
			for rest := value; rest != ""; {
				n := len(rest) / (shape.files - len(m.Segments))
				n += strings.IndexByte(rest[n-1:], '\n')
				s := lines(n)
				s.Src[0], s.Path = byte(len(m.Segments)), fmt.Sprintf("/var/log/shop/%d.log", len(m.Segments))
				m.Segments = append(m.Segments, s)
				rest = rest[n:]
			}
			header := new(record.Encoder).Append(nil, m)
			place := refine.Place{Key: host, Partition: topic.Partition([]byte(host), 4), Partitions: 4}
			found := each(compile(b, shop), m)
			var w refine.Worker
			b.SetBytes(int64(len(value)))
			b.ReportAllocs()
			start := cpuTime()
			for i := 0; b.Loop(); i++ {
				m, refusal := w.Open(place, header, true, v)
				if refusal != nil {
					b.Fatal(refusal)
				}
				m.At = m.At.Add(time.Duration(i) * time.Millisecond) // no two records were read at the same time
				if out := w.Refine(m, v, found); out.Tally.Out != shape.lines || out.Tally.Failed > 0 {
					b.Fatalf("%+v", out.Tally)
				}
			}
			b.ReportMetric(float64(cpuTime()-start)/float64(b.N*shape.lines), "cpu-ns/line")
		})
	}
}

// cpuTime is what the process has used of processors: on a busy machine it says more than the time that passed.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
