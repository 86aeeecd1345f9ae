package etcd_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/standalone/etcdd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const prefix = "/things/"

// follower collects what Follow tells.
type follower struct {
	t      *testing.T
	mu     sync.Mutex
	states []etcd.State
	came   chan struct{}
}

func follow(t *testing.T, client *clientv3.Client) *follower {
	t.Helper()
	f := &follower{t: t, came: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- etcd.Follow(ctx, etcd.Config{}, client, prefix, nil, f.on) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Follow returned %v", err)
		}
	})
	return f
}

func (f *follower) on(s etcd.State) {
	f.mu.Lock()
	f.states = append(f.states, s)
	f.mu.Unlock()
	select {
	case f.came <- struct{}{}:
	default:
	}
}

// wait waits until the newest state is what it should be, and returns how often
// Follow has told anything.
func (f *follower) wait(want map[string]string) int {
	f.t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		got, n := f.newest()
		if n > 0 && maps.Equal(got, want) {
			return n
		}
		select {
		case <-f.came:
		case <-deadline:
			f.t.Fatalf("the state is %v after %d calls, want %v", got, n, want)
		}
	}
}

func (f *follower) newest() (map[string]string, int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	got := map[string]string{}
	if n := len(f.states); n > 0 {
		for k, v := range f.states[n-1].Values {
			got[k] = string(v)
		}
	}
	return got, len(f.states)
}

func serve(t *testing.T, cfg etcdd.Config) *etcdd.Server {
	t.Helper()
	s, err := etcdd.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func dial(t *testing.T, s *etcdd.Server) *clientv3.Client {
	t.Helper()
	c, err := etcd.Dial(t.Context(), s.Etcd(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func put(t *testing.T, c *clientv3.Client, key, value string) int64 {
	t.Helper()
	resp, err := c.Put(t.Context(), key, value)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Header.Revision
}

func TestFollowTellsWhatIsThereAndEachChange(t *testing.T) {
	c := dial(t, serve(t, etcdd.Config{Dir: t.TempDir()}))
	put(t, c, prefix+"a", "1")
	put(t, c, "/other", "1")
	f := follow(t, c)
	f.wait(map[string]string{prefix + "a": "1"})
	put(t, c, prefix+"b", "1")
	put(t, c, "/other", "2")
	rev := put(t, c, prefix+"a", "2")
	f.wait(map[string]string{prefix + "a": "2", prefix + "b": "1"})
	if got := f.states[len(f.states)-1].Revision; got != rev {
		t.Errorf("the state is told as of revision %d, want %d", got, rev)
	}
	if _, err := c.Delete(t.Context(), prefix+"a"); err != nil {
		t.Fatal(err)
	}
	f.wait(map[string]string{prefix + "b": "1"})
}

func TestFollowTellsThatNothingIsThere(t *testing.T) {
	f := follow(t, dial(t, serve(t, etcdd.Config{Dir: t.TempDir()})))
	if n := f.wait(map[string]string{}); n != 1 {
		t.Errorf("told %d times", n)
	}
}

func TestABurstOfChangesIsToldFewTimes(t *testing.T) {
	c := dial(t, serve(t, etcdd.Config{Dir: t.TempDir()}))
	f := follow(t, c)
	f.wait(map[string]string{})
	const changes = 200
	want := map[string]string{}
	for i := range changes {
		key := fmt.Sprintf("%s%d", prefix, i)
		put(t, c, key, "x")
		want[key] = "x"
	}
	if n := f.wait(want); n > changes/4 {
		t.Errorf("%d changes in a row were told %d times", changes, n)
	}
}

// A follower that was cut off while etcd forgot the changes in between must find
// out by itself what they were, deletions included.
func TestFollowHealsAfterACompactionWhileItWasCutOff(t *testing.T) {
	dir := t.TempDir()
	server := serve(t, etcdd.Config{Dir: dir})
	c := dial(t, server)
	for _, key := range []string{"stays", "goes", "changes"} {
		put(t, c, prefix+key, "1")
	}
	f := follow(t, c)
	f.wait(map[string]string{prefix + "stays": "1", prefix + "goes": "1", prefix + "changes": "1"})

	old := server.Port()
	server.Close()
	elsewhere := serve(t, etcdd.Config{Dir: dir}) // on another port, where the follower does not look
	other := dial(t, elsewhere)
	put(t, other, prefix+"changes", "2")
	put(t, other, prefix+"comes", "1")
	if _, err := other.Delete(t.Context(), prefix+"goes"); err != nil {
		t.Fatal(err)
	}
	rev := put(t, other, "/other", "1")
	if _, err := other.Compact(t.Context(), rev, clientv3.WithCompactPhysical()); err != nil {
		t.Fatal(err)
	}
	elsewhere.Close()
	if back := serve(t, etcdd.Config{Dir: dir, Port: old}); back.Port() != old {
		t.Skip("another process took the port")
	}
	f.wait(map[string]string{prefix + "stays": "1", prefix + "changes": "2", prefix + "comes": "1"})
}

func TestFollowStartsWithoutAServerAndFindsItLater(t *testing.T) {
	dir := t.TempDir()
	first := serve(t, etcdd.Config{Dir: dir})
	c := dial(t, first)
	put(t, c, prefix+"a", "1")
	first.Close()
	f := follow(t, c)
	if back := serve(t, etcdd.Config{Dir: dir, Port: first.Port()}); back.Port() != first.Port() {
		t.Skip("another process took the port")
	}
	f.wait(map[string]string{prefix + "a": "1"})
}

func TestDialDoesNotWaitForAServerThatAsksNobody(t *testing.T) {
	began := time.Now()
	c, err := etcd.Dial(t.Context(), etcd.Config{Endpoints: []string{"127.0.0.1:1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestDialWithAUserEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	c, err := etcd.Dial(ctx, etcd.Config{Endpoints: []string{"127.0.0.1:1"}, User: "u", Password: "p"}, nil)
	if err == nil {
		_ = c.Close()
		t.Error("it logged in where nobody listens")
	}
}
