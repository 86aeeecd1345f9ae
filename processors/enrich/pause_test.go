package enrich_test

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/table"
	"github.com/millrace/millrace/schemas/hosts"
	"github.com/millrace/millrace/schemas/topic"
)

// A processor that stood still has lost its partitions to another, and goes on with what it
// had fetched until it hears of that. If the other ends just then, what the first one wrote
// late is the last in the table's topic.
func TestCountsAreExactAroundAPause(t *testing.T) {
	b, cfg := bed(t)
	rev := b.Publish(shop)
	const names, lines = 6, 300
	total, seq := 0, uint64(0)
	put := func(rounds int) {
		for range rounds {
			seq++
			for h := range names {
				b.Put(rawRecord(fmt.Sprintf("web-%d", h), seq, rev, accessLines(total, lines)))
				total += lines
			}
		}
	}
	paused := startChild(t, cfg, filepath.Join(t.TempDir(), "paused"))
	others := t.TempDir()
	put(20)
	untilEvents(t, b, total)
	for round := range 3 {
		from := total
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			put(100)
		}()
		untilEvents(t, b, from+1) // it is in the midst of it, with more in its hands
		paused(syscall.SIGSTOP)
		<-ended
		other := startChild(t, cfg, filepath.Join(others, "other"))
		untilEvents(t, b, total)
		put(20)
		paused(syscall.SIGCONT)
		time.Sleep(time.Duration(round) * 250 * time.Millisecond) // the kill shall hit anywhere
		other(os.Kill)
		untilEvents(t, b, total)
		b.Eventually("everything is committed", func() bool {
			return b.Committed(topic.GroupEnrich, topic.Raw) == int64(seq)*names
		})
	}
	v := table.New(cfg.Kafka, topic.TableOf(topic.GroupEnrich), b.Log())
	b.Run(v.Run)
	b.Eventually("the table is exact", func() bool {
		all, err := v.All()
		counted := 0
		for _, value := range all {
			state, err := hosts.Decode(value)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range state.Apps {
				counted += int(a.Lines)
			}
		}
		return err == nil && counted == total
	})
}
