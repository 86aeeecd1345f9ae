package etcd

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"google.golang.org/grpc/metadata"

	"github.com/millrace/millrace/internal/wire"
)

// An agent follows two prefixes with one client. When the second began to watch anew after
// its token's end, on the stream of the first, it was refused ten times a second for ever.
func TestAWatchBegunAfterTheTokenEndedSeesChanges(t *testing.T) {
	addr := member(t, nil, nil, true, func(c *embed.Config) { c.AuthTokenTTL = 1 })
	user := func(name string, password wire.Secret) *clientv3.Client {
		c, err := Dial(t.Context(), Config{Endpoints: []string{addr}, User: name, Password: password}, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	root, agent := user("root", "root"), user("agent", "secret")
	first := followed(t, agent, "/agent/a/")
	awaitState(t, first, 0)
	awaitEndOfToken(t, agent)
	second := followed(t, agent, "/agent/b/")
	awaitState(t, second, 0)
	for _, key := range []string{"/agent/a/x", "/agent/b/x"} {
		if _, err := root.Put(t.Context(), key, "1"); err != nil {
			t.Fatal(err)
		}
	}
	awaitState(t, first, 1)
	awaitState(t, second, 1)
}

// followed follows a prefix for as long as the test, and tells how many keys there are.
func followed(t *testing.T, client *clientv3.Client, prefix string) <-chan int {
	t.Helper()
	states := make(chan int, 16)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- Follow(ctx, Config{}, client, prefix, nil, func(s State) { states <- len(s.Values) })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Follow returned %v", err)
		}
	})
	return states
}

func awaitState(t *testing.T, states <-chan int, want int) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case n := <-states:
			if n == want {
				return
			}
		case <-deadline:
			t.Fatalf("a state of %d keys was not told", want)
		}
	}
}

// awaitEndOfToken waits until a stream that was opened with the client's token is refused
// a further watch. Each watch that is not makes the token last longer, so it asks rarely.
func awaitEndOfToken(t *testing.T, client *clientv3.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "test", "stream"), time.Minute)
	defer cancel()
	rarely := time.NewTicker(3 * time.Second)
	defer rarely.Stop()
	for {
		created := <-client.Watch(ctx, "/agent/c", clientv3.WithCreatedNotify())
		if err := created.Err(); err != nil { // a refused watch has the refusal as text only
			if !strings.Contains(err.Error(), rpctypes.ErrInvalidAuthToken.Error()) {
				t.Fatal(err)
			}
			return
		}
		select {
		case <-rarely.C:
		case <-ctx.Done():
			t.Fatal("the token does not end")
		}
	}
}
