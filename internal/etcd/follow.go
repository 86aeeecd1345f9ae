package etcd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/metadata"

	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/sleep"
)

// State is all keys under a prefix at one moment.
type State struct {
	// Values holds the values by full key. It belongs to the receiver, except for
	// the bytes, which nobody may change.
	Values map[string][]byte
	// Revision is etcd's revision of the moment.
	Revision int64
}

// The times of following.
const (
	// quiet is how long a burst of changes must have ended, and burst how long it
	// may last, before the state is told.
	quiet = 20 * time.Millisecond
	burst = 200 * time.Millisecond
	// readTimeout bounds one read of the prefix.
	readTimeout = 10 * time.Second
	// retryFirst and retryMost bound the pause after a failure; the pause is drawn
	// at random, since a whole fleet loses the same server at the same moment.
	retryFirst = 200 * time.Millisecond
	retryMost  = 10 * time.Second
	// resyncEvery is about how often the keys are compared although nothing seems
	// wrong, not even the connection.
	resyncEvery = 10 * time.Minute
	// fetchSingly is up to how many changed keys are fetched one by one.
	fetchSingly = 16
)

// Follow calls onState with the state of a prefix once it is read, and again
// after each change or burst of changes, until ctx ends; then it returns ctx's
// error. The calls come one after another from this goroutine, and no two in a
// row tell the same. It goes on through every failure: lost watches are resumed,
// and where etcd has forgotten the changes since (compaction), or may be another
// one since (a lost connection), the keys alone are read again and only what differs is
// fetched. The client was made with c.
func Follow(ctx context.Context, c Config, client *clientv3.Client, prefix string, log *slog.Logger, onState func(State)) error {
	f := &follower{
		client: client, explain: c.Explain, prefix: prefix, onState: onState, resync: resyncEvery,
		log: obs.Component(log, "etcd").With("prefix", prefix),
	}
	return f.run(ctx)
}

type entry struct {
	value []byte
	mod   int64
}

type follower struct {
	client  *clientv3.Client
	explain func(context.Context, error) error
	prefix  string
	log     *slog.Logger
	onState func(State)
	resync  time.Duration

	known    map[string]entry // nil until first read
	revision int64            // all changes up to it are in known
}

// run alternates between reading what it does not know and watching from there.
func (f *follower) run(ctx context.Context) error {
	pause, read := retryFirst, true
	for {
		var err error
		if read {
			err = f.read(ctx)
		}
		if err == nil {
			began := time.Now()
			err = f.watch(ctx)
			// What is already applied stays; only forgotten changes need a read.
			read = err == nil || errors.Is(err, rpctypes.ErrCompacted)
			if time.Since(began) > retryMost { // one that is refused at once is no success
				pause = retryFirst
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil {
			continue
		}
		f.log.Warn("following etcd was interrupted; trying again", "error", f.explain(ctx, err), "within", pause)
		if !sleep.For(ctx, rand.N(pause)) {
			return context.Cause(ctx)
		}
		pause = min(2*pause, retryMost)
	}
}

// read brings known up to date and tells the state if it differs. The first time
// it reads all; later it reads the keys and fetches what differs.
func (f *follower) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if f.known == nil {
		return f.readAll(ctx)
	}
	resp, err := f.client.Get(ctx, f.prefix, clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		return fmt.Errorf("etcd: read the keys of %s: %w", f.prefix, err)
	}
	if resp.Header.Revision < f.revision { // another history: revisions say nothing
		return f.readAll(ctx)
	}
	next := make(map[string]entry, len(resp.Kvs))
	var fetch []string
	for _, kv := range resp.Kvs {
		e, ok := f.known[string(kv.Key)]
		if !ok || e.mod != kv.ModRevision {
			fetch = append(fetch, string(kv.Key))
			continue
		}
		next[string(kv.Key)] = e
	}
	if len(fetch) > fetchSingly {
		return f.readAll(ctx)
	}
	for _, key := range fetch {
		got, err := f.client.Get(ctx, key, clientv3.WithRev(resp.Header.Revision))
		if err != nil {
			return fmt.Errorf("etcd: read %s: %w", key, err)
		}
		for _, kv := range got.Kvs {
			next[key] = entry{kv.Value, kv.ModRevision}
		}
	}
	f.adopt(next, resp.Header.Revision)
	return nil
}

func (f *follower) readAll(ctx context.Context) error {
	resp, err := f.client.Get(ctx, f.prefix, clientv3.WithPrefix())
	if err != nil {
		return fmt.Errorf("etcd: read %s: %w", f.prefix, err)
	}
	next := make(map[string]entry, len(resp.Kvs))
	for _, kv := range resp.Kvs {
		next[string(kv.Key)] = entry{kv.Value, kv.ModRevision}
	}
	f.adopt(next, resp.Header.Revision)
	return nil
}

func (f *follower) adopt(next map[string]entry, revision int64) {
	same := f.known != nil && maps.EqualFunc(f.known, next, func(a, b entry) bool { return a.mod == b.mod && bytes.Equal(a.value, b.value) })
	f.known, f.revision = next, revision
	if !same {
		f.tell()
	}
}

// watch applies changes as they come. It returns nil when it is time to compare
// the keys, and otherwise what ended the watch.
func (f *follower) watch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, f.resync/2+rand.N(f.resync))
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { // ended by cancel
		if reconnected(ctx, f.client) {
			cancel()
		}
	})
	changes := f.client.Watch(clientv3.WithRequireLeader(ownStream(ctx)), f.prefix, clientv3.WithPrefix(),
		clientv3.WithRev(f.revision+1), clientv3.WithProgressNotify(), clientv3.WithFragment())
	for {
		resp, ok := <-changes
		if !ok {
			return f.ended(ctx)
		}
		if err := resp.Err(); err != nil {
			return fmt.Errorf("etcd: watch %s: %w", f.prefix, err)
		}
		if !f.apply(&resp) {
			continue
		}
		err := f.settle(ctx, changes)
		f.tell()
		if err != nil {
			return err
		}
	}
}

