package load_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/indexer/internal/load"
	"github.com/millrace/millrace/indexer/internal/meter"
	"github.com/millrace/millrace/indexer/internal/store"
	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/deadletter"
	"github.com/millrace/millrace/schemas/record"
)

// nginxDoc is an access line of 200 bytes as enrich writes it.
const nginxDoc = `{"@timestamp":"2026-11-22T09:%02d:%02d.000Z","message":"203.0.113.%d - - [22/Nov/2026:09:00:00 +0000] \"GET /shop/cart/%d?ref=mail HTTP/1.1\" 200 5316 \"https://shop.example/\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36\"","event":{"created":"2026-11-22T09:00:00.100Z"},"host":{"name":"web-17"},"log":{"file":{"path":"/var/log/shop/access.log"},"offset":%d},"service":{"name":"shop","environment":"prod"},"agent":{"id":"0123456789abcdef","type":"millrace"},"millrace":{"collection":"shop-access","revision":"0123456789abcdef"},"source":{"ip":"203.0.113.9"},"http":{"request":{"method":"GET","referrer":"https://shop.example/"},"response":{"status_code":200,"body":{"bytes":5316}},"version":"1.1"},"url":{"original":"/shop/cart/17?ref=mail"},"user_agent":{"original":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"},"ecs":{"version":"8.17"}}`

// nginxBatch is a record of count events: its manifest and its value.
func nginxBatch(count int) (header, value []byte) {
	m := batch.Manifest{Writer: record.Writer{ID: "a"}, At: time.Now(), Runs: []batch.Run{{Count: uint32(count), Index: "logs-shop-prod-2026.11.22", Retention: collect.MaxRetention}}}
	for n := range count {
		value = append(fmt.Appendf(value, nginxDoc, n/60%60, n%60, n%256, n, n*200), '\n')
		m.IDs = append(m.IDs, record.NewEventID(record.SourceID{1}, 1, uint64(n*200), []byte{byte(n)}))
	}
	return batch.Append(nil, &m), value
}

type settled struct{ sync.WaitGroup }

func (s *settled) Settled(int64) { s.Done() }
func (s *settled) Gone() bool    { return false }

// sinkVariable makes this test binary a server that reads and drops bulk bodies, so
// that what the server costs is not counted.
const sinkVariable = "MILLRACE_TEST_SINK"

func TestMain(m *testing.M) {
	if os.Getenv(sinkVariable) == "" {
		goleak.VerifyTestMain(m)
		return
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, `{"errors":false}`)
	}))
	fmt.Println(server.URL)
	_, _ = io.Copy(io.Discard, os.Stdin) // until the parent goes
}

func startSink(b *testing.B) (address string) {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), sinkVariable+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	if _, err := fmt.Fscanln(out, &address); err != nil {
		b.Fatal(err)
	}
	return address
}

// BenchmarkIndexer measures batches to bulk bodies on the wire: decoding the manifest,
// the body, the request over a loopback socket and the answer, without Kafka's client.
func BenchmarkIndexer(b *testing.B) {
	for _, bm := range []struct {
		name   string
		events int
		gzip   int
	}{{"500 events a record", 500, 0}, {"3 events a record", 3, 0}, {"500 events a record, gzip 1", 500, 1}} {
		b.Run(bm.name, func(b *testing.B) { benchmark(b, bm.events, bm.gzip) })
	}
}

func benchmark(b *testing.B, events, level int) {
	b.Helper()
	client, err := elastic.New(elastic.Config{Addresses: []string{startSink(b)}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = client.Close(context.Background()) })
	m := meter.New(nil)
	l := load.New(load.Config{FlushBytes: 4 << 20, FlushEvery: 200 * time.Millisecond, InFlight: 2, Budget: 64 << 20},
		store.New(client, level, time.Minute), nil, m, slog.New(slog.DiscardHandler), time.Now)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	}()

	header, value := nginxBatch(events)
	decoder := bulk.NewDecoder()
	var owner settled
	records := max(1, 100_000/events) // a round of 100,000 events
	b.SetBytes(int64(records * len(value)))
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	for range b.N {
		owner.Add(records)
		for n := range records {
			batch, err := decoder.Decode(header, nil, value, deadletter.Origin{})
			if err != nil {
				b.Fatal(err)
			}
			if err := l.Take(ctx, load.Work{Owner: &owner, Offset: int64(n), Bytes: int64(len(value)), Batch: batch}); err != nil {
				b.Fatal(err)
			}
		}
		l.Kick()
		owner.Wait()
	}
	million := float64(b.N*records*events) / 1e6
	b.ReportMetric((cpu()-before).Seconds()/million, "CPU-s/Mdocs")
}

// cpu is the time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
