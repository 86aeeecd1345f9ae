package agent_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"

	"github.com/millrace/millrace/agent"
	"github.com/millrace/millrace/internal/await"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/status"
	"github.com/millrace/millrace/schemas/topic"
)

// patience is how long a condition may take to come true on a busy machine.
const patience = 60 * time.Second

// servers are the embedded Kafka and etcd that the tests share. Each test has a
// host name of its own.
var servers = sync.OnceValues(func() (*world, error) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, topic.Raw, topic.Agents, topic.AgentSources))
	if err != nil {
		return nil, err
	}
	endpoint, err := startEtcd()
	if err != nil {
		return nil, err
	}
	return &world{brokers: cluster.ListenAddrs(), etcd: endpoint}, nil
})

type world struct {
	brokers []string
	etcd    string
}

func startEtcd() (string, error) {
	dir, err := os.MkdirTemp("", "etcd")
	if err != nil {
		return "", err
	}
	cfg := embed.NewConfig()
	cfg.Dir, cfg.LogLevel, cfg.LogOutputs = dir, "fatal", []string{os.DevNull}
	client, peer := freeURL(), freeURL()
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	cfg.InitialCluster = cfg.InitialClusterFromName(cfg.Name)
	e, err := embed.StartEtcd(cfg)
	if err != nil {
		return "", err
	}
	<-e.Server.ReadyNotify()
	return client.Host, nil
}

func freeURL() url.URL {
	return url.URL{Scheme: "http", Host: freeAddr()}
}

func freeAddr() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// bench is one host with its logs, its agent and what arrived of it.
type bench struct {
	t    testing.TB
	host string
	logs string
	cfg  agent.Config
	etcd *clientv3.Client
	raw  *kgo.Client

	registry *prometheus.Registry // of the agent in this process
	monitor  string               // where the one in a process of its own serves its metrics

	mu      sync.Mutex
	records []*kgo.Record

	stop func()
}

func newBench(t testing.TB) *bench {
	t.Helper()
	w, err := servers()
	if err != nil {
		t.Fatal(err)
	}
	return newBenchOn(t, w)
}

func newBenchOn(t testing.TB, w *world) *bench {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, logs: filepath.Join(root, "logs"), stop: func() {}}
	b.host = strings.Map(func(r rune) rune {
		if r <= ' ' || r == '/' {
			return '-'
		}
		return r
	}, fmt.Sprintf("%s-%d", t.Name(), time.Now().UnixNano()))
	must(t, os.MkdirAll(b.logs, 0o755))
	b.cfg = agent.Default()
	b.cfg.CPULimit = 0 // tests take more than one core
	b.cfg.Host, b.cfg.HostID = b.host, "id-of-"+b.host
	b.cfg.StateDir = filepath.Join(root, "state")
	b.cfg.AllowPaths = []string{b.logs + "/**"}
	b.cfg.ScanEvery = 500 * time.Millisecond
	b.cfg.Grace = 500 * time.Millisecond
	b.cfg.Kafka.Brokers = w.brokers
	b.cfg.Etcd.Endpoints = []string{w.etcd}
	b.etcd, err = clientv3.New(clientv3.Config{Endpoints: []string{w.etcd}})
	must(t, err)
	b.raw, err = kgo.NewClient(kgo.SeedBrokers(w.brokers...), kgo.ConsumeTopics(topic.Raw), kgo.FetchMaxWait(50*time.Millisecond))
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); b.consume(ctx) }()
	t.Cleanup(func() {
		b.stop()
		cancel()
		<-done
		b.raw.Close()
		b.etcd.Close()
	})
	return b
}

func (b *bench) consume(ctx context.Context) {
	for ctx.Err() == nil {
		fetches := b.raw.PollFetches(ctx)
		b.mu.Lock()
		fetches.EachRecord(func(r *kgo.Record) {
			if string(r.Key) == b.host {
				b.records = append(b.records, r)
			}
		})
		b.mu.Unlock()
	}
}

// collect puts a collection of these paths into etcd.
func (b *bench) collect(name string, change func(*collect.Collection), paths ...string) {
	b.t.Helper()
	c := collect.Collection{Name: name, App: "app", Paths: paths, Select: collect.Select{Hosts: []string{b.host}}}
	for i, p := range c.Paths {
		c.Paths[i] = filepath.Join(b.logs, p)
	}
	if change != nil {
		change(&c)
	}
	rev, err := c.Revision()
	must(b.t, err)
	value, err := json.Marshal(c.ForAgents(rev))
	must(b.t, err)
	_, err = b.etcd.Put(context.Background(), collect.AgentKey(b.key(name)), rename(value, b.key(name)))
	must(b.t, err)
	b.t.Cleanup(func() { _, _ = b.etcd.Delete(context.Background(), collect.AgentKey(b.key(name))) })
}

