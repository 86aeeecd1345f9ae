// Command bench measures what Millrace costs: it runs the built programs as
// whole processes on real input, stage by stage, and prints the CPU-seconds of
// each per million lines beside its budget. Servers run in a process of their
// own and are not counted, but for the stage `up`, which is everything.
//
// Two shapes: `hot` is one file that lay there before; `fleet` is many hosts
// with a few quiet files each, through the real agent code. The stage `tail` is the
// live tail of `up` while it is busy: what it costs, and how soon it shows a line.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"
)

// options are the flags of a run.
type options struct {
	Lines   int      `default:"1000000" help:"Lines of the hot file, and of the records."`
	Stages  []string `default:"agent,enrich,index,up,tail" help:"What to measure: agent, floor (with the fleet: its records without agents), enrich, index, up, tail."`
	Shapes  []string `default:"hot,fleet" help:"Which shapes: hot, fleet, records."`
	Hosts   int      `default:"200" help:"Hosts of the fleet."`
	Files   int      `default:"5" help:"Files of each host."`
	Rate    float64  `default:"2.4" help:"Lines a second into each of these files."`
	Seconds int      `default:"20" help:"How long the fleet writes while it is measured."`
	Bin     string   `default:"bin" help:"Folder of the built programs."`
	Real    bool     `help:"Measure on a real Kafka, etcd and Elasticsearch, which takes the documents, too."`
	Profile string   `help:"Folder for a CPU profile of each stage."`
}

// grammar has, beside the run, the process in which the fleet's agents live.
type grammar struct {
	Run   options  `cmd:"" default:"withargs" help:"Measure."`
	Agent agentCmd `cmd:"" help:"Measure the agent beside rsyslog, on a real Kafka."`
	Fleet fleetCmd `cmd:"" hidden:"" help:"Run the agents of the fleet."`
	Floor floorCmd `cmd:"" hidden:"" help:"Produce what these agents would, with nothing around it."`

	Processors processorsCmd `cmd:"" help:"Measure the processors beside rsyslog, on a real Kafka."`
	Merge      mergeCmd      `cmd:"" help:"Make the profile to build with of those of a measurement."`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var g grammar
	choice := kong.Parse(&g, kong.Name("bench"), kong.Description("Measures what Millrace costs."))
	switch choice.Selected().Name {
	case "fleet":
		return g.Fleet.run(ctx)
	case "floor":
		return g.Floor.run(ctx)
	case "agent":
		return g.Agent.run(ctx)
	case "processors":
		return g.Processors.run(ctx)
	case "merge":
		return g.Merge.run()
	}
	return measure(ctx, g.Run)
}

// measure runs the stages one after the other.
func measure(ctx context.Context, o options) error {
	var rows []row
	if slices.Equal(o.Stages, []string{"tail"}) {
		o.Shapes = nil
	}
	for _, shape := range o.Shapes {
		got, err := runShape(ctx, o, shape)
		rows = append(rows, got...)
		if err != nil {
			return err
		}
	}
	if len(rows) > 0 {
		report(os.Stdout, rows)
	}
	if !slices.Contains(o.Stages, "tail") {
		return nil
	}
	watched, err := measureTail(ctx, o)
	if err == nil {
		fmt.Println(watched)
	}
	return err
}
