package agent_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/status"
	"github.com/millrace/millrace/schemas/topic"
)

// explainer asks the agent of a bench about paths.
type explainer struct {
	*bench
	client *kgo.Client
	asked  int
}

func (b *bench) explainer() *explainer {
	b.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.cfg.Kafka.Brokers...), kgo.ConsumeTopics(topic.AgentSources))
	must(b.t, err)
	b.t.Cleanup(client.Close)
	return &explainer{bench: b, client: client}
}

// ask asks once and waits for the answer.
func (e *explainer) ask(path string) *status.Explanation {
	e.t.Helper()
	e.asked++
	name := fmt.Sprint("request-", e.asked)
	value, err := status.EncodeRequest(status.Request{Explain: path})
	must(e.t, err)
	_, err = e.etcd.Put(context.Background(), collect.RequestKey(e.cfg.HostID, name), string(value))
	must(e.t, err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for ctx.Err() == nil {
		var found *status.Explanation
		e.client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			l, err := status.DecodeListing(r.Value)
			if err == nil && l.ID == e.cfg.HostID && l.Request == name {
				found = l.Explanation
			}
		})
		if found != nil {
			return found
		}
	}
	e.t.Fatalf("%s is not explained", path)
	return nil
}

// want asks until the verdict is this one.
func (e *explainer) want(path string, want status.Verdict) *status.Explanation {
	e.t.Helper()
	var got *status.Explanation
	e.eventually(func() error {
		if got = e.ask(path); got.Verdict != want {
			return fmt.Errorf("%s is %s (%s), want %s", path, got.Verdict, got.Text, want)
		}
		return nil
	})
	return got
}

func TestTheAgentExplainsWhatBecomesOfAPath(t *testing.T) {
	b := newBench(t)
	b.append("app.log", "one\ntwo\n")
	b.append("empty.log", "")
	b.append("begun.log", "no end")
	b.append("debug.log", "left out\n")
	b.append("app.txt", "another glob\n")
	b.append("limited/app.log", joined(numbered("many", 0, 100)))
	b.aged("old/app.log", "old\n", 48*time.Hour)
	packed, err := os.Create(b.path("packed.log"))
	must(t, err)
	zip := gzip.NewWriter(packed)
	_, err = zip.Write([]byte("one\n"))
	must(t, err)
	must(t, zip.Close())
	must(t, packed.Close())
	must(t, os.MkdirAll(b.path("folder.log"), 0o755))
	outside := filepath.Join(filepath.Dir(b.logs), "outside.log")
	must(t, os.WriteFile(outside, []byte("secret\n"), 0o600))
	must(t, os.Symlink(outside, b.path("link.log")))
	b.collect("c", func(c *collect.Collection) { c.Exclude = []string{"debug*"} }, "*.log")
	b.collect("old", func(c *collect.Collection) { c.IgnoreOlder = collect.Duration(time.Hour) }, "old/*.log")
	b.collect("limited", func(c *collect.Collection) {
		c.Limits = &collect.Limits{LinesPerSecond: 1, Burst: collect.Duration(time.Second)}
	}, "limited/*.log")
	b.collect("others", func(c *collect.Collection) { c.Select.Hosts = []string{"nobody"} }, "*.txt")
	b.start()
	e := b.explainer()
	var got *status.Explanation
	b.eventually(func() error { // it counts as collected once it is known, and is read soon
		if got = e.want(b.path("app.log"), status.Collected); got.Source == nil || got.Source.Offset < got.Source.Size {
			return fmt.Errorf("%s", got.Text)
		}
		return nil
	})
	if s := got.Source; s == nil || s.Size != 8 || s.Offset != 8 || s.LastRead.IsZero() || got.Collection != b.key("c") || got.Glob != b.path("*.log") || got.Revision == 0 {
		t.Errorf("%+v of %+v", got, got.Source)
	}
	for name, want := range map[string]status.Verdict{
		"empty.log": status.Empty, "begun.log": status.NoLine, "debug.log": status.Excluded, "app.txt": status.NotSelected, "app.md": status.NoMatch,
		"old/app.log": status.TooOld, "packed.log": status.Compressed, "folder.log": status.NotRegular, "link.log": status.NotAllowed, "none.log": status.NoFile,
		"limited/app.log": status.Limited,
	} {
		e.want(b.path(name), want)
	}
	if os.Geteuid() != 0 {
		b.append("locked.log", "closed\n")
		must(t, os.Chmod(b.path("locked.log"), 0))
		e.want(b.path("locked.log"), status.NoPermission)
	}
	must(t, os.Rename(b.path("app.log"), b.path("app.1")))
	e.want(b.path("app.log"), status.NoFile)
	if got := e.want(b.path("app.1"), status.Collected); got.Source.Offset != 8 {
		t.Errorf("%+v", got)
	}
}

func TestAFileThatKafkaHoldsBackIsExplained(t *testing.T) {
	b, fail := flaky(t)
	b.append("app.log", "one\n")
	b.collect("c", nil, "*.log")
	b.start()
	b.wantLines([]string{"one"})
	fail(kerr.NotEnoughReplicas)
	b.append("app.log", "two\n")
	e := b.explainer()
	if got := e.want(b.path("app.log"), status.KafkaDown); got.Source == nil {
		t.Errorf("%+v", got)
	}
}
