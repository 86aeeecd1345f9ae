package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/millrace/millrace/schemas/topic"
)

// processorsCmd measures what a line costs between the raw topic and its app topic,
// beside rsyslog, which parses the same lines from Kafka to Kafka.
type processorsCmd struct {
	Lines   int      `default:"4000000" help:"Lines of each run. The first second is dearer: the broker beside it is cold."`
	Small   int      `default:"600000" help:"Lines of the shape fleet, three a record."`
	Shapes  []string `default:"nginx+ua+geo,nginx,dissect,grok,json,syslog,fleet" help:"What to measure."`
	Hosts   int      `default:"200" help:"Hosts of the fleet."`
	Bin     string   `default:"bin" help:"Folder of the built programs."`
	Geo     string   `default:".cache/geo" help:"Folder of geo databases (mmdb)."`
	Rsyslog string   `default:"rsyslogd" help:"rsyslog's program, with its modules for Kafka and mmnormalize; none skips it."`
	Profile string   `help:"Folder for CPU profiles of the processors."`
}

func (c *processorsCmd) run(ctx context.Context) (err error) {
	list, err := shapesOf(c.Shapes)
	if err != nil {
		return err
	}
	places, err := readAtlas(c.Geo)
	if err != nil {
		return err
	}
	cores := map[string]coreCost{} // measured before servers run beside it
	for _, s := range list {
		if cores[s.name], err = s.core(places); err != nil {
			return err
		}
	}
	w, err := newWorld(ctx, options{Lines: c.Lines, Bin: c.Bin, Hosts: c.Hosts, Files: 5, Profile: c.Profile, Real: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	fmt.Printf("%-13s %9s %12s %7s %10s %8s %8s %6s %5s\n", "raw → app", "lines", "CPU-s per M", "budget", "lines/s", "RSS", "core µs", "bytes", "load")
	costs := map[string]float64{}
	for _, s := range list {
		r, err := c.shapeRow(ctx, w, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		costs[s.name] = r.perMillion()
		budget := "–"
		switch {
		case s.small:
			budget = fmt.Sprintf("%.1f", fleetFactor*budgets["enrich"])
		case s.name == fullShape:
			budget = fmt.Sprintf("%.1f", budgets["enrich"])
		}
		core := cores[s.name]
		r.line(s.name, budget, fmt.Sprintf("%.2f", float64(core.line.Nanoseconds())/1e3), strconv.Itoa(core.size))
	}
	if c.Rsyslog == "none" {
		return nil
	}
	r, err := c.rsyslogRow(ctx, w)
	if err != nil {
		return fmt.Errorf("rsyslog: %w", err)
	}
	r.line("rsyslog nginx", "–", "–", "–")
	for _, s := range list {
		if strings.HasPrefix(s.name, "nginx") {
			fmt.Printf("%-13s %8.1f times less than rsyslog\n", s.name, r.perMillion()/costs[s.name])
		}
	}
	return nil
}

// shapeRow ships the lines of a shape, and has a processor parse them.
func (c *processorsCmd) shapeRow(ctx context.Context, w *world, s shape) (row, error) {
	lines, err := c.ship(ctx, w, s)
	if err != nil {
		return row{}, err
	}
	state := filepath.Join(w.dir, "processor")
	if err := c.placeGeo(state); err != nil {
		return row{}, err
	}
	r, err := w.role(ctx, "enrich "+s.name, lines, "millrace_enrich_lines_out_total", "millrace", "processor", "--config", w.config, "--state-dir", state)
	if err != nil {
		return row{}, err
	}
	watch, err := newEnds(w.real.Kafka.Config())
	if err != nil {
		return row{}, err
	}
	defer watch.close()
	end, err := watch.records(topic.Logs(s.id()))
	if err != nil {
		return row{}, err
	}
	a := arrived{proof: []byte(s.proof)}
	if err := a.read(ctx, w.real.Kafka.Config().Brokers, topic.Logs(s.id()), end, a.batch); err != nil {
		return row{}, err
	}
	return r, a.check(lines)
}

// ship brings the lines of a shape into the raw topic: through an agent, or as the
// records that many quiet agents would make.
func (c *processorsCmd) ship(ctx context.Context, w *world, s shape) (int, error) {
	if s.small {
		rev, err := publish(ctx, w.admin, s.id(), s.id(), "host-*", "/var/log/shop/*.log", s.pipeline)
		if err != nil {
			return 0, err
		}
		w.o.Lines = c.Small
		r, err := w.writeRecords(ctx, s.id(), rev, s.line)
		return r.lines, err
	}
	host := s.id()
	logs := filepath.Join(w.logs(), host)
	if err := os.Mkdir(logs, 0o755); err != nil {
		return 0, err
	}
	if err := writeFile(filepath.Join(logs, "hot.log"), c.Lines, s.line); err != nil {
		return 0, err
	}
	if _, err := publish(ctx, w.admin, host, host, host, filepath.Join(logs, "*.log"), s.pipeline); err != nil {
		return 0, err
	}
	_, err := w.role(ctx, "agent "+s.name, c.Lines, shippedLines, "millrace-agent", "run", "--config", w.config,
		"--host", host, "--state-dir", filepath.Join(w.dir, "agent-"+host), "--allow-paths", logs+"/**")
	return c.Lines, errors.Join(err, os.RemoveAll(logs))
}

// placeGeo puts the geo databases where a processor finds them.
func (c *processorsCmd) placeGeo(state string) error {
	dir, err := filepath.Abs(c.Geo)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(state, 0o755); err != nil {
		return err
	}
	err = os.Symlink(dir, filepath.Join(state, "geo"))
	if errors.Is(err, os.ErrExist) { // an earlier shape's
		return nil
	}
	return err
}

// line prints a row of the processors.
func (r row) line(name, budget, core, size string) {
	fmt.Printf("%-13s %9d %12.2f %7s %10.0f %5d MB %8s %6s %5s\n", name, r.lines, r.perMillion(), budget,
		float64(r.lines)/r.wall.Seconds(), r.cost.rss>>20, core, size, load())
}

// load is how busy the machine was in the last minute.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
