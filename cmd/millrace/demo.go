package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/cmd/millrace/demo"
	"github.com/millrace/millrace/internal/process"
)

// demoSeed and demoHistory make the shop that everybody sees first: half an hour of
// logs is there at once, so that the page has something to show.
const (
	demoSeed    = 1
	demoHistory = 30 * time.Minute
)

type demoCmd struct {
	Logs    string        `required:"" placeholder:"DIR" help:"Folder to write the logs to; made when missing."`
	Rate    float64       `default:"20" placeholder:"N" help:"Lines a second, on average. Default: ${default}."`
	History time.Duration `default:"30m" placeholder:"TIME" help:"How far back the logs of an empty folder begin. Default: ${default}."`
	Seed    uint64        `default:"1" placeholder:"N" help:"Chooses the visitors and what breaks. Default: ${default}."`
}

// Help is what `--help` adds.
func (demoCmd) Help() string {
	return "Writes access.log (nginx), app.json (JSON with stack traces) and worker.log (syslog) as a small shop would, and renames each at 8 MiB, " +
		"keeping three. Every few minutes something breaks for a while: look for 5xx in the one, errors in the other, and the request id that both have.\n\n" +
		"It only writes files. `millrace up --demo` also collects them."
}

// Run writes until ctx ends.
func (c *demoCmd) Run(ctx context.Context, env *process.Env) error {
	if c.Rate == 0 { // demo.Run would take it for the default
		return errors.New("--rate: must be above 0")
	}
	if c.History < 0 {
		return fmt.Errorf("--history: must not be negative, is %v", c.History)
	}
	fmt.Fprintf(env.Stderr, "the demo shop writes about %g lines a second to %s; Ctrl-C ends it\n", c.Rate, c.Logs)
	return demo.Run(ctx, demo.Config{Dir: c.Logs, Rate: c.Rate, Seed: c.Seed, History: c.History})
}
