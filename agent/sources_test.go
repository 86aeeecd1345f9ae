package agent_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/status"
	"github.com/millrace/millrace/schemas/topic"
)

// listing waits for all parts of an answer.
func (b *bench) listing(request string) []status.Source {
	b.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.cfg.Kafka.Brokers...), kgo.ConsumeTopics(topic.AgentSources))
	must(b.t, err)
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var all []status.Source
	for have, parts := 0, 1; have < parts; {
		client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			l, err := status.DecodeListing(r.Value)
			if err == nil && l.Request == request && string(r.Key) == l.ID && l.ID == b.cfg.HostID {
				all, parts = append(all, l.Sources...), l.Parts
				have++
			}
		})
		if ctx.Err() != nil {
			b.t.Fatalf("%d of %d parts have come", have, parts)
		}
	}
	return all
}

func TestAllSourcesAreToldWhenSomebodyAsks(t *testing.T) {
	b := newBench(t)
	const files = status.MaxSources + 50 // more than a beat holds
	// So long that its pace is still told when a slow machine gets to asking.
	line := strings.Repeat("a long line ", 100) + "\n"
	for i := range files {
		b.append(fmt.Sprintf("%03d.log", i), line)
	}
	b.collect("many", nil, "*.log")
	b.start()
	b.beat(func(a *status.Agent) bool { return a.Totals.Files == files && a.Totals.LinesShipped == files })
	_, err := b.etcd.Put(context.Background(), collect.RequestKey(b.cfg.HostID, "one"), "")
	must(t, err)
	got := b.listing("one")
	if len(got) != files {
		t.Fatalf("%d sources are told of %d", len(got), files)
	}
	for _, s := range got {
		if s.ID == "" || s.Size != uint64(len(line)) || s.Offset != uint64(len(line)) || s.Behind != 0 || s.LastRead.IsZero() || s.Error != "" || s.Rate <= 0 {
			t.Fatalf("a source is told as %+v", s)
		}
	}
	// The same request is answered once, another one again.
	_, err = b.etcd.Put(context.Background(), collect.RequestKey(b.cfg.HostID, "two"), "")
	must(t, err)
	if got := b.listing("two"); len(got) != files {
		t.Errorf("then %d sources are told", len(got))
	}
	if got := b.listing("one"); len(got) != files {
		t.Errorf("the first request was answered with %d sources in all", len(got))
	}
}
