package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/admin"
	"github.com/millrace/millrace/internal/await"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/standalone"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, leaks()...)
}

// leaks are goroutines of libraries that never end.
func leaks() []goleak.Option {
	return []goleak.Option{
		goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"),
	}
}

// world is an admin on real, embedded servers.
type world struct {
	t       *testing.T
	servers *standalone.Servers
	cfg     admin.Config
	base    string
	client  *http.Client
	health  *obs.Health
	stop    func() // asks the admin to end
	log     *logWriter
}

// start runs an admin until the test ends; change may alter its configuration.
func start(t *testing.T, change func(*admin.Config)) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	servers, err := standalone.Start(ctx, standalone.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := servers.Close(); err != nil {
			t.Error(err)
		}
	})
	cfg := admin.Default()
	cfg.Kafka, cfg.Etcd, cfg.Elastic, cfg.Topics = servers.Kafka(), servers.Etcd(), servers.Search(), servers.Topics()
	if change != nil {
		change(&cfg)
	}
	w := &world{t: t, servers: servers, cfg: cfg}
	w.run()
	return w
}

// run starts the admin and waits until it serves.
func (w *world) run() {
	w.t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.health, w.log = &obs.Health{}, &logWriter{t: w.t}
	a, err := admin.New(w.cfg, admin.Deps{Listener: ln, Health: w.health, Log: slog.New(slog.NewTextHandler(w.log, nil))})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.stop = cancel
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	w.base = "http://" + a.Addr()
	w.client = &http.Client{Transport: &http.Transport{}}
	w.t.Cleanup(func() {
		w.client.CloseIdleConnections()
		cancel()
		select {
		case err := <-done:
			if err != nil {
				w.t.Errorf("Run: %v", err)
			}
		case <-time.After(15 * time.Second):
			w.t.Error("Run does not end")
		}
	})
}

// ready waits until every check passes.
func (w *world) ready() {
	w.t.Helper()
	w.eventually("ready", func() string {
		if report := w.health.Check(w.t.Context()); !report.Ready {
			b, _ := json.Marshal(report.Checks)
			return string(b)
		}
		return ""
	})
}

// eventually waits until what returns nothing to complain about.
func (w *world) eventually(what string, complaint func() string) {
	w.t.Helper()
	await.NoError(w.t, 30*time.Second, func() error {
		if text := complaint(); text != "" {
			return fmt.Errorf("%s: %s", what, text)
		}
		return nil
	})
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do sends a request; headers are pairs of name and value.
func (w *world) do(method, path, body string, headers ...string) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.base+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
			continue
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := w.client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if resp.StatusCode >= 400 && !strings.Contains(req.Header.Get("Accept"), "text/html") {
		if ct := resp.Header.Get("Content-Type"); ct != "application/problem+json" {
			w.t.Errorf("%s %s: %d with content type %q", method, path, resp.StatusCode, ct)
		}
	}
	return answer{resp.StatusCode, resp.Header, b}
}

// want fails unless the answer has the status.
func (w *world) want(a answer, status int) answer {
	w.t.Helper()
	if a.status != status {
		w.t.Fatalf("got %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// into reads JSON.
func (w *world) into(a answer, v any) {
	w.t.Helper()
	dec := json.NewDecoder(bytes.NewReader(a.body))
	if err := dec.Decode(v); err != nil {
		w.t.Fatalf("%v: %s", err, a.body)
	}
}

// problems are the places of a problem's errors.
func (w *world) problems(a answer) map[string]string {
	w.t.Helper()
	var p struct {
		Status int    `json:"status"`
		Title  string `json:"title"`
		Detail string `json:"detail"`
		Errors []struct{ Location, Message string }
	}
	w.into(a, &p)
	if p.Status != a.status || p.Title == "" || p.Detail == "" {
		w.t.Errorf("not a whole problem: %s", a.body)
	}
	places := map[string]string{}
	for _, e := range p.Errors {
		places[e.Location] = e.Message
	}
	return places
}

// logWriter shows the log with the test, and keeps it.
type logWriter struct {
	t *testing.T

	mu   sync.Mutex
	text strings.Builder
}

func (l *logWriter) Write(b []byte) (int, error) {
	l.t.Logf("%s", bytes.TrimSpace(b))
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// count is how often the log has a text.
func (l *logWriter) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}
