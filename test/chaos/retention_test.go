package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/schemas/topic"
	"github.com/millrace/millrace/test/chaos/ledger"
	"github.com/millrace/millrace/test/chaos/plan"
	"github.com/millrace/millrace/test/chaos/site"
	"github.com/millrace/millrace/test/servers"
)

const wave = 400 // lines

// Lines that Kafka deleted before the processors came back are lost, and nobody can
// bring them back. What must not be is that nobody is told: the log names the very
// offsets of every partition, and reading goes on behind them.
func TestLinesThatRetentionTookAreARecordedGap(t *testing.T) {
	if !servers.Wanted() {
		t.Skip("skipped: real servers are for make test-real")
	}
	w := newWaves(t)
	w.write()
	w.until("the first wave is indexed", func() bool { return w.indexed() == wave })
	w.until("all of it is committed", func() bool { return maps.Equal(w.committed(), w.bounds(sarama.OffsetNewest)) })
	committed := w.committed()

	processor := plan.Fault{Kind: plan.Kill, Target: plan.Target{Role: plan.Processor, N: 0}}
	w.try(w.site.Strike(processor))
	w.write()
	w.until("the second wave is in Kafka", func() bool { return w.inRaw() == 2*wave })
	w.retention("1")
	w.until("Kafka has deleted it", func() bool { return maps.Equal(w.bounds(sarama.OffsetOldest), w.bounds(sarama.OffsetNewest)) })
	w.retention("3600000")
	oldest := w.bounds(sarama.OffsetOldest)
	w.try(w.site.Heal(t.Context(), processor))
	w.write()
	w.until("the third wave is indexed", func() bool { return w.indexed() == 2*wave })

	want := map[int32][2]int64{}
	for p := range oldest {
		if committed[p] < oldest[p] {
			want[p] = [2]int64{committed[p], oldest[p]}
		}
	}
	if got := w.gaps(); len(want) == 0 || !maps.Equal(got, want) {
		t.Errorf("the log tells of gaps %v, want %v", got, want)
	}
	books := ledger.New(seed, map[string]int{file: 3 * wave})
	w.try(w.index.all(t.Context(), books.Found))
	lost := []ledger.Range{{File: file, First: wave, Last: 2*wave - 1}}
	if b := books.Balance(); !slices.Equal(b.LostRanges, lost) || b.Duplicate+b.Mangled+b.Foreign > 0 {
		t.Errorf("%s, lost %v", b, b.LostRanges)
	}
}

const (
	seed = 9
	host = "web-1"
	file = host + "/a1"
)

// waves writes the same number of lines again and again.
type waves struct {
	t      *testing.T
	dir    string
	site   *site.Site
	index  index
	topics topics
	admin  sarama.ClusterAdmin
	n      int
}

// newWaves is a small site whose Kafka looks often for what is to be deleted.
func newWaves(t *testing.T) *waves {
	t.Helper()
	t.Chdir("../..") // the programs are built from here
	w := &waves{t: t, dir: t.TempDir()}
	r := run{dir: w.dir}
	bin, err := r.build(t.Context())
	w.try(err)
	logs := filepath.Join(w.dir, "logs")
	w.try(os.MkdirAll(filepath.Join(logs, host), 0o755))
	w.site, err = site.Start(t.Context(), site.Config{
		Bin: bin, Dir: w.dir, Logs: logs, Hosts: []string{host}, Processors: 1, Indexers: 1, Brokers: 1, Members: 1, Partitions: 2,
		KafkaSettings: map[string]string{"log.retention.check.interval.ms": "500", "log.segment.delete.delay.ms": "100"},
	})
	w.try(err)
	t.Cleanup(func() { w.try(w.site.Close()) })
	w.index = index{w.site.Search.URL()}
	w.topics, err = dialTopics(w.site.Kafka.Config())
	w.try(err)
	w.admin, err = sarama.NewClusterAdminFromClient(w.topics.client)
	w.try(err)
	t.Cleanup(func() { _ = w.admin.Close() })
	w.try(collections{w.site.AdminURL, logs}.insist(t.Context(), 0, 0, time.Minute))
	return w
}

func (w *waves) try(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *waves) until(what string, done func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer cancel()
	for !done() {
		if !wait(ctx, 200*time.Millisecond) {
			w.t.Fatalf("waited in vain until %s", what)
		}
	}
}

func (w *waves) write() {
	w.t.Helper()
	out, err := os.OpenFile(filepath.Join(w.dir, "logs", host, "a1.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	w.try(err)
	defer out.Close()
	for range wave {
		_, err := out.WriteString(ledger.Line(seed, file, w.n) + "\n")
		w.try(err)
		w.n++
	}
}

func (w *waves) indexed() int {
	n, err := w.index.count(w.t.Context())
	if err != nil {
		return -1 // there is no index yet
	}
	return n
}

// inRaw is how many lines the raw topic has.
func (w *waves) inRaw() int {
	n := 0
	w.try(w.topics.read(w.t.Context(), topic.Raw, func(m *sarama.ConsumerMessage) { n += strings.Count(string(m.Value), "\n") }))
	return n
}

func (w *waves) bounds(which int64) map[int32]int64 {
	all := map[int32]int64{}
	for p := range int32(2) {
		offset, err := w.topics.client.GetOffset(topic.Raw, p, which)
		w.try(err)
		all[p] = offset
	}
	return all
}

// committed are the offsets of enrich; 0 where it has none.
func (w *waves) committed() map[int32]int64 {
	answer, err := w.admin.ListConsumerGroupOffsets(topic.GroupEnrich, map[string][]int32{topic.Raw: {0, 1}})
	w.try(err)
	all := map[int32]int64{}
	for p := range int32(2) {
		all[p] = max(0, answer.GetBlock(topic.Raw, p).Offset)
	}
	return all
}

func (w *waves) retention(ms string) {
	w.t.Helper()
	w.try(w.admin.IncrementalAlterConfig(sarama.TopicResource, topic.Raw,
		map[string]sarama.IncrementalAlterConfigsEntry{"retention.ms": {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &ms}}, false))
}

var gapLine = regexp.MustCompile(`records were gone before they were read.* topic=raw partition=(\d+) committed=(\d+) oldest=(\d+) `)

// gaps are those that the processor's log tells of: by partition, from and to.
func (w *waves) gaps() map[int32][2]int64 {
	text, err := os.ReadFile(filepath.Join(w.dir, "processor-1.log"))
	w.try(err)
	all := map[int32][2]int64{}
	for _, m := range gapLine.FindAllStringSubmatch(string(text), -1) {
		var n [3]int64
		for i := range n {
			n[i], err = strconv.ParseInt(m[i+1], 10, 64)
			w.try(err)
		}
		if _, twice := all[int32(n[0])]; twice {
			w.t.Errorf("told twice: %s", fmt.Sprint(m))
		}
		all[int32(n[0])] = [2]int64{n[1], n[2]}
	}
	return all
}
