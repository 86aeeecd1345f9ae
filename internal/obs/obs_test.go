package obs

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/zap"
)

func TestLogConfig(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  LogConfig
		want string
	}{
		"nothing said":  {LogConfig{}, ""},
		"all said":      {LogConfig{Level: "DEBUG", Format: "json"}, ""},
		"nothing right": {LogConfig{Level: "loud", Format: "xml"}, "level: must be debug, info, warn or error, is \"loud\"\nformat: must be text or json, is \"xml\""},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if _, err := NewLogger(nil, c.cfg); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestZapWritesWhatIsAskedForAtALevelThatFits(t *testing.T) {
	for name, c := range map[string]struct {
		level, most slog.Level
		want        string
	}{
		"debugging shows all":      {slog.LevelDebug, slog.LevelError, "DEBUG info\nWARN warn\nERROR error\n"},
		"information is debugging": {slog.LevelInfo, slog.LevelError, "WARN warn\nERROR error\n"},
		"a quiet library":          {slog.LevelInfo, slog.LevelDebug, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			log := slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: c.level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey {
					return slog.Attr{}
				}
				return a
			}}))
			z := Zap(log, c.most).With(zap.String("a", "1"))
			z.Info("info", zap.Int("n", 2))
			z.Warn("warn", zap.Int("n", 2))
			z.Error("error", zap.Int("n", 2))
			want := ""
			for line := range strings.Lines(c.want) {
				level, text, _ := strings.Cut(strings.TrimSpace(line), " ")
				want += "level=" + level + " msg=" + text + " a=1 n=2\n"
			}
			if b.String() != want {
				t.Errorf("got\n%swant\n%s", b.String(), want)
			}
		})
	}
}

func TestReadyTellsWhatIsMissing(t *testing.T) {
	var h Health
	if r := h.Check(t.Context()); !r.Ready {
		t.Error("nothing to check is not ready")
	}
	h.Add("a", func(context.Context) error { return nil })
	h.Add("b", func(context.Context) error { return errors.New("away") })
	h.Add("c", func(ctx context.Context) error { // one that would wait for ever
		<-ctx.Done()
		return ctx.Err()
	})
	server := httptest.NewServer(Handler(&h, MetricsHandler(NewRegistry())))
	defer server.Close()
	code, body := get(t, server.URL+"/readyz")
	var r Report
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		t.Fatal(err)
	}
	if code != http.StatusServiceUnavailable || r.Ready || r.Checks["a"] != "ok" || r.Checks["b"] != "away" || r.Checks["c"] != "context deadline exceeded" {
		t.Errorf("%d %s", code, body)
	}
	if code, _ := get(t, server.URL+"/healthz"); code != http.StatusOK {
		t.Errorf("/healthz is %d", code)
	}
	if _, body := get(t, server.URL+"/metrics"); !strings.Contains(body, "millrace_build_info{") || !strings.Contains(body, "go_goroutines") {
		t.Error("/metrics lacks the build or the runtime")
	}
}

func TestTheBuildIsNamed(t *testing.T) {
	if b := Build(); b.Version == "" || !strings.HasPrefix(b.Go, "go1.") {
		t.Errorf("%+v", b)
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var b strings.Builder
	if err := resp.Write(&b); err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(b.String(), "\r\n\r\n")
	return resp.StatusCode, body
}