// streams numbers the watches of this process.
var streams atomic.Uint64

// ownStream gives a watch a stream of its own. The client puts watches with the same
// metadata on one stream, and that has the token of the time when it was opened: one that
// joins it after the token's end (5 min, unless it is used) is refused, however often it tries.
func ownStream(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "millrace-watch", strconv.FormatUint(streams.Add(1), 10))
}

// ended is why the channel of a watch was closed without a word; nil when ctx has
// ended.
func (f *follower) ended(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	default:
		return fmt.Errorf("etcd: watch %s: closed by the client", f.prefix)
	}
}

// settle applies what follows the first change of a burst until it is over.
func (f *follower) settle(ctx context.Context, changes clientv3.WatchChan) error {
	most := time.NewTimer(burst)
	defer most.Stop()
	for {
		calm := time.NewTimer(quiet)
		select {
		case resp, ok := <-changes:
			calm.Stop()
			if !ok {
				return f.ended(ctx)
			}
			if err := resp.Err(); err != nil {
				return fmt.Errorf("etcd: watch %s: %w", f.prefix, err)
			}
			f.apply(&resp)
		case <-calm.C:
			return nil
		case <-most.C:
			calm.Stop()
			return nil
		}
	}
}

// apply takes over one response and reports whether it changed anything.
func (f *follower) apply(resp *clientv3.WatchResponse) bool {
	for _, ev := range resp.Events {
		if ev.Type == clientv3.EventTypeDelete {
			delete(f.known, string(ev.Kv.Key))
			continue
		}
		f.known[string(ev.Kv.Key)] = entry{ev.Kv.Value, ev.Kv.ModRevision}
	}
	if n := len(resp.Events); n > 0 {
		// Not the header's: a watch that catches up gets the store's newest revision
		// there while more events are still to come.
		f.revision = max(f.revision, resp.Events[n-1].Kv.ModRevision)
	} else if resp.IsProgressNotify() {
		f.revision = max(f.revision, resp.Header.Revision)
	}
	return len(resp.Events) > 0
}

func (f *follower) tell() {
	values := make(map[string][]byte, len(f.known))
	for key, e := range f.known {
		values[key] = e.value
	}
	f.onState(State{Values: values, Revision: f.revision})
}
