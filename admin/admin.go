package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/admin/internal/api"
	"github.com/millrace/millrace/admin/internal/ask"
	"github.com/millrace/millrace/admin/internal/find"
	"github.com/millrace/millrace/admin/internal/flow"
	"github.com/millrace/millrace/admin/internal/live"
	"github.com/millrace/millrace/admin/internal/store"
	"github.com/millrace/millrace/internal/elastic"
	"github.com/millrace/millrace/internal/guard"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/table"
	"github.com/millrace/millrace/schemas/topic"
	"github.com/millrace/millrace/web"
)

const (
	// headerTimeout and maxHeader bound what a client may say before it is known,
	// idleTimeout how long a connection may do nothing.
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
	// drainTimeout is how long requests may go on when the admin ends.
	drainTimeout = 5 * time.Second
)

// healthPath needs no token: what asks for it often cannot keep one.
const healthPath = "/healthz"

// isOpen tells what needs no token: the health, and the page, which must be there to
// ask for one. An address of the page with a slash too many only leads to it.
func isOpen(path string) bool {
	return path == healthPath || web.Serves(path) || web.Serves(strings.TrimRight(path, "/"))
}

// Deps are what an admin is lent. The zero value is usable.
type Deps struct {
	// Log is where it logs; nil: nowhere.
	Log *slog.Logger
	// Registry takes its metrics and is what /metrics shows; nil: one of its own.
	Registry *prometheus.Registry
	// Health gets the admin's readiness checks and is what /readyz shows; nil: one of
	// its own. A process of several roles shares one.
	Health *obs.Health
	// Listener is where it serves; Run closes it. nil: it listens on Config.HTTP.
	Listener net.Listener
	// Now is the clock.
	Now func() time.Time
	// Lead runs work while this admin leads the making of topics, until ctx ends; one
	// of them shall at a time. nil: this is the only one.
	Lead func(ctx context.Context, work func(context.Context))
}

func (d Deps) withDefaults() Deps {
	d.Log = obs.Component(d.Log, "admin")
	if d.Registry == nil {
		d.Registry = obs.NewRegistry()
	}
	if d.Health == nil {
		d.Health = &obs.Health{}
	}
	if d.Lead == nil {
		d.Lead = func(ctx context.Context, work func(context.Context)) { work(ctx) }
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	return d
}

// Admin serves the API. Make it with New.
type Admin struct {
	cfg     Config
	deps    Deps
	servers *servers
	fleet   *table.View
	hosts   *table.View
	live    *live.Hub
	flow    *flow.Flow
	asker   *ask.Asker
	handler http.Handler
}

// New makes an admin. It checks the configuration, reads the token and starts
// nothing.
func New(cfg Config, deps Deps) (*Admin, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("admin: %w", err)
	}
	token, err := guard.ReadToken(cfg.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("admin: %w", err)
	}
	search, err := elastic.New(cfg.Elastic)
	if err != nil {
		return nil, fmt.Errorf("admin: %w", err)
	}
	deps = deps.withDefaults()
	a := &Admin{
		cfg: cfg, deps: deps, servers: newServers(cfg, deps.Lead, deps.Log),
		fleet: table.New(cfg.Kafka, topic.TableOf(topic.GroupFleet), deps.Log),
		hosts: table.New(cfg.Kafka, topic.TableOf(topic.GroupEnrich), deps.Log),
		live:  live.New(cfg.Kafka, deps.Log, deps.Registry),
		flow:  flow.New(cfg.Kafka, deps.Log, deps.Now),
	}
	a.asker = ask.New(cfg.Kafka, a.servers.etcd, deps.Log)
	deps.Registry.MustRegister(flow.NewMetrics(a.flow, a.fleet.All))
	collections := store.New(a.servers.etcd, a.servers.ensureApp)
	finder := find.New(search, deps.Now)
	a.addChecks(collections, finder)
	router, err := a.routes(collections, finder)
	if err != nil {
		return nil, fmt.Errorf("admin: %w", err)
	}
	a.handler = guard.New(guard.Config{Hosts: cfg.AllowedHosts, Token: token, Open: isOpen, Log: deps.Log}, router)
	return a, nil
}

func (a *Admin) routes(collections *store.Store, finder *find.Finder) (http.Handler, error) {
	r := chi.NewRouter()
	r.Use(newMetrics(a.deps.Registry).count)
	for _, path := range web.Paths() {
		r.Method(http.MethodGet, path, web.Handler())
		r.Method(http.MethodHead, path, web.Handler())
	}
	r.Method(http.MethodGet, healthPath, obs.Live())
	r.Method(http.MethodGet, "/readyz", a.deps.Health.Ready())
	r.Method(http.MethodGet, "/metrics", obs.MetricsHandler(a.deps.Registry))
	err := api.Mount(r, api.Deps{
		Store: collections, Finder: finder, Fleet: a.fleet, Hosts: a.hosts, Live: a.live, Flow: a.flow, Asker: a.asker,
		Roster: a.servers.roster, Topics: a.servers.findings, Log: a.deps.Log, Now: a.deps.Now,
	})
	r.NotFound(web.Missing(r.NotFoundHandler()).ServeHTTP)
	return r, err
}

// addChecks says what the admin needs to be of use.
func (a *Admin) addChecks(collections *store.Store, finder *find.Finder) {
	a.deps.Health.Add("etcd", collections.Ready)
	a.deps.Health.Add("kafka", a.servers.kafkaReady)
	a.deps.Health.Add("search", finder.Ready)
	for name, v := range map[string]*table.View{"fleet table": a.fleet, "host table": a.hosts} {
		a.deps.Health.Add(name, func(context.Context) error {
			_, err := v.Get("")
			return err
		})
	}
}

// Addr is where it serves: the listener's address, or the one it will listen on.
func (a *Admin) Addr() string {
	if a.deps.Listener != nil {
		return a.deps.Listener.Addr().String()
	}
	return a.cfg.HTTP
}

// Run serves until ctx ends, lets requests that are under way come to their end, and
// returns nil. It serves at once: servers that do not answer yet make requests fail
// with 503 and are tried again. An error means that it cannot serve, such as an
// address in use.
func (a *Admin) Run(ctx context.Context) error {
	ln := a.deps.Listener
	if ln == nil {
		var lc net.ListenConfig
		var err error
		if ln, err = lc.Listen(ctx, "tcp", a.cfg.HTTP); err != nil {
			return fmt.Errorf("admin: %w", err)
		}
	}
	server := &http.Server{
		Handler:           a.handler,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(a.deps.Log.Handler(), slog.LevelDebug),
	}
	// Requests are answered to their end with the servers still connected, so those
	// have a context of their own that ends after the HTTP server.
	below, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.servers.run(below) }) // ended by stop
	group.Go(func() error { return a.fleet.Run(below) })   // ended by stop
	group.Go(func() error { return a.hosts.Run(below) })   // ended by stop
	group.Go(func() error { return a.flow.Run(below) })    // ended by stop
	group.Go(func() error { return a.asker.Run(below) })   // ended by stop
	group.Go(func() error { return a.live.Run(ctx) })      // ends all tails, which would hold up the server's end
	group.Go(func() error {                                // ended by the server's end
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("admin: %w", err)
		}
		return nil
	})
	group.Go(func() error { // ended by ctx
		<-ctx.Done()
		defer stop()
		return drain(ctx, server)
	})
	return group.Wait()
}

// drain ends the server: requests under way have some time, then they are cut off.
func drain(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return err
}
