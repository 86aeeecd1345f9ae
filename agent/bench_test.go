package agent_test

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/schemas/status"
	"github.com/millrace/millrace/schemas/topic"
)

// benchLines is how many nginx-like lines of 208 bytes one round ships.
const benchLines = 1_000_000

// BenchmarkFileToKafka ships a file, or the same lines in 50 files, to an
// embedded broker. The agent is a process of its own, so that its CPU time is
// its own: read "agent-cpu-s/Mlines", not ns/op.
func BenchmarkFileToKafka(b *testing.B) {
	for _, files := range []int{1, 50} {
		b.Run(fmt.Sprintf("files=%d", files), func(b *testing.B) {
			for b.Loop() {
				shipOnce(b, files)
			}
		})
	}
}

func shipOnce(b *testing.B, files int) {
	b.StopTimer()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, topic.Raw, topic.Agents))
	must(b, err)
	defer cluster.Close()
	w, err := servers()
	must(b, err)
	bn := newBenchOn(b, &world{brokers: cluster.ListenAddrs(), etcd: w.etcd})
	bn.raw.PauseFetchTopics(topic.Raw) // who reads along would cost more than who ships
	for i := range files {
		writeLines(b, bn.path(fmt.Sprintf("app-%d.log", i)), benchLines/files)
	}
	bn.collect("c", nil, "*.log")
	b.StartTimer()
	cmd := bn.spawn()
	bn.beat(func(a *status.Agent) bool { return a.Totals.LinesShipped == benchLines })
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	b.ReportMetric(cpu.Seconds()*1e6/benchLines, "agent-cpu-s/Mlines")
	b.StopTimer()
	must(b, os.RemoveAll(bn.logs))
	b.StartTimer()
}

func writeLines(b *testing.B, path string, n int) {
	f, err := os.Create(path)
	must(b, err)
	out := bufio.NewWriterSize(f, 1<<20)
	for i := range n {
		line := fmt.Sprintf(`10.%d.%d.%d - - [22/Nov/2026:10:20:%02d +0000] "GET /shop/item/%d?q=%x HTTP/1.1" 200 %d "https://example.org/" "Mozilla/5.0 (X11; Linux x86_64)"`,
			i%256, i/256%256, i*7%256, i%60, i, i*2654435761, i%9000)
		fmt.Fprintf(out, "%s%s\n", line, strings.Repeat("x", max(0, 207-len(line))))
	}
	must(b, out.Flush())
	must(b, f.Close())
}
