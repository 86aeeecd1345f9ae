package deploy

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/admin"
	"github.com/millrace/millrace/agent"
	"github.com/millrace/millrace/indexer"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/standalone"
	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/enrich"
	"github.com/millrace/millrace/processors/fleet"
)

// roles starts every role on embedded servers and returns their registry once each role
// shows some metric.
func roles(t *testing.T) *prometheus.Registry {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	servers, err := standalone.Start(ctx, standalone.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	log, registry := slog.New(slog.DiscardHandler), obs.NewRegistry()
	acfg := agent.Default()
	acfg.Shared = true
	acfg.StateDir, acfg.Kafka, acfg.Etcd = t.TempDir(), servers.Kafka(), servers.AgentEtcd()
	a, err := agent.New(acfg, agent.Deps{Log: log, Registry: registry})
	must(t, err)
	pcfg := enrich.Default()
	pcfg.StateDir, pcfg.Kafka, pcfg.Etcd, pcfg.Replication = t.TempDir(), servers.Kafka(), servers.Etcd(), 1
	xcfg := indexer.Default()
	xcfg.Kafka, xcfg.Elastic = servers.Kafka(), servers.Search()
	x, err := indexer.New(xcfg, indexer.Deps{Log: log, Registry: registry})
	must(t, err)
	mcfg := admin.Default()
	mcfg.Kafka, mcfg.Etcd, mcfg.Elastic, mcfg.Topics = servers.Kafka(), servers.Etcd(), servers.Search(), servers.Topics()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	web, err := admin.New(mcfg, admin.Deps{Log: log, Registry: registry, Listener: ln})
	must(t, err)

	group, ctx := errgroup.WithContext(ctx)
	deps := processors.Deps{Log: log, Registry: registry}
	for _, run := range []func(context.Context) error{
		a.Run, x.Run, web.Run,
		func(ctx context.Context) error { return enrich.Run(ctx, pcfg, deps) },
		func(ctx context.Context) error { return fleet.Run(ctx, pcfg.Config, deps) },
	} {
		group.Go(func() error { return run(ctx) })
	}
	t.Cleanup(func() {
		cancel()
		if err := group.Wait(); err != nil {
			t.Error(err)
		}
		if err := servers.Close(); err != nil {
			t.Error(err)
		}
	})
	want := []string{
		"millrace_agent_files", "millrace_admin_agents", "millrace_enrich_lines_in_total", "millrace_indexer_lag_seconds", "millrace_processor_records_in_total",
	}
	for end := time.Now().Add(time.Minute); len(want) > 0; time.Sleep(50 * time.Millisecond) {
		families, err := registry.Gather()
		must(t, err)
		want = slices.DeleteFunc(want, func(name string) bool {
			return slices.ContainsFunc(families, func(f *dto.MetricFamily) bool { return f.GetName() == name })
		})
		if time.Now().After(end) {
			t.Fatalf("nobody shows %v", want)
		}
	}
	return registry
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// namesOf are the names of all metrics, those without a value yet too.
func namesOf(r *prometheus.Registry) map[string]bool {
	ch := make(chan *prometheus.Desc)
	go func() { // ends when all are told
		defer close(ch)
		r.Describe(ch)
	}()
	names := map[string]bool{}
	for d := range ch {
		if m := descName.FindStringSubmatch(d.String()); m != nil {
			names[m[1]] = true
		}
	}
	return names
}

var (
	descName   = regexp.MustCompile(`fqName: "([^"]+)"`)
	metricName = regexp.MustCompile(`\bmillrace_[a-z0-9_]+`)
)

// alerts are the expressions of the rules, by name.
func alerts(t *testing.T) map[string]string {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Labels      map[string]string
				Annotations map[string]string
			}
		}
	}
	text, err := os.ReadFile("../../deploy/prometheus/alerts.yml")
	must(t, err)
	tree, err := yaml.Parser().Unmarshal(text)
	must(t, err)
	as, err := json.Marshal(tree)
	must(t, err)
	must(t, json.Unmarshal(as, &file))
	all := map[string]string{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if r.Labels["severity"] == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" || all[r.Alert] != "" {
				t.Errorf("the alert %s is not whole, or there twice", r.Alert)
			}
			all[r.Alert] = r.Expr
		}
	}
	return all
}

// panels are the expressions of the dashboard, by where they stand.
func panels(t *testing.T) map[string]string {
	t.Helper()
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			Type    string
			Targets []struct{ Expr string }
		}
	}
	text, err := os.ReadFile("../../deploy/grafana/millrace.json")
	must(t, err)
	must(t, json.Unmarshal(text, &board))
	all, ids := map[string]string{}, map[int]bool{}
	for _, p := range board.Panels {
		if p.Type != "row" && len(p.Targets) == 0 || ids[p.ID] {
			t.Errorf("the panel %s asks for nothing, or its id is there twice", p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			all[p.Title+": "+target.Expr] = target.Expr
		}
	}
	return all
}

func TestEveryMetricThatIsAskedForExists(t *testing.T) {
	names := namesOf(roles(t))
	for kind, expressions := range map[string]map[string]string{"alert": alerts(t), "panel": panels(t)} {
		if len(expressions) < 10 {
			t.Errorf("only %d expressions of kind %s: the test looks in the wrong place", len(expressions), kind)
		}
		for where, expr := range expressions {
			asked := metricName.FindAllString(expr, -1)
			if len(asked) == 0 || strings.Count(expr, "(") != strings.Count(expr, ")") {
				t.Errorf("%s %s: not an expression over our metrics: %s", kind, where, expr)
			}
			for _, name := range asked {
				name = strings.TrimSuffix(name, "_bucket")
				if !names[name] {
					t.Errorf("%s %s: there is no metric %s", kind, where, name)
				}
			}
		}
	}
}

// units that must not stand in a name, because they are not base units, and what
// to write instead.
var foreign = regexp.MustCompile(`_(ms|millis|milliseconds|micros|nanos|minutes|hours|kb|mb|kib|mib|percent)(_|$)`)

func TestMetricsFollowTheConventions(t *testing.T) {
	registry := roles(t)
	for name := range namesOf(registry) {
		if strings.HasPrefix(name, "millrace_") && foreign.MatchString(name) {
			t.Errorf("%s: write seconds and bytes", name)
		}
	}
	families, err := registry.Gather()
	must(t, err)
	for _, f := range families {
		name := f.GetName()
		if !strings.HasPrefix(name, "millrace_") {
			continue
		}
		total := strings.HasSuffix(name, "_total")
		switch f.GetType() {
		case dto.MetricType_COUNTER:
			if !total {
				t.Errorf("%s is a counter and does not end in _total", name)
			}
		case dto.MetricType_GAUGE, dto.MetricType_HISTOGRAM:
			if total {
				t.Errorf("%s is no counter and ends in _total", name)
			}
		default:
			t.Errorf("%s is of type %s", name, f.GetType())
		}
		if len(f.GetHelp()) < 10 {
			t.Errorf("%s does not say what an operator does about it", name)
		}
	}
}
