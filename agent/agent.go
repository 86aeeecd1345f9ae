package agent

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/millrace/millrace/agent/internal/beat"
	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/follow"
	"github.com/millrace/millrace/agent/internal/input"
	"github.com/millrace/millrace/agent/internal/ship"
	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/agent/internal/state"
	"github.com/millrace/millrace/agent/internal/tail"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
)

// eventQueue is how many batches of findings may wait for the tailer; then the
// finder waits, and what the kernel cannot hold meanwhile a scan finds.
const eventQueue = 16

// spoolsName is the folder of the inputs' spools in the state folder.
const spoolsName = "spool"

// spareFiles are descriptors that are not for log files.
const spareFiles = 64

// Deps are what an agent is lent. The zero value is usable.
type Deps struct {
	// Log is where it logs; nil: nowhere.
	Log *slog.Logger
	// Registry takes its metrics; nil: nobody does.
	Registry prometheus.Registerer
}

// Agent ships the files of one host. Make it with New.
type Agent struct {
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	nonce   uint64
}

// New makes an agent. It checks the configuration and starts nothing.
func New(cfg Config, deps Deps) (*Agent, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	var nonce [8]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	m, err := newMetrics(deps.Registry)
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	return &Agent{
		cfg: cfg, log: deps.Log.With("component", "agent"), metrics: m,
		nonce: binary.BigEndian.Uint64(nonce[:]),
	}, nil
}

// Run collects and ships until ctx ends. Then it ships what it has read, waits
// for Kafka at most 5 s, and returns nil. Where it was is kept either way. An
// error means that it could not start, such as a state folder in use. Call it
// once.
//
//	etcd ──► follow ──sets──► find ──events──► tail ──records──► ship ──► raw
//	            └─────────────sets─────────────►│ ▲◄───acked───────┘
//	                              state log ◄───┘ └──status── beat ──► agents, agents.sources
//	                              follow ──requests──► beat
//
//	network ──► input ──► spools (files that find finds and tail reads)
//	              ▲──acked── tail
//
// Each box is one goroutine (tail has a second one for fdatasync, input as many as it
// has connections). tail ends
// before ship, so that what was read can still be shipped; the last beat is
// written when all of them have ended.
func (a *Agent) Run(ctx context.Context) (err error) {
	st, err := state.Open(a.cfg.StateDir, a.log)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	defer func() {
		if cerr := st.Close(); cerr != nil {
			a.log.Error("the state log may lack its end", "error", cerr)
		}
	}()
	id, err := source.HostID(a.cfg.StateDir, a.cfg.HostID, a.cfg.Host)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	a.log.Info("agent starts", "host", a.cfg.Host, "id", id, "sources", len(st.Sources()), "unacked", len(st.Unacked()))
	return a.run(ctx, id, st)
}

func (a *Agent) run(ctx context.Context, id string, st *state.Log) error {
	folder, err := filepath.EvalSymlinks(a.cfg.StateDir) // systemd may make it a link
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	spools := filepath.Join(folder, spoolsName)
	inputs, err := input.New(a.cfg.Inputs, spools, a.log)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	allow := find.Allow(append(slices.Clone(a.cfg.AllowPaths), spools+"/*/*"))
	forFinder := make(chan []collect.AgentView, 1)
	forTailer := make(chan follow.Set, 1)
	events := make(chan []find.Event, eventQueue)

	finder := find.New(allow, a.cfg.ScanEvery, forFinder, events, a.log)
	shipper := ship.New(a.cfg.Kafka, a.log)
	tailer := tail.New(tail.Config{
		Host: a.cfg.Host, HostID: id, Writer: record.Writer{ID: id, Nonce: a.nonce}, Allow: allow,
		UnackedBytes: a.cfg.unacked(), CPULimit: a.cfg.cores(), OpenFiles: openFiles(a.cfg.OpenFiles),
		DeletedFiles: a.cfg.DeletedFiles, DeletedBytes: uint64(a.cfg.DeletedBytes), Grace: a.cfg.Grace, Spools: spools,
	}, a.log, st, shipper, events, finder.Dirty(), forTailer)
	teller := &teller{agent: a, id: id, started: time.Now().UTC(), tailer: tailer, shipper: shipper, inputs: inputs, spools: spools}
	a.metrics.watch(teller)
	defer a.metrics.watch(nil)
	beater := beat.New(a.cfg.Kafka, id, a.log, teller.beat, teller.answer)
	unasked := &unasked{inputs: a.cfg.Inputs, log: a.log}
	follower := follow.New(a.cfg.Etcd, a.cfg.Host, id, a.cfg.Labels, a.cfg.StateDir, a.log, func(set follow.Set) {
		unasked.tell(set.Views)
		set.Views = withSpools(set.Views, spools)
		replace(forTailer, set)
		replace(forFinder, set.Views)
	}, beater.Ask)

	shipping, stopShipping := context.WithCancel(context.WithoutCancel(ctx))
	defer stopShipping()
	var g errgroup.Group
	g.Go(func() error { return follower.Run(ctx) }) // these four end with ctx
	g.Go(func() error { return finder.Run(ctx) })
	g.Go(func() error { return beater.Run(ctx) })
	g.Go(func() error { return inputs.Run(ctx, tailer.Acked) })
	g.Go(func() error { return shipper.Run(shipping) }) // ends after the tailer
	g.Go(func() error {
		defer stopShipping()
		return tailer.Run(ctx)
	})
	err = g.Wait()
	beater.Last(context.WithoutCancel(ctx), teller.last())
	if cerr := inputs.Close(); cerr != nil {
		a.log.Warn("a spool was not closed in order; the next start mends it", "error", cerr)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// withSpools adds to each collection the files of the inputs that it asks for.
func withSpools(views []collect.AgentView, dir string) []collect.AgentView {
	views = slices.Clone(views)
	for i := range views {
		views[i].Paths = append(slices.Clone(views[i].Paths), input.Paths(dir, &views[i])...)
	}
	return views
}

// replace puts v into a channel of one place, over what lies there unread. There
// is one sender only.
func replace[T any](ch chan T, v T) {
	select {
	case <-ch:
	default:
	}
	ch <- v
}

// openFiles is the budget that the process' own limit allows.
func openFiles(most int) int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 1<<30 {
		return most
	}
	return max(minOpenFiles, min(most, int(limit.Cur)-spareFiles))
}
