package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// stageMost bounds a stage: one that takes longer hangs.
const stageMost = 10 * time.Minute

// budgets are CPU-seconds per million lines (docs/performance.md).
var budgets = map[string]float64{"agent": 0.35, "enrich": 1.5, "index": 0.6}

// fleetFactor is how much more the fleet's shape may cost than the hot file's.
const fleetFactor = 4

// feeds are the stages behind the agent, each of which reads what the one before it
// wrote.
var feeds = []string{"enrich", "index"}

// runShape measures the stages on one shape of input. Each stage feeds the next,
// so they run in their order up to the last that was asked for, and those that were
// not asked for are not shown.
func runShape(ctx context.Context, o options, shape string) (rows []row, err error) {
	w, err := newWorld(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	agents := map[string]func(context.Context) (row, error){"hot": w.hotAgent, "fleet": w.fleetAgents, "records": w.written}
	agent, ok := agents[shape]
	if !ok {
		return nil, fmt.Errorf("unknown shape %q", shape)
	}
	first, err := agent(ctx)
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	if shape != "records" { // which needs no agent
		rows = append(rows, first)
	}
	for i, stage := range []func(context.Context, int) (row, error){w.enrich, w.index} {
		if !slices.ContainsFunc(feeds[i:], func(s string) bool { return slices.Contains(o.Stages, s) }) {
			break
		}
		r, err := stage(ctx, max(first.lines, w.fleetLines))
		if err != nil {
			return rows, err
		}
		rows = append(rows, r)
	}
	if shape == "fleet" && slices.Contains(o.Stages, "floor") {
		r, err := w.floor(ctx)
		if err != nil {
			return rows, fmt.Errorf("floor: %w", err)
		}
		rows = append(rows, r)
	}
	if shape == "hot" && slices.Contains(o.Stages, "up") {
		r, err := measureUp(ctx, o)
		if err != nil {
			return rows, fmt.Errorf("up: %w", err)
		}
		rows = append(rows, r)
	}
	shown := rows[:0]
	for _, r := range rows {
		if slices.Contains(o.Stages, r.stage) {
			r.shape = shape
			shown = append(shown, r)
		}
	}
	return shown, nil
}

// hotHost is the host of the hot file.
const hotHost = "bench"

// hotAgent ships one file that is there before the agent.
func (w *world) hotAgent(ctx context.Context) (row, error) {
	if err := writeLines(filepath.Join(w.logs(), "hot.log"), w.o.Lines); err != nil {
		return row{}, err
	}
	if _, err := collect(ctx, w.admin, hotHost, filepath.Join(w.logs(), "*.log")); err != nil {
		return row{}, err
	}
	return w.role(ctx, "agent", w.o.Lines, "millrace_agent_shipped_lines_total", "millrace-agent", "run", "--config", w.config,
		"--host", hotHost, "--state-dir", filepath.Join(w.dir, "agent"), "--allow-paths", w.logs()+"/**")
}

// enrich parses what is in the raw topic.
func (w *world) enrich(ctx context.Context, lines int) (row, error) {
	return w.role(ctx, "enrich", lines, "millrace_enrich_lines_out_total", "millrace", "processor", "--config", w.config,
		"--state-dir", filepath.Join(w.dir, "processor"))
}

// index sends what is in the app topics to the sink, or to the real Elasticsearch.
func (w *world) index(ctx context.Context, lines int) (row, error) {
	if w.real != nil {
		return w.role(ctx, "index", lines, "millrace_indexer_out_total", "millrace", "indexer", "--config", w.config)
	}
	s, err := newSink(w.config)
	if err != nil {
		return row{}, err
	}
	defer s.Close()
	if err := os.Setenv("MILLRACE_ELASTICSEARCH_ADDRESSES", s.URL); err != nil {
		return row{}, err
	}
	defer os.Unsetenv("MILLRACE_ELASTICSEARCH_ADDRESSES")
	r, err := w.role(ctx, "index", lines, "millrace_indexer_out_total", "millrace", "indexer", "--config", w.config)
	return r, errors.Join(err, s.await(ctx, int64(lines)))
}

// role runs one role until a metric says that it is done, and says its cost from its
// first lines on: starting, which takes some tenths of a second whatever follows, is
// left out.
func (w *world) role(ctx context.Context, stage string, lines int, done, program string, args ...string) (row, error) {
	addr, err := freeAddress(ctx)
	if err != nil {
		return row{}, err
	}
	fmt.Fprintf(os.Stderr, "%s: %d lines…\n", stage, lines)
	if err := w.o.profile(stage); err != nil {
		return row{}, err
	}
	p, err := spawn(ctx, filepath.Join(w.o.Bin, program), append(args, "--metrics", addr)...)
	if err != nil {
		return row{}, err
	}
	p.addr = addr
	r, err := p.measure(ctx, p.counted(done), lines)
	if err != nil {
		return row{}, errors.Join(fmt.Errorf("%s: %w", stage, err), p.stop())
	}
	r.stage = stage
	return r, p.stop()
}

// measure waits until the first lines are done, and then all.
func (p *process) measure(ctx context.Context, done progress, lines int) (row, error) {
	first, err := done.await(ctx, startPoll, 1)
	if err != nil {
		return row{}, err
	}
	before, err := p.usage()
	if err != nil {
		return row{}, err
	}
	began := time.Now()
	if _, err := done.await(ctx, pollEvery, float64(lines)); err != nil {
		return row{}, err
	}
	wall := time.Since(began)
	cost, err := p.usage()
	cost.cpu -= before.cpu
	return row{lines: lines - int(first), wall: wall, cost: cost}, err
}

// measureUp measures everything in one process, servers included.
func measureUp(ctx context.Context, o options) (r row, err error) {
	dir, err := os.MkdirTemp("", "millrace-bench-")
	if err != nil {
		return row{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := writeLines(filepath.Join(dir, "logs.log"), o.Lines); err != nil {
		return row{}, err
	}
	if err := o.profile("up"); err != nil {
		return row{}, err
	}
	p, err := spawn(ctx, filepath.Join(o.Bin, "millrace"), "up", "--data", filepath.Join(dir, "data"), "--http", "127.0.0.1:0",
		"--host", hotHost, "--allow-paths", dir+"/*.log")
	if err != nil {
		return row{}, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	admin, err := readyAddress(p)
	if err != nil {
		return row{}, err
	}
	fmt.Fprintf(os.Stderr, "up: %d lines…\n", o.Lines)
	idle, err := p.usage()
	if err != nil {
		return row{}, err
	}
	began := time.Now()
	if _, err := collect(ctx, admin, hotHost, dir+"/*.log"); err != nil {
		return row{}, err
	}
	p.addr = strings.TrimPrefix(admin, "http://")
	if _, err := p.counted("millrace_search_documents_total").await(ctx, pollEvery, float64(o.Lines)); err != nil {
		return row{}, err
	}
	cost, err := p.usage()
	cost.cpu -= idle.cpu
	return row{stage: "up", lines: o.Lines, wall: time.Since(began), cost: cost}, err
}

// profile has the next process of ours write a CPU profile, when asked.
func (o options) profile(stage string) error {
	if o.Profile == "" {
		return nil
	}
	if err := os.MkdirAll(o.Profile, 0o755); err != nil {
		return err
	}
	return os.Setenv("MILLRACE_CPU_PROFILE", filepath.Join(o.Profile, stage+".pprof"))
}
