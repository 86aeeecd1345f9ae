package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/test/chaos/ledger"
	"github.com/millrace/millrace/test/chaos/plan"
	"github.com/millrace/millrace/test/chaos/site"
	"github.com/millrace/millrace/test/chaos/writer"
)

const (
	// buildUp bounds the wait for everything to be there, servers fetched and etcd
	// built, on a busy machine.
	buildUp = 15 * time.Minute
	// stillFor is how long the count must stay after it has reached what was written,
	// for duplicates to show themselves.
	stillFor = 5 * time.Second
	// writeMost is longer than any run takes that writes until its plan is through.
	writeMost = 3 * time.Hour
	// partitions of every topic: two of them for each processor at least.
	partitions = 6
)

// run is one run under way.
type run struct {
	options
	out    io.Writer
	dir    string
	site   *site.Site
	index  index
	probes *prober
	writer *writer.Writer
	plan   []plan.Fault
	began  time.Time // when the first line was written

	mu     sync.Mutex // guards what follows
	struck []struck
	edits  int
	memory []memory
}

// struck is a fault as it happened.
type struck struct {
	plan.Fault
	from, to time.Time
	err      error // of carrying it out
}

// execute runs one plan and says what came of it. The error is of the harness, not
// of Millrace.
func execute(ctx context.Context, o options, out io.Writer) (*report, error) {
	dir, err := o.folder()
	if err != nil {
		return nil, err
	}
	r := &run{options: o, out: out, dir: dir}
	r.say("seed %d, in %s", o.Seed, dir)
	if err := r.setUp(ctx); err != nil {
		return nil, err
	}
	rep, err := r.perform(ctx)
	err = errors.Join(err, r.site.Close())
	if err == nil && rep.clean() && !o.Keep {
		err = os.RemoveAll(dir) // else its logs tell what happened
	}
	return rep, err
}

func (r *run) perform(ctx context.Context) (*report, error) {
	if err := r.chaos(ctx); err != nil {
		return nil, err
	}
	return r.account(ctx)
}

func (r *run) say(format string, args ...any) {
	fmt.Fprintf(r.out, "%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

func (o options) folder() (string, error) {
	if o.Dir == "" {
		dir, err := os.MkdirTemp("", "millrace-chaos-")
		if err != nil {
			return "", err
		}
		return dir, os.Chmod(dir, 0o755)
	}
	return o.Dir, os.MkdirAll(o.Dir, 0o755)
}

func (o options) hosts() []string {
	var names []string
	for i := range o.Hosts {
		names = append(names, fmt.Sprintf("web-%d", i+1))
	}
	return names
}

// setUp starts everything and publishes the collections.
func (r *run) setUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, buildUp)
	defer cancel()
	bin, err := r.build(ctx)
	if err != nil {
		return err
	}
	logs := filepath.Join(r.dir, "logs")
	r.site, err = site.Start(ctx, site.Config{
		Bin: bin, Dir: r.dir, Logs: logs, Hosts: r.hosts(), Processors: 2, Indexers: 2, Brokers: 3, Members: 3, Partitions: partitions,
	})
	if err != nil {
		return err
	}
	if err := r.prepare(ctx, logs); err != nil {
		return errors.Join(err, r.site.Close())
	}
	return nil
}

// build is the folder of the programs, which it builds unless they were given.
func (r *run) build(ctx context.Context) (string, error) {
	if r.Bin != "" {
		return r.Bin, nil
	}
	bin := filepath.Join(r.dir, "bin") + string(filepath.Separator)
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", bin, "./cmd/millrace", "./cmd/millrace-agent").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, text)
	}
	return bin, nil
}

