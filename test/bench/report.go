package main

import (
	"fmt"
	"io"
	"time"
)

// row is what one stage cost.
type row struct {
	shape, stage string
	lines        int
	wall         time.Duration
	cost         usage
}

// perMillion is CPU-seconds per million lines.
func (r row) perMillion() float64 { return r.cost.cpu.Seconds() / float64(r.lines) * 1e6 }

// report prints the rows beside their budgets.
func report(out io.Writer, rows []row) {
	fmt.Fprintf(out, "%-6s %-7s %10s %12s %8s %10s %8s\n", "shape", "stage", "lines", "CPU-s per M", "budget", "lines/s", "RSS")
	for _, r := range rows {
		budget := "–"
		if b, ok := budgets[r.stage]; ok {
			if r.shape != "hot" {
				b *= fleetFactor
			}
			budget = fmt.Sprintf("%.2f", b)
		}
		fmt.Fprintf(out, "%-6s %-7s %10d %12.2f %8s %10.0f %5d MB\n", r.shape, r.stage, r.lines, r.perMillion(), budget,
			float64(r.lines)/r.wall.Seconds(), r.cost.rss>>20)
	}
}
