// Command chaos proves that Millrace loses nothing and repeats nothing, on real
// servers, whatever goes wrong: writers append numbered lines to files that rotate,
// while a plan made from a seed kills and pauses processes, cuts wires, fills disks,
// makes Elasticsearch refuse, and edits collections. In the end every line is looked
// for in the index by its number and compared byte by byte.
//
//	go run ./test/chaos --seed 7 --lines 300000 --faults 25
//	go run ./test/chaos --outage broker=10m
//
// It exits with 1 when a line is lost, there twice, or mangled, or when a program of
// ours ended by itself, and says which lines and where each was last. The seed is
// printed and gives the same lines and the same plan again; what the machine makes of
// them is not the same each time.
package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/millrace/millrace/test/chaos/plan"
)

// options are the flags of a run.
type options struct {
	Seed      uint64        `help:"Makes the lines and the plan. Default: a random one."`
	Lines     int           `default:"300000" help:"Lines to write in all, beside the probes."`
	Rate      float64       `default:"2500" help:"Lines a second in all."`
	Faults    int           `default:"25" help:"How many things go wrong."`
	Runs      int           `default:"1" help:"Runs, one after another, each with the next seed."`
	Outage    string        `placeholder:"ROLE=TIME" help:"Instead of a plan: all brokers, etcd members or the search store are down so long, such as broker=10m."`
	Each      bool          `help:"Instead of a plan: every fault there is, once and alone, to see what it does to the delay."`
	Hosts     int           `default:"2" help:"Hosts, with an agent each."`
	Files     int           `default:"8" help:"Files of each host."`
	Rotations int           `default:"6" help:"How often each file is rotated."`
	Patience  time.Duration `default:"3m" help:"Give up when nothing has been indexed for so long."`
	Bin       string        `help:"Folder of the built programs. Default: they are built."`
	Dir       string        `help:"Folder for logs and state. Default: a new one."`
	Keep      bool          `help:"Keep the folder."`

	outage outage
}

func main() {
	if err := start(); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

// errBroken is returned when the promise was not kept.
var errBroken = errors.New("the promise was not kept")

func start() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o options
	kong.Parse(&o, kong.Name("chaos"), kong.Description("Breaks everything around Millrace and counts every line."))
	if o.Each && o.Outage != "" {
		return errors.New("--each and --outage are two plans")
	}
	if o.Seed == 0 {
		o.Seed = uint64(rand.Uint32())
	}
	if err := o.readOutage(); err != nil {
		return err
	}
	return o.all(ctx)
}

// all does every run, and ends with a table of them.
func (o options) all(ctx context.Context) error {
	table := &strings.Builder{}
	fmt.Fprintln(table, rowHead)
	clean := true
	for i := range o.Runs {
		one := o
		one.Seed += uint64(i)
		if o.Dir != "" && o.Runs > 1 {
			one.Dir = filepath.Join(o.Dir, fmt.Sprint(one.Seed))
		}
		rep, err := execute(ctx, one, os.Stderr)
		if err != nil {
			return fmt.Errorf("seed %d: %w", one.Seed, err)
		}
		rep.print(os.Stdout)
		fmt.Fprintln(table, rep.row())
		clean = clean && rep.clean()
	}
	fmt.Fprintf(os.Stdout, "\n%s", table)
	if !clean {
		return errBroken
	}
	return nil
}

// outage is the one fault of a run that is about a long one.
type outage struct {
	role plan.Role
	For  time.Duration
}

// readOutage reads the flag.
func (o *options) readOutage() error {
	if o.Outage == "" {
		return nil
	}
	role, text, _ := strings.Cut(o.Outage, "=")
	length, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("--outage %s: %w", o.Outage, err)
	}
	o.outage = outage{plan.Role(role), length}
	switch o.outage.role {
	case plan.Broker, plan.Etcd, plan.Search:
	default:
		return fmt.Errorf("--outage %s: the role must be %s, %s or %s", o.Outage, plan.Broker, plan.Etcd, plan.Search)
	}
	return nil
}

// faults are the outage, and an edit that is asked for in its middle.
func (o outage) faults() []plan.Fault {
	all := plan.Target{Role: o.role, N: plan.All}
	return []plan.Fault{
		{Kind: plan.Outage, Target: all, For: o.For},
		{Kind: plan.Edit, Target: plan.Target{Role: plan.Collection}, At: o.For / 2},
	}
}
