// Package examples_test runs the examples as the program that a user would build, and
// kills it.
package examples_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/examples/failures"
	"github.com/millrace/millrace/processors/examples/requests"
	"github.com/millrace/millrace/processors/internal/testbed"
	"github.com/millrace/millrace/processors/program"
	"github.com/millrace/millrace/processors/tester"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/topic"
	"github.com/millrace/millrace/test/servers"
)

const childEnv = "MILLRACE_TEST_EXTRA"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" { // this process is the program that a test kills
		os.Args = []string{"extra", "--log-level", "warn"}
		os.Exit(program.Main(requests.Processor, failures.Processor))
	}
	goleak.VerifyTestMain(m, testbed.Leaks()...)
}

// start runs the program; kill ends it as kill -9 does.
func start(t *testing.T, b *testbed.Bed, stateDir string) (kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=1", "MILLRACE_KAFKA_BROKERS="+b.Config("").Kafka.Brokers[0],
		"MILLRACE_EXTRA_STATE_DIR="+stateDir, "MILLRACE_EXTRA_REPLICATION=1", "MILLRACE_EXTRA_SESSION_TIMEOUT=2s")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // "signal: killed"
		}
	}
	t.Cleanup(kill)
	return kill
}

// event is a request of one of three clients in the nth minute; each fifth one fails.
func event(n, minute int) string {
	status := 200
	if n%5 == 0 {
		status = 503
	}
	return fmt.Sprintf(`{"@timestamp":%q,"source":{"ip":"10.0.0.%d"},"http":{"response":{"status_code":%d,"body":{"bytes":%d}}}}`,
		tester.Noon.Add(time.Duration(minute)*time.Minute).Format(time.RFC3339), n%3, status, n)
}

// truth is what has been written.
type truth struct {
	clients map[string]requests.Clients // by host
	alerts  map[string]bool             // by key and minute
	batches map[string]int              // by topic
	seq     uint64
}

const (
	hosts, perBatch = 5, 20
	// alertAfter is failures' default for the least responses of a minute.
	alertAfter = 100
)

// write writes one minute of an app's requests on each host, some batches twice, as
// after a crash of enrich.
func (w *truth) write(b *testbed.Bed, app string, minute int) {
	for i := range alertAfter / perBatch {
		w.seq++
		for h := range hosts {
			host := fmt.Sprintf("web-%d", h)
			var events []string
			for n := range perBatch {
				events = append(events, event(n, minute))
				client := fmt.Sprintf("10.0.0.%d", n%3)
				if w.clients[host] == nil {
					w.clients[host] = requests.Clients{}
				}
				u := w.clients[host][client]
				w.clients[host][client] = requests.Usage{Requests: u.Requests + 1, Bytes: u.Bytes + int64(n)}
			}
			r := toKafka(tester.Batch(app, host, w.seq, events...))
			b.Put(r)
			w.batches[r.Topic]++
			if i == h {
				b.Put(toKafka(tester.Batch(app, host, w.seq, events...)))
				w.batches[r.Topic]++
			}
			w.alerts[fmt.Sprintf("%s/%s %d", app, host, minute)] = true
		}
	}
}

func toKafka(r processors.Record) *kgo.Record {
	header, _ := r.Header(batch.Header)
	return &kgo.Record{
		Topic: r.Topic, Key: []byte(r.Key), Value: r.Value,
		Headers: []kgo.RecordHeader{{Key: batch.Header, Value: header}},
	}
}

func TestCountsAreExactWhateverIsKilled(t *testing.T) {
	b := testbed.Start(t, topic.Logs("shop"), topic.DeadLogs)
	countThroughKills(t, b)
}

func TestCountsAreExactWhateverIsKilledOnRealKafka(t *testing.T) {
	k := servers.KafkaFor(t, servers.KafkaOptions{})
	b := testbed.On(t, k.Config(), topic.Logs("shop"), topic.DeadLogs)
	countThroughKills(t, b)
}

func countThroughKills(t *testing.T, b *testbed.Bed) {
	t.Helper()
	w := &truth{clients: map[string]requests.Clients{}, alerts: map[string]bool{}, batches: map[string]int{}}
	kept, minute := filepath.Join(t.TempDir(), "kept"), 0
	requestsSpec, err := requests.Processor.Make(nil)
	if err != nil {
		t.Fatal(err)
	}
	table := requestsSpec.TableTopic()
	for round, dir := range []string{kept, kept, filepath.Join(t.TempDir(), "new"), kept} {
		kill := start(t, b, dir)
		if round == 1 {
			b.Topic(topic.Logs("api")) // an app that comes while the program runs
		}
		if round == 0 {
			b.Eventually("the table is made", func() bool { return b.Members("requests") > 0 })
			b.Follow(table)
			b.Follow("alerts")
		}
		before := len(b.Seen(table))
		for range 8 {
			w.write(b, "shop", minute)
			if round > 0 {
				w.write(b, "api", minute)
			}
			minute++
		}
		b.Await(table, before+hosts) // in the midst of it: a value stands for many records
		kill()
	}
	kill := start(t, b, kept)
	for _, group := range []string{"requests", "failures"} {
		for name, n := range w.batches {
			b.Eventually(group+" has settled "+name, func() bool { return b.Committed(group, name) == int64(n) })
		}
	}
	kill()
	if n := len(b.Seen(topic.DeadLogs)); n > 0 {
		t.Errorf("%d dead letters", n)
	}
	checkTable(t, b, requestsSpec, w)
	checkAlerts(t, b, w)
}

// checkTable compares the table as its topic has it with the truth.
func checkTable(t *testing.T, b *testbed.Bed, spec processors.Spec, w *truth) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	view := processors.NewView(b.Config("").Kafka, spec, b.Log())
	ended := make(chan error, 1)
	go func() { ended <- view.Run(ctx) }()
	<-view.Ready()
	all, err := view.All()
	cancel()
	if err := errors.Join(err, <-ended); err != nil {
		t.Fatal(err)
	}
	if len(all) != len(w.clients) {
		t.Errorf("%d hosts, want %d", len(all), len(w.clients))
	}
	for host, want := range w.clients {
		got := all[host].(*processors.Counted[requests.Clients]).Value
		if !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", host, got, want)
		}
	}
}

// checkAlerts looks whether there is one for each app, host and minute, and those
// that came twice are the same.
func checkAlerts(t *testing.T, b *testbed.Bed, w *truth) {
	t.Helper()
	found := map[string]string{}
	records := b.Until("alerts", func(rs []*kgo.Record) bool { return len(rs) >= len(w.alerts) })
	for _, r := range records {
		var a failures.Alert
		if err := json.Unmarshal(r.Value, &a); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("%s %d", r.Key, int(a.Start.Sub(tester.Noon).Minutes()))
		if was, twice := found[name]; twice && was != string(r.Value) || !w.alerts[name] {
			t.Errorf("alert %s: %s, before it %q", name, r.Value, was)
		}
		found[name] = string(r.Value)
	}
	if len(found) != len(w.alerts) {
		t.Errorf("%d alerts, want %d", len(found), len(w.alerts))
	}
	t.Logf("%d alerts, %d of them written again", len(found), len(records)-len(found))
}
