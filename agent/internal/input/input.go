package input

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/agent/internal/spool"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/status"
)

const (
	// tidyEvery is how often spools are synced and shipped files removed: what a power
	// failure may cost of what came over TCP, UDP or a pipe.
	tidyEvery = time.Second
	// An input that has failed is tried again after firstPause, and twice as long each
	// time up to mostPause.
	firstPause = time.Second
	mostPause  = 30 * time.Second
)

// Acked tells which files below a folder Kafka has up to which byte. All of that is
// noted on disk when it returns.
type Acked func(ctx context.Context, folder string) (map[string]uint64, error)

// Set is all inputs of a host. Make it with New.
type Set struct {
	dir    string
	log    *slog.Logger
	inputs []*input
	// leftovers are spools of inputs that are no longer there. What they hold is
	// shipped and deleted all the same.
	leftovers []*spool.Spool
}

// input is one of them, with what its servers need.
type input struct {
	cfg    Config
	spool  *spool.Spool
	log    *slog.Logger
	counts counts
	run    func(context.Context) error
}

// New opens the spools of these inputs, which are valid, in a folder.
func New(list []Config, dir string, log *slog.Logger) (*Set, error) {
	s := &Set{dir: dir, log: log}
	for _, cfg := range list {
		cfg.withDefaults()
		sp, err := spool.Open(filepath.Join(dir, cfg.Name), cfg.SpoolBytes)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("input %s: %w", cfg.Name, err), s.Close())
		}
		in := &input{cfg: cfg, spool: sp, log: log.With("input", cfg.Name)}
		in.run = in.server()
		s.inputs = append(s.inputs, in)
	}
	if err := s.openLeftovers(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Set) openLeftovers() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("inputs: %w", err)
	}
	for _, e := range entries {
		known := slices.ContainsFunc(s.inputs, func(in *input) bool { return in.cfg.Name == e.Name() })
		if known || !e.IsDir() {
			continue
		}
		sp, err := spool.Open(filepath.Join(s.dir, e.Name()), spool.MinLimit)
		if err != nil {
			return fmt.Errorf("inputs: %w", err)
		}
		s.leftovers = append(s.leftovers, sp)
	}
	return nil
}

// server is what serves the input's kind.
func (in *input) server() func(context.Context) error {
	switch in.cfg.Kind {
	case HTTP:
		return in.serveHTTP
	case Journald:
		return in.serveJournald
	case Pipe:
		return in.servePipe
	}
	return in.serveSyslog
}

// Run takes what comes until ctx ends. What lies in the spools then is shipped by the
// next life.
func (s *Set) Run(ctx context.Context, acked Acked) error {
	var g errgroup.Group
	for _, in := range s.inputs {
		g.Go(func() error { return in.supervise(ctx) }) // these end with ctx
	}
	g.Go(func() error { return s.tidy(ctx, acked) })
	return g.Wait()
}

// Close closes the spools, after Run.
func (s *Set) Close() error {
	var errs []error
	for _, sp := range s.spools() {
		errs = append(errs, sp.Close())
	}
	return errors.Join(errs...)
}

func (s *Set) spools() []*spool.Spool {
	all := slices.Clone(s.leftovers)
	for _, in := range s.inputs {
		all = append(all, in.spool)
	}
	return all
}

// supervise serves, and tries again when that fails.
func (in *input) supervise(ctx context.Context) error {
	pause := firstPause
	for {
		began := time.Now()
		err := in.run(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			err = errors.New("ended by itself")
		}
		in.counts.trouble(err)
		in.log.Error("an input has failed and is tried again", "error", err)
		if time.Since(began) > mostPause {
			pause = firstPause
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		pause = min(2*pause, mostPause)
	}
}

// tidy syncs the spools and deletes the files that Kafka has.
func (s *Set) tidy(ctx context.Context, acked Acked) error {
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if err := s.tidyOnce(ctx, acked); err != nil && ctx.Err() == nil {
			s.log.Warn("the spools of the inputs cannot be kept tidy", "error", err)
		}
	}
}

func (s *Set) tidyOnce(ctx context.Context, acked Acked) error {
	var errs []error
	sealed := false
	for _, sp := range s.spools() {
		errs = append(errs, sp.Sync())
		sealed = sealed || len(sp.Sealed()) > 0
	}
	if !sealed {
		return errors.Join(errs...)
	}
	have, err := acked(ctx, s.dir)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, sp := range s.spools() {
		errs = append(errs, sp.Remove(func(f spool.File) bool { return have[f.Path] >= uint64(f.Size) }))
	}
	return errors.Join(errs...)
}

// Status tells how the inputs fare.
func (s *Set) Status() []status.Input {
	var all []status.Input
	for _, in := range s.inputs {
		st := status.Input{Name: in.cfg.Name, Kind: string(in.cfg.Kind), SpoolBytes: in.spool.Bytes(), SpoolLimit: in.spool.Limit()}
		in.counts.status(&st)
		all = append(all, st)
	}
	return all
}

// Paths are the globs of the spools that a collection asks for, in the folder of all.
func Paths(dir string, view *collect.AgentView) []string {
	var globs []string
	for _, name := range view.Inputs {
		globs = append(globs, spool.Glob(filepath.Join(dir, name)))
	}
	return globs
}
