package produce

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/internal/kafka"
)

// Somebody gives a topic more partitions while we write to it. Once that is noticed, which
// takes as long as metadata may be old, keys go where everybody looks for them, and
// nothing is lost or written twice on the way.
func TestPartitionsThatAreAddedGetTheirKeys(t *testing.T) {
	const before, after = 1, 4
	r := newRigWith(t, slog.New(slog.DiscardHandler), []kgo.Opt{kgo.MetadataMaxAge(300 * time.Millisecond)}, "out", "dead", "table")
	client, err := kgo.NewClient(kgo.SeedBrokers(r.cluster.ListenAddrs()...), kgo.ConsumeTopics("out"),
		kgo.FetchMaxWait(50*time.Millisecond), kgo.MetadataMinAge(10*time.Millisecond), kgo.MetadataMaxAge(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), waitAtMost)
	defer cancel()
	var sent, got []string
	used := map[int32]bool{}
	// round writes some messages and reads them. Their partitions are those of one of counts.
	round := func(counts ...int32) {
		for range 20 {
			key := strconv.Itoa(len(sent))
			sent = append(sent, key)
			r.send("out", key, key)
		}
		for _, d := range r.finished(20) {
			if _, err := strconv.Atoi(d); err != nil {
				t.Errorf("a message is %q", d)
			}
		}
		for len(got) < len(sent) && ctx.Err() == nil {
			client.PollFetches(ctx).EachRecord(func(rec *kgo.Record) {
				got, used[rec.Partition] = append(got, string(rec.Value)), true
				if !slices.ContainsFunc(counts, func(n int32) bool { return rec.Partition == kafka.Partition(rec.Key, n) }) {
					t.Errorf("key %s is in partition %d, and there may be %d", rec.Key, rec.Partition, counts)
				}
			})
		}
	}
	round(before)
	grow(t, client, "out", after)
	for len(used) < after && ctx.Err() == nil {
		round(before, after)
	}
	round(after)
	slices.Sort(sent)
	slices.Sort(got)
	if !slices.Equal(got, sent) {
		t.Errorf("%d messages arrived of %d", len(got), len(sent))
	}
}

// grow gives a topic more partitions.
func grow(t *testing.T, client *kgo.Client, topic string, count int32) {
	t.Helper()
	req := kmsg.NewPtrCreatePartitionsRequest()
	rt := kmsg.NewCreatePartitionsRequestTopic()
	rt.Topic, rt.Count = topic, count
	req.Topics = append(req.Topics, rt)
	resp, err := req.RequestWith(t.Context(), client)
	if err == nil && resp.Topics[0].ErrorCode != 0 {
		err = fmt.Errorf("code %d", resp.Topics[0].ErrorCode)
	}
	if err != nil {
		t.Fatal(err)
	}
}
