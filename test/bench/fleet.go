package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/agent"
	program "github.com/millrace/millrace/internal/process"
	"github.com/millrace/millrace/internal/settings"
)

// fleetCmd runs many agents in one process: the agents of the fleet, each with
// the code, state and connections that it would have on a host of its own.
type fleetCmd struct {
	Config string `required:""`
	Logs   string `required:""`
	State  string `required:""`
	Hosts  int    `required:""`
}

func (c *fleetCmd) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return profileWarm(ctx) })
	for i := range c.Hosts {
		host := hostName(i)
		cfg := agent.Default()
		if err := (settings.Source{File: c.Config}).Load("agent", &cfg); err != nil {
			return err
		}
		cfg.Host, cfg.HostID, cfg.Version = host, host, "bench"
		cfg.Shared = true
		cfg.StateDir = filepath.Join(c.State, host)
		cfg.AllowPaths = []string{filepath.Join(c.Logs, host, "**")}
		a, err := agent.New(cfg, agent.Deps{})
		if err != nil {
			return err
		}
		group.Go(func() error { return a.Run(ctx) })
	}
	fmt.Println("started")
	return group.Wait()
}

// profileWarm writes the profile that was asked for, without what it costs to start.
func profileWarm(ctx context.Context) error {
	select {
	case <-time.After(warmUp):
	case <-ctx.Done():
		return nil
	}
	stop, err := program.StartProfile(os.Environ())
	if err != nil {
		return err
	}
	<-ctx.Done()
	return stop()
}

func hostName(i int) string { return "host-" + strconv.Itoa(i) }

// warmUp is how long the fleet writes before it is measured, so that the cost
// of starting is left out.
const warmUp = 5 * time.Second

// fleetAgents ships a few lines a second from each of many files on many hosts.
func (w *world) fleetAgents(ctx context.Context) (row, error) {
	self, err := os.Executable()
	if err != nil {
		return row{}, err
	}
	files, err := w.fleetFiles(ctx)
	if err != nil {
		return row{}, err
	}
	fmt.Fprintf(os.Stderr, "agent: %d hosts of %d files, %.1f lines/s each, %d s…\n", w.o.Hosts, w.o.Files, w.o.Rate, w.o.Seconds)
	if err := w.o.profile("agent"); err != nil {
		return row{}, err
	}
	// The agents live on: what they have not read yet is waited for by enrich.
	p, err := w.many(ctx, self, "fleet", "--logs", w.logs(), "--state", filepath.Join(w.dir, "agents"))
	if err != nil {
		return row{}, err
	}
	written, err := w.writeFleet(ctx, files, warmUp)
	if err != nil {
		return row{}, err
	}
	before, err := p.usage()
	if err != nil {
		return row{}, err
	}
	began := time.Now()
	measured, err := w.writeFleet(ctx, files, time.Duration(w.o.Seconds)*time.Second)
	if err != nil {
		return row{}, err
	}
	wall := time.Since(began)
	after, err := p.usage()
	if err != nil {
		return row{}, err
	}
	after.cpu -= before.cpu
	r := row{stage: "agent", lines: measured, wall: wall, cost: after}
	w.fleetLines = written + measured
	return r, nil
}

// many starts what this program does for all hosts of the fleet, and waits until it
// has begun.
func (w *world) many(ctx context.Context, self, what string, args ...string) (*process, error) {
	p, err := spawn(ctx, self, append([]string{what, "--config", w.config, "--hosts", strconv.Itoa(w.o.Hosts)}, args...)...)
	if err != nil {
		return nil, err
	}
	w.procs = append(w.procs, p)
	_, err = p.line()
	return p, err
}

// fleetFiles makes the files of the fleet, and a collection for each host: with
// one for all, every agent of this machine would watch the folders of every other.
func (w *world) fleetFiles(ctx context.Context) ([]*os.File, error) {
	var files []*os.File
	for h := range w.o.Hosts {
		dir := filepath.Join(w.logs(), hostName(h))
		if err := os.Mkdir(dir, 0o755); err != nil {
			return nil, err
		}
		if err := w.tell(ctx, hostName(h), filepath.Join(dir, "*.log")); err != nil {
			return nil, err
		}
		for f := range w.o.Files {
			file, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(f)+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
			if err != nil {
				return nil, err
			}
			files = append(files, file)
		}
	}
	return files, nil
}

func (w *world) tell(ctx context.Context, host, glob string) error {
	if w.publish != nil {
		return w.publish(ctx, host, glob)
	}
	_, err := collect(ctx, w.admin, host, glob)
	return err
}

// writeFleet appends a line to each file in turn, at the rate of the fleet, and
// returns how many it wrote.
func (w *world) writeFleet(ctx context.Context, files []*os.File, most time.Duration) (n int, err error) {
	perSecond := w.o.Rate * float64(len(files))
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var line []byte
	for began := time.Now(); ; {
		passed := time.Since(began)
		for due := int(perSecond * min(passed, most).Seconds()); n < due; n++ {
			line = appendLine(line[:0], n, time.Now())
			if _, err := files[n%len(files)].Write(line); err != nil {
				return n, err
			}
		}
		if passed >= most {
			return n, nil
		}
		select {
		case <-ctx.Done():
			return n, errors.Join(ctx.Err())
		case <-tick.C:
		}
	}
}
