// Command cases scores the built-in formats on recorded lines: it runs every line of every file of a folder of cases
// through the pipeline that a collection of such a log would have, lets the folder's own checker compare the documents with
// what a good parser gives, and asks the recogniser which format the lines are in. It prints one line for each file and a
// total, and ends with an error when a figure is below what the release asks for.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type options struct {
	Cases   string   `required:"" type:"existingdir" help:"Folder of the cases, with check_cases.py in it."`
	Verbose int      `help:"Show so many wrong rows of each file."`
	Only    []string `help:"Score these files only, by name without its ending."`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "cases:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o options
	kong.Parse(&o, kong.Name("cases"), kong.Description("Scores the built-in formats on recorded lines."))
	scores, err := scoreAll(ctx, o)
	if err != nil {
		return err
	}
	return report(os.Stdout, scores)
}
