// Command millrace-agent is the agent alone: it tails the files of one host
// and ships them to Kafka. No embedded server is linked in.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/alecthomas/kong"

	"github.com/millrace/millrace/cmd/internal/agentcmd"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/process"
)

// grammar is the command line. Without a command, the agent runs.
type grammar struct {
	Run     agentcmd.Cmd `cmd:"" default:"withargs" help:"Collect the logs of this host (the default)."`
	Version version      `cmd:"" help:"Print the version."`
}

type version struct{}

// Run prints what is running.
func (*version) Run(_ context.Context, env *process.Env) error {
	b := obs.Build()
	_, err := fmt.Fprintf(env.Stdout, "millrace-agent %s %s %s\n", b.Version, b.Revision, b.Go)
	return err
}

func main() {
	os.Exit(process.Main(os.Args[1:], &grammar{}, kong.Name("millrace-agent"),
		kong.Description("Ships the log files of this host to Kafka, as the collections in etcd say.")))
}
