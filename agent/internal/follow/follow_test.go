package follow

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/etcd"
	"github.com/millrace/millrace/internal/standalone/etcdd"
	"github.com/millrace/millrace/schemas/collect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// host is one that follows a store, and has a folder of its own.
type host struct {
	t    *testing.T
	dir  string
	sets chan Set
	stop func()
}

func newHost(t *testing.T) *host {
	return &host{t: t, dir: t.TempDir(), stop: func() {}}
}

// follow begins a life.
func (h *host) follow(cfg etcd.Config) {
	h.t.Helper()
	h.sets = make(chan Set, 100)
	ctx, cancel := context.WithCancel(h.t.Context())
	done := make(chan struct{})
	sets := h.sets
	f := New(cfg, "h", "id", nil, h.dir, slog.New(slog.DiscardHandler), func(s Set) { sets <- s }, func(Asked) {})
	go func() { defer close(done); _ = f.Run(ctx) }() // its error is that of ctx
	h.stop = func() { cancel(); <-done }
	h.t.Cleanup(h.stop)
}

// told waits for a set that is as it should be.
func (h *host) told(what string, ok func(Set) bool) {
	h.t.Helper()
	var last Set
	for deadline := time.After(30 * time.Second); ; {
		select {
		case last = <-h.sets:
			if ok(last) {
				return
			}
		case <-deadline:
			h.t.Fatalf("%s: was told %+v last", what, last)
		}
	}
}

func collects(names ...string) func(Set) bool {
	return func(s Set) bool {
		for i, v := range s.Views {
			if i >= len(names) || v.Name != names[i] || s.Errors[v.Name] != "" {
				return false
			}
		}
		return len(s.Views) == len(names)
	}
}

func serve(t *testing.T, port int) *etcdd.Server {
	t.Helper()
	s, err := etcdd.Start(t.Context(), etcdd.Config{Dir: t.TempDir(), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if port != 0 && s.Port() != port {
		t.Skip("SKIPPED: another process took the port: the store cannot come back at its address")
	}
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

func publish(t *testing.T, c *clientv3.Client, name string) {
	t.Helper()
	one := collect.Collection{Name: name, App: "app", Paths: []string{"/var/log/x"}}
	rev, err := one.Revision()
	if err != nil {
		t.Fatal(err)
	}
	value, err := json.Marshal(one.ForAgents(rev))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Put(t.Context(), collect.AgentKey(name), string(value)); err != nil {
		t.Fatal(err)
	}
}

// Nobody has decided that nothing is to be collected where etcd lost its data: the last good
// collections stay, in this life and the next, until one is published again.
func TestCollectionsOutliveAStoreThatLostItsData(t *testing.T) {
	server := serve(t, 0)
	client := dial(t, server)
	publish(t, client, "a")
	publish(t, client, "b")
	h := newHost(t)
	h.follow(server.Etcd())
	h.told("what is published", collects("a", "b"))
	server.Close()
	back := serve(t, server.Port())
	lost := func(s Set) bool { return len(s.Views) == 2 && len(s.Errors) == 2 }
	h.told("the store has lost its data", lost)
	h.stop()
	h.follow(back.Etcd())
	h.told("the next life", collects("a", "b")) // of its copy
	h.told("the next life sees it, too", lost)
	publish(t, dial(t, back), "c")
	h.told("another is published", collects("c"))
}

func TestTheLastCollectionCanBeDeleted(t *testing.T) {
	server := serve(t, 0)
	client := dial(t, server)
	publish(t, client, "a")
	h := newHost(t)
	h.follow(server.Etcd())
	h.told("what is published", collects("a"))
	if _, err := client.Delete(t.Context(), collect.AgentKey("a")); err != nil {
		t.Fatal(err)
	}
	h.told("it is deleted", collects())
	h.stop()
	h.follow(server.Etcd())
	h.told("the next life", collects())
}