func (r *run) prepare(ctx context.Context, logs string) error {
	r.say("servers and roles run")
	if !r.site.HasDisks() {
		r.say("SKIPPED: full disks, because only root can mount small ones")
	}
	r.index = index{r.site.Search.URL()}
	r.probes = newProber(r.Seed, logs, r.hosts(), r.index)
	r.plan = r.faults()
	var err error
	r.writer, err = writer.New(writer.Config{
		Seed: r.Seed, Dir: logs, Hosts: r.hosts(), Files: r.Files, Lines: r.Lines, Rate: r.Rate, Rotations: r.Rotations, Indexed: r.index.has,
	})
	if err != nil {
		return err
	}
	for app := range apps {
		if err := r.collections().insist(ctx, app, 0, editLimit); err != nil {
			return err
		}
	}
	r.say("collections are published")
	return nil
}

func (r *run) collections() collections {
	return collections{admin: r.site.AdminURL, logs: filepath.Join(r.dir, "logs")}
}

// chaos writes all lines while the plan is carried out, and waits until all that was
// written is indexed or nothing comes any more.
func (r *run) chaos(ctx context.Context) error {
	for i, f := range r.plan {
		r.say("plan %2d: at %5.1fs for %5.1fs  %s", i+1, f.At.Seconds(), f.For.Seconds(), f)
	}
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { r.probes.watch(watching) })
	watch.Go(func() { r.watchMemory(watching) })
	defer watch.Wait()
	defer stop()

	r.began = time.Now()
	probing, enough := context.WithCancel(ctx)
	defer enough()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.probes.write(probing) })
	group.Go(func() error {
		defer enough()
		return r.disturb(ctx)
	})
	if err := group.Wait(); err != nil {
		return err
	}
	r.say("all is written and healed")
	return r.settle(watching)
}

// faults is the plan that was asked for.
func (r *run) faults() []plan.Fault {
	if r.untilDone() {
		r.Lines = int(writeMost.Seconds() * r.Rate) // more than will be written
	}
	if r.Each {
		return plan.Each(r.site.Shape())
	}
	if r.outage.For > 0 {
		return r.outage.faults()
	}
	return plan.Make(r.Seed, r.Faults, time.Duration(float64(r.Lines)/r.Rate*float64(time.Second)), r.site.Shape())
}

// wait returns true when the time is over, and false when ctx has ended before.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (r *run) lines() (files map[string]int, all int) {
	files = r.writer.Lines()
	for name, n := range r.probes.lines() {
		files[name] = n
	}
	for _, n := range files {
		all += n
	}
	return files, all
}

// settle waits until the index has as many events as lines were written and gets no
// more, or until nothing has come for r.Patience.
func (r *run) settle(ctx context.Context) error {
	_, want := r.lines()
	before, since := -1, time.Now()
	for wait(ctx, time.Second) {
		n, err := r.index.count(ctx)
		if err == nil && n != before {
			if before < 0 || time.Since(since) > 5*time.Second {
				r.say("%d of %d lines are indexed", n, want)
			}
			before, since = n, time.Now()
		}
		still := time.Since(since)
		if n >= want && err == nil && still > stillFor {
			return nil
		}
		if still > r.Patience {
			r.say("nothing has come for %s: %d of %d, %v", r.Patience, before, want, err)
			return nil
		}
	}
	return ctx.Err()
}

// account counts every line and writes the report.
func (r *run) account(ctx context.Context) (*report, error) {
	files, _ := r.lines()
	books := ledger.New(r.Seed, files)
	if err := r.index.all(ctx, books.Found); err != nil {
		return nil, fmt.Errorf("read the index: %w", err)
	}
	rep := &report{options: r.options, balance: books.Balance(), struck: r.struck, began: r.began, probes: r.probes, took: time.Since(r.began), disks: r.site.HasDisks()}
	rep.ends, rep.tops = r.site.Told()
	rep.memory = r.memory
	rep.dead = r.site.Dead()
	rep.counts = r.miscounted(ctx, files)
	kafka, err := dialTopics(r.site.Kafka.Config())
	if err != nil {
		return nil, err
	}
	defer kafka.client.Close()
	if rep.letters, err = kafka.letters(ctx); err != nil {
		return nil, err
	}
	if rep.balance.Lost > 0 {
		if rep.places, err = kafka.where(ctx, rep.balance.LostRanges); err != nil {
			return nil, err
		}
	}
	return rep, nil
}
