package enrich_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/processors/enrich"
	"github.com/millrace/millrace/processors/internal/testbed"
	"github.com/millrace/millrace/schemas/deadletter"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/schemas/topic"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(child())
	}
	goleak.VerifyTestMain(m, testbed.Leaks()...)
}

// Every dead letter that a record can cause, through Kafka; nothing stops.
func TestBadRecordsEndInTheDeadLetters(t *testing.T) {
	b, cfg := bed(t)
	cfg.RevisionWait = 100 * time.Millisecond
	good := b.Publish(shop)
	spared := b.Publish(`{"name":"db","app":"shop","select":{"hosts":["db-*"]},"paths":["/a"],"pipeline":[]}`)
	newer := b.PublishRaw(`{"name":"new","app":"shop","paths":["/a"],"pipeline":[{"teleport":{}}]}`)
	run(b, cfg)

	host := "web-1"
	sound := rawRecord(host, 1, good, "sound\n")
	foreign := &kgo.Record{Topic: topic.Raw, Key: []byte(host), Value: []byte("who am I"), Headers: []kgo.RecordHeader{{Key: "x", Value: []byte("y")}}}
	garbled := rawRecord(host, 2, good, "a\n")
	garbled.Headers[0].Value = []byte("\x00\x00\x00\x02\x01")
	short := rawRecord(host, 3, good, "a\n")
	short.Value = []byte("a")
	future := rawRecord(host, 4, good, "a\n")
	future.Headers[0].Value[4] = 77
	keyed := rawRecord(host, 5, good, "a\n")
	keyed.Key = []byte("\xff\x00 wild key")
	b.Put(sound, foreign, garbled, short, future, keyed,
		rawRecord(host, 6, spared, "a\n"),
		rawRecord(host, 7, revision.ID{1, 2}, "a\n"),
		rawRecord(host, 8, newer, "a\n"),
		rawRecord(host, 9, good, "a\n", func(m *record.Manifest) { m.Segments[0].Charset = "ebcdic" }),
		rawRecord(host, 10, good, "a\n", func(m *record.Manifest) { m.Segments[0].Path = strings.Repeat("\x01", 100_000) }),
	)
	strayed := rawRecord(host, 11, good, "a\n")
	strayed.Partition = (topic.Partition([]byte(host), testbed.Partitions) + 1) % testbed.Partitions
	b.PutAsIs(strayed)
	b.Put(rawRecord(host, 12, good, "sound\n"))

	got := map[string]int{}
	for _, r := range b.Await(topic.DeadRaw, 11) {
		got[testbed.Header(r, deadletter.HeaderReason)]++
		origin, err := deadletter.ParseOrigin(testbed.Header(r, deadletter.HeaderOrigin))
		if err != nil || origin.Topic != topic.Raw || testbed.Header(r, deadletter.HeaderCause) == "" {
			t.Errorf("origin %v (%v), cause %q", origin, err, testbed.Header(r, deadletter.HeaderCause))
		}
	}
	want := map[string]int{
		enrich.ReasonNoManifest: 1, enrich.ReasonManifest: 2, enrich.ReasonVersion: 1, enrich.ReasonKey: 1, enrich.ReasonPartition: 1,
		enrich.ReasonHost: 1, enrich.ReasonUnknown: 1, enrich.ReasonRevision: 1, enrich.ReasonCharset: 1, enrich.ReasonTooLarge: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	untilEvents(t, b, 2)
	b.Eventually("everything is committed", func() bool { return b.Committed(topic.GroupEnrich, topic.Raw) == 13 })

	for _, r := range b.Seen(topic.DeadRaw) { // a whole record is put aside as it was
		if testbed.Header(r, deadletter.HeaderReason) == enrich.ReasonNoManifest && (string(r.Value) != "who am I" || testbed.Header(r, "x") != "y") {
			t.Errorf("%+v", r)
		}
	}
}

func TestDeadLettersCanBeDrivenAgain(t *testing.T) {
	b, cfg := bed(t)
	cfg.RevisionWait = 0
	_, late, _ := testbed.Canonical(t, shop)
	run(b, cfg)
	b.Put(rawRecord("web-1", 1, late, accessLines(0, 3)))
	letter := b.Await(topic.DeadRaw, 1)[0]
	b.Publish(shop)
	// For a second "unknown" is still believed: the letter may come back once more.
	for n := 1; len(b.Seen(topic.Logs("shop"))) == 0; n++ {
		b.Put(&kgo.Record{Topic: topic.Raw, Key: letter.Key, Value: letter.Value, Headers: letter.Headers})
		b.Eventually("the letter is processed", func() bool {
			return len(b.Seen(topic.DeadRaw)) > n || len(b.Seen(topic.Logs("shop"))) > 0
		})
	}
	untilEvents(t, b, 3)
}

func TestARevisionThatComesLateIsNotMissed(t *testing.T) {
	b, cfg := bed(t)
	_, late, _ := testbed.Canonical(t, shop)
	known := b.Publish(plain)
	run(b, cfg)
	b.Put(rawRecord("web-1", 1, late, accessLines(0, 2)), rawRecord("web-1", 2, known, "after\n"))
	other := otherPartition("web-1")
	b.Put(rawRecord(other, 1, known, "elsewhere\n"))
	untilEvents(t, b, 1) // the other partition does not wait
	b.Publish(shop)
	batches := untilEvents(t, b, 4)
	var order []string
	for _, r := range batches {
		if string(r.Key) == "web-1" {
			var event struct {
				Millrace struct{ Revision string }
			}
			line, _, _ := strings.Cut(string(r.Value), "\n")
			if err := json.Unmarshal([]byte(line), &event); err != nil {
				t.Fatal(err)
			}
			order = append(order, event.Millrace.Revision)
		}
	}
	if diff := cmp.Diff([]string{late.String(), known.String()}, order); diff != "" {
		t.Error(diff)
	}
	if n := len(b.Seen(topic.DeadRaw)); n > 0 {
		t.Errorf("%d dead letters", n)
	}
}

// otherPartition is a host in another partition.
func otherPartition(host string) string {
	for i := 'a'; ; i++ {
		if other := "db-" + string(i); topic.Partition([]byte(other), testbed.Partitions) != topic.Partition([]byte(host), testbed.Partitions) {
			return other
		}
	}
}

func TestAnOutageOfEtcdPausesOnlyWhatIsUnknown(t *testing.T) {
	b := testbed.Start(t, topic.Raw, topic.DeadRaw, topic.Logs("shop"))
	dir := filepath.Join(t.TempDir(), "etcd")
	server := b.Etcd(dir, 0)
	cfg := enrich.Default()
	cfg.Config = b.Config(filepath.Join(t.TempDir(), "state"))
	cfg.Etcd = server.Etcd()
	cfg.RevisionWait = 0 // an outage must not count as "unknown"
	known, unseen := b.Publish(plain), b.Publish(shop)
	stop := run(b, cfg)
	b.Put(rawRecord("web-1", 1, known, "before\n"))
	untilEvents(t, b, 1)
	stop()

	server.Close()
	run(b, cfg) // starts without etcd, on what it has on disk
	b.Put(rawRecord("web-1", 2, known, "during\n"))
	untilEvents(t, b, 2)
	b.Put(rawRecord("web-1", 3, unseen, accessLines(0, 1)), rawRecord("web-1", 4, known, "behind it\n"))
	b.Put(rawRecord(otherPartition("web-1"), 1, known, "elsewhere\n"))
	untilEvents(t, b, 3)
	if n := b.Committed(topic.GroupEnrich, topic.Raw); n > 3 {
		t.Errorf("%d records are committed", n)
	}
	b.Etcd(dir, server.Port())
	untilEvents(t, b, 5)
	if n := len(b.Seen(topic.DeadRaw)); n > 0 {
		t.Errorf("%d dead letters", n)
	}
}

// What is awkward to carry: the most lines, the longest line, and values that
// grow on their way to JSON.
func TestAwkwardRecordsPassThroughKafka(t *testing.T) {
	b, cfg := bed(t)
	rev := b.Publish(shop)
	run(b, cfg)
	b.Put(
		rawRecord("web-1", 1, rev, strings.Repeat("x\n", 1000)),
		rawRecord("web-1", 2, rev, strings.Repeat(strings.Repeat(`"`, 999)+"\n", 250)),
		rawRecord("web-1", 3, rev, strings.Repeat("\x00", 250_000)+"\n"),
		rawRecord("web-1", 4, rev, "\xff\xfe\n"),
	)
	n := 1000 + 250 + 1 + 1
	const chunk = 250_000
	line := strings.Repeat("0123456789", 500_000)
	for part := 0; part*chunk < len(line); part++ {
		b.Put(rawRecord("web-1", uint64(5+part), rev, line[part*chunk:(part+1)*chunk], func(m *record.Manifest) {
			m.Segments[0].Part, m.Segments[0].LastPart = uint32(part+1), (part+1)*chunk == len(line)
		}))
		n++
	}
	batches := untilEvents(t, b, n)
	if got := len(events(t, batches)); got != n {
		t.Errorf("%d events, want %d", got, n)
	}
	if dead := b.Seen(topic.DeadRaw); len(dead) > 0 {
		t.Errorf("%d dead letters: %s", len(dead), testbed.Header(dead[0], deadletter.HeaderCause))
	}
}
