package program

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/internal/guard"
	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/internal/testbed"
	"github.com/millrace/millrace/processors/tester"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/stage"
	"github.com/millrace/millrace/schemas/topic"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, testbed.Leaks()...) }

// site is a Kafka with processors on it whose tables are served.
type site struct {
	*testbed.Bed
	cfg  Config
	base string
}

func startSite(t *testing.T, token string) *site {
	t.Helper()
	b := testbed.Start(t, topic.Logs("shop"), topic.DeadLogs, topic.Stages)
	s := &site{Bed: b, cfg: Default(both)}
	s.cfg.Config = b.Config(t.TempDir())
	specs, err := s.cfg.Specs(both)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.base = "http://" + listener.Addr().String()
	served := newTables(s.cfg, specs, token, b.Log())
	deps := processors.Deps{Log: b.Log()}
	t.Cleanup(b.Run(func(ctx context.Context) error { return served.serve(ctx, listener) }))
	t.Cleanup(b.Run(func(ctx context.Context) error { return Run(ctx, s.cfg, specs, deps) }))
	return s
}

// put writes a batch of events of the app shop.
func (s *site) put(host string, seq uint64, events ...string) {
	r := tester.Batch("shop", host, seq, events...)
	header, _ := r.Header(batch.Header)
	s.Put(&kgo.Record{Topic: r.Topic, Key: []byte(r.Key), Value: r.Value, Headers: []kgo.RecordHeader{{Key: batch.Header, Value: header}}})
}

// get asks, as somebody who has the token.
func (s *site) get(t *testing.T, path string, into any, headers ...string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatalf("%s: %d %s: %v", path, answer.StatusCode, text, err)
		}
	}
	return answer.StatusCode
}

func TestTablesAreReadOverHTTPByTheirKeys(t *testing.T) {
	s := startSite(t, "")
	for _, host := range []string{"web-1", "web-2", "db/1"} {
		s.put(host, 1, `{"source":{"ip":"10.0.0.1"},"http":{"response":{"body":{"bytes":7}}}}`, `{"source":{"ip":"10.0.0.1"}}`)
	}
	var list struct{ Tables []map[string]string }
	s.get(t, "/tables", &list)
	if diff := cmp.Diff([]map[string]string{{"table": "failures", "topic": "failures-table"}, {"table": "requests", "topic": "requests-table"}}, list.Tables); diff != "" {
		t.Error(diff)
	}
	want := map[string]map[string]int{"10.0.0.1": {"requests": 2, "bytes": 7}}
	for _, path := range []string{"/tables/requests/web-1", "/tables/requests/db/1"} {
		s.Eventually(path+" is counted", func() bool {
			var got map[string]map[string]int
			return s.get(t, path, nil) == http.StatusOK && s.get(t, path, &got) == http.StatusOK && cmp.Equal(want, got)
		})
	}
	var keys struct {
		Keys []string
		More bool
	}
	s.Eventually("all keys are there", func() bool {
		s.get(t, "/tables/requests", &keys)
		return slices.Equal(keys.Keys, []string{"db/1", "web-1", "web-2"}) && !keys.More
	})
	if s.get(t, "/tables/requests?prefix=web-&limit=1", &keys); !slices.Equal(keys.Keys, []string{"web-1"}) || !keys.More {
		t.Errorf("%+v", keys)
	}
	if s.get(t, "/tables/requests?prefix=web-&after=web-1", &keys); !slices.Equal(keys.Keys, []string{"web-2"}) || keys.More {
		t.Errorf("%+v", keys)
	}
	for path, want := range map[string]int{
		"/tables/requests/nobody": 404, "/tables/nothing": 404, "/tables/requests?limit=x": 422, "/": 404,
	} {
		if got := s.get(t, path, nil); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	var lost struct{ Detail string }
	if s.get(t, "/", &lost); !strings.Contains(lost.Detail, "/tables") {
		t.Errorf("at / stands %q", lost.Detail)
	}
}

func TestTablesAreGuarded(t *testing.T) {
	const token = "a token of the right length"
	s := startSite(t, token)
	bearer := []string{"Authorization", "Bearer " + token}
	for name, c := range map[string]struct {
		headers []string
		want    int
	}{
		"without the token":        {nil, 401},
		"with it":                  {bearer, 200},
		"by a name that is not us": {append(bearer, "Host", "evil.example"), 421},
		"from a page of others":    {append(bearer, "Origin", "http://evil.example"), 403},
	} {
		if got := s.get(t, "/tables", nil, c.headers...); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestExtraProcessorsTellOfThemselvesAsStages(t *testing.T) {
	s := startSite(t, "")
	s.Follow(topic.Stages)
	s.put("web-1", 1, `{"source":{"ip":"10.0.0.1"}}`)
	newest := func() map[string]*stage.Beat {
		all := map[string]*stage.Beat{}
		for _, r := range s.Seen(topic.Stages) {
			beat, err := stage.Decode(r.Value)
			if err != nil {
				t.Fatal(err)
			}
			all[beat.Name] = beat
		}
		return all
	}
	s.Eventually("both have counted the batch", func() bool {
		all := newest()
		return len(all) == 2 && all["requests"] != nil && all["failures"] != nil && all["requests"].In == 1 && all["failures"].In == 1
	})
	if b := newest()["requests"]; b.Out != 1 || b.Stopping {
		t.Errorf("%+v", b)
	}
}

func TestWhatTablesCannotHaveIsToldAtOnce(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	short := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(short, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := guard.ReadToken(short); err == nil {
		t.Fatal("a short token was taken")
	}
	for want, change := range map[string]func(*Config){
		"extra.tables: listen tcp": func(c *Config) { c.Tables = taken.Addr().String() },
		"extra.token: ":            func(c *Config) { c.Tables, c.TokenFile = "127.0.0.1:0", short },
	} {
		cfg := Default(both)
		change(&cfg)
		specs, err := cfg.Specs(both)
		if err != nil {
			t.Fatal(err)
		}
		if err := Run(t.Context(), cfg, specs, processors.Deps{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