// key makes names of collections unique among the tests.
func (b *bench) key(name string) string {
	sum := fmt.Sprintf("%x", b.host)
	return name + "-" + sum[len(sum)-20:]
}

func rename(view []byte, name string) string {
	var v map[string]any
	_ = json.Unmarshal(view, &v)
	v["name"] = name
	out, _ := json.Marshal(v)
	return string(out)
}

// start runs the agent in this process until stop.
func (b *bench) start() { b.startWith(agent.Deps{}) }

func (b *bench) startWith(deps agent.Deps) {
	b.t.Helper()
	out := io.Discard
	if os.Getenv("MILLRACE_TEST_LOG") != "" {
		out = os.Stderr
	}
	if deps.Registry == nil {
		deps.Registry = prometheus.NewRegistry()
	}
	b.registry, b.monitor = deps.Registry.(*prometheus.Registry), ""
	deps.Log = slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelInfo}))
	a, err := agent.New(b.cfg, deps)
	must(b.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	b.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Errorf("the agent ended with %v", err)
		}
	})
}

func (b *bench) path(name string) string {
	p := filepath.Join(b.logs, name)
	must(b.t, os.MkdirAll(filepath.Dir(p), 0o755))
	return p
}

// append writes to a file and remembers nothing: the files are the truth.
func (b *bench) append(name, text string) {
	b.t.Helper()
	f, err := os.OpenFile(b.path(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	must(b.t, err)
	_, err = f.WriteString(text)
	must(b.t, err)
	must(b.t, f.Close())
}

// mirror is what can be rebuilt from all that arrived so far.
func (b *bench) mirror() *mirror {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := newMirror()
	for _, r := range b.records {
		for _, h := range r.Headers {
			if h.Key == record.Header {
				m.add(h.Value, r.Value)
			}
		}
	}
	return m
}

// lines waits until these lines have arrived, in this order, and nothing else.
func (b *bench) wantLines(want []string) {
	b.t.Helper()
	b.eventually(func() error { return equalLines(b.mirror().lines(), want) })
	b.clean()
}

// clean checks what must hold of all records, whatever they hold.
func (b *bench) clean() {
	b.t.Helper()
	for _, problem := range b.mirror().problems {
		b.t.Error(problem)
	}
}

// eventually asks again and again until ok has no complaint: agents that run as programs
// of their own, and what they leave on disk, tell nobody when they change.
func (b *bench) eventually(ok func() error) {
	b.t.Helper()
	await.NoError(b.t, patience, ok)
}

// beats waits for a beat that ok accepts.
func (b *bench) beat(ok func(*status.Agent) bool) *status.Agent {
	b.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.cfg.Kafka.Brokers...), kgo.ConsumeTopics(topic.Agents))
	must(b.t, err)
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		var found *status.Agent
		client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			a, err := status.Decode(r.Value)
			if err == nil && a.Host == b.host && string(r.Key) == a.ID && ok(a) {
				found = a
			}
		})
		if found != nil {
			return found
		}
		if ctx.Err() != nil {
			b.t.Fatal("no such beat")
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// settledFor waits until the agent has scanned so many times from beginning to end. What
// must not happen leaves nothing else to wait for.
func (b *bench) settledFor(scans int) {
	b.t.Helper()
	before := -1.0
	b.eventually(func() error {
		now, err := b.scans()
		switch {
		case err != nil:
			return err
		case before < 0:
			before = now
		}
		if now < before+float64(scans)+1 { // one may have begun before
			return fmt.Errorf("%v scans, and %v before", now, before)
		}
		return nil
	})
}

// scans is how many scans the agent has made.
func (b *bench) scans() (float64, error) {
	const name = "millrace_agent_scans_total"
	if b.monitor == "" {
		return metric(b.t, b.registry, name), nil
	}
	resp, err := http.Get("http://" + b.monitor + "/metrics")
	if err != nil {
		return 0, err // it is not there yet
	}
	defer resp.Body.Close()
	for text := bufio.NewScanner(resp.Body); text.Scan(); {
		if value, ok := strings.CutPrefix(text.Text(), name+" "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, errors.New("the metrics do not tell of scans")
}
