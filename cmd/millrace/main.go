// Command millrace runs Millrace: everything in one process (`up`), the
// embedded servers alone (`servers`), or one role against real addresses.
package main

import (
	"context"
	"fmt"
	"os"
	_ "time/tzdata" // zones of collections must work on machines that have none

	"github.com/alecthomas/kong"

	"github.com/millrace/millrace/cmd/internal/agentcmd"
	"github.com/millrace/millrace/cmd/millrace/desk"
	"github.com/millrace/millrace/cmd/millrace/rawcat"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/process"
)

type grammar struct {
	Up      upCmd      `cmd:"" help:"Run everything in this process: embedded Kafka, etcd and search, and all roles."`
	Servers serversCmd `cmd:"" help:"Run the embedded Kafka, etcd and search alone."`

	Demo demoCmd `cmd:"" help:"Write the logs of a small shop, to have something to collect."`

	Agent     agentcmd.Cmd `cmd:"" group:"Roles, against real addresses:" help:"Collect the logs of this host."`
	Processor processorCmd `cmd:"" group:"Roles, against real addresses:" help:"Parse, enrich and route raw records; keep the tables."`
	Indexer   indexerCmd   `cmd:"" group:"Roles, against real addresses:" help:"Load events into Elasticsearch."`
	Admin     adminCmd     `cmd:"" group:"Roles, against real addresses:" help:"Serve the REST API and the page."`

	Validate       desk.ValidateCmd  `cmd:"" group:"Collections in files:" help:"Check collections, and say what is wrong in which line."`
	Try            desk.TryCmd       `cmd:"" group:"Collections in files:" help:"Run lines through a pipeline, and show what each step does."`
	Test           desk.TestCmd      `cmd:"" group:"Collections in files:" help:"Run the cases beside collections."`
	Suggest        desk.SuggestCmd   `cmd:"" group:"Collections in files:" help:"Study lines, and propose how to parse them."`
	Publish        desk.PublishCmd   `cmd:"" group:"Collections in files:" help:"Publish collections to an admin, once all of them are right."`
	ImportPipeline importPipelineCmd `cmd:"" group:"Collections in files:" help:"Turn an ingest pipeline of Elasticsearch into one of a collection."`

	Raw     rawCmd     `cmd:"" help:"Look into the raw topic."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

type rawCmd struct {
	Cat rawcat.Cmd `cmd:"" help:"Print raw records as text, or rebuild the files from them."`
}

type versionCmd struct{}

// Run prints what is running.
func (*versionCmd) Run(_ context.Context, env *process.Env) error {
	b := obs.Build()
	_, err := fmt.Fprintf(env.Stdout, "millrace %s %s %s\n", b.Version, b.Revision, b.Go)
	return err
}

func main() {
	os.Exit(process.Main(os.Args[1:], &grammar{}, kong.Name("millrace"), kong.Vars{"extras": extraNames()},
		kong.Description("Collects log lines from every host, carries them through Kafka, parses them and makes them searchable.\n\n"+
			"A flag wins over the environment (MILLRACE_AGENT_HOST is agent.host), that over the file given by --config, that over the default.")))
}
