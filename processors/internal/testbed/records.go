package testbed

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Records are what a client has read of its topics so far. Safe for concurrent use.
type Records struct {
	mu    sync.Mutex
	seen  map[string][]*kgo.Record
	fresh chan struct{} // closed and replaced when records come
}

// Follow reads all topics of a client until the test ends, and closes it then.
func Follow(tb testing.TB, client *kgo.Client) *Records {
	tb.Helper()
	r := &Records{seen: map[string][]*kgo.Record{}, fresh: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { // ends with ctx
		defer close(done)
		r.follow(ctx, client)
	}()
	tb.Cleanup(func() {
		cancel()
		<-done
		client.Close()
	})
	return r
}

func (r *Records) follow(ctx context.Context, client *kgo.Client) {
	for {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return
		}
		r.mu.Lock()
		fetches.EachRecord(func(rec *kgo.Record) { r.seen[rec.Topic] = append(r.seen[rec.Topic], rec) })
		close(r.fresh)
		r.fresh = make(chan struct{})
		r.mu.Unlock()
	}
}

// Of is what a topic holds.
func (r *Records) Of(topic string) []*kgo.Record {
	of, _ := r.now(topic)
	return of
}

func (r *Records) now(topic string) (of []*kgo.Record, fresh <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen[topic], r.fresh
}

// Until waits until the records of a topic satisfy a condition, and returns them.
func (r *Records) Until(tb testing.TB, patience time.Duration, topic string, ok func([]*kgo.Record) bool) []*kgo.Record {
	tb.Helper()
	deadline := time.After(patience)
	for {
		records, fresh := r.now(topic)
		if ok(records) {
			return records
		}
		select {
		case <-fresh:
		case <-deadline:
			tb.Fatalf("waited in vain for records of %s; there are %d", topic, len(records))
		}
	}
}
