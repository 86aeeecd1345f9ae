package enrich_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/enrich"
	"github.com/millrace/millrace/schemas/topic"
)

// childEnv makes the test binary an enrich that its parent can kill -9: brokers,
// etcd and state folder stand in three variables that begin with it.
const childEnv = "MILLRACE_TEST_ENRICH"

func child() int {
	cfg := enrich.Default()
	cfg.Kafka = kafka.Config{Brokers: []string{os.Getenv(childEnv)}}
	cfg.Etcd = etcd.Config{Endpoints: []string{os.Getenv(childEnv + "_ETCD")}}
	cfg.StateDir = os.Getenv(childEnv + "_STATE")
	cfg.SessionTimeout = 2 * time.Second
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := enrich.Run(ctx, cfg, processors.Deps{Log: log}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// startChild runs enrich in a process of its own. The returned function sends it a
// signal, waits for its end unless it is one that stops or continues it, and returns what
// it used.
func startChild(tb testing.TB, cfg enrich.Config, stateDir string) (end func(os.Signal) *os.ProcessState) {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+cfg.Kafka.Brokers[0], childEnv+"_ETCD="+cfg.Etcd.Endpoints[0], childEnv+"_STATE="+stateDir)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	end = func(s os.Signal) *os.ProcessState {
		if cmd.ProcessState != nil {
			return cmd.ProcessState
		}
		_ = cmd.Process.Signal(s)
		if s != syscall.SIGSTOP && s != syscall.SIGCONT {
			_ = cmd.Wait() // "signal: killed"
		}
		return cmd.ProcessState
	}
	tb.Cleanup(func() { end(os.Kill) })
	return end
}

func TestCountsAreExactWhateverIsKilled(t *testing.T) {
	b, cfg := bed(t)
	rev := b.Publish(shop)
	kept := filepath.Join(t.TempDir(), "kept")
	const hosts, perRound, lines = 5, 40, 20
	total, seq := 0, uint64(0)
	size := 0
	for round, wiped := range []bool{false, false, true, false} {
		dir := kept
		if wiped {
			dir = filepath.Join(t.TempDir(), "new")
		}
		end := startChild(t, cfg, dir)
		before := total
		for range perRound {
			seq++
			for h := range hosts {
				value := accessLines(total, lines)
				b.Put(rawRecord(fmt.Sprintf("web-%d", h), seq, rev, value))
				total, size = total+lines, size+len(value)
			}
		}
		untilEvents(t, b, before+(total-before)*(round+1)/5) // in the midst of it
		end(os.Kill)
	}
	startChild(t, cfg, filepath.Join(t.TempDir(), "last"))
	batches := untilEvents(t, b, total)
	b.Eventually("everything is committed", func() bool {
		return b.Committed(topic.GroupEnrich, topic.Raw) == int64(seq)*hosts
	})
	ids := events(t, batches)
	again := 0
	for _, n := range ids {
		again += n - 1
	}
	t.Logf("%d events, %d of them written again", len(ids), again)
	if len(ids) != total {
		t.Errorf("%d different events, want %d", len(ids), total)
	}
	if again == 0 {
		t.Error("no record was delivered again: the test shows nothing")
	}
	b.Follow(topic.TableOf(topic.GroupEnrich))
	b.Eventually("the table is exact", func() bool {
		c := counted(t, b)
		return c.Lines == uint64(total) && c.Bytes == uint64(size) && c.Failures == 0
	})
}

// BenchmarkEnrich measures what a process of its own uses from raw topic to app
// topic, table and dead letters included: DESIGN §11 allows 1.5 CPU-seconds per
// million lines.
func BenchmarkEnrich(b *testing.B) {
	for b.Loop() {
		benchEnrich(b)
	}
}

func benchEnrich(b *testing.B) {
	b.Helper()
	const records, lines = 1000, 1000
	bed, cfg := bed(b)
	rev := bed.Publish(shop)
	value := accessLines(0, lines)
	for i := range uint64(records) {
		bed.Put(rawRecord(fmt.Sprintf("web-%d", i%20), 1+i/20, rev, value))
	}
	end := startChild(b, cfg, filepath.Join(b.TempDir(), "state"))
	began := time.Now()
	bed.Eventually("everything is committed", func() bool { return bed.Committed(topic.GroupEnrich, topic.Raw) == records })
	took := time.Since(began)
	used := end(syscall.SIGTERM)
	million := float64(records*lines) / 1e6
	b.ReportMetric((used.UserTime()+used.SystemTime()).Seconds()/million, "CPU-s/Mlines")
	b.ReportMetric(records*lines/took.Seconds(), "lines/s")
}
