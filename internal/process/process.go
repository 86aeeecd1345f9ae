// Package process is what both programs have in common: reading the command
// line, one logger and one registry, signals, and the exit code.
//
// The first SIGINT or SIGTERM asks the command to drain and end; the second one
// ends the process at once, which loses nothing either.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/internal/obs"
	"github.com/millrace/millrace/internal/settings"
)

// Exit codes.
const (
	exitFailed = 1
	exitUsage  = 2
)

// Env is what a command runs in.
type Env struct {
	// Stdout is for results, such as the ready line; nothing else goes there.
	Stdout io.Writer
	// Stderr is for people: logs and greetings.
	Stderr io.Writer
	// Environ is the environment, NAME=value.
	Environ []string
}

// Command is implemented by every command of the command line.
type Command interface {
	// Run works until it is done or ctx ends; an end of ctx is no error.
	Run(ctx context.Context, env *Env) error
}

// Main parses args into grammar, a kong grammar whose leaves are Commands or that is
// one itself, runs the one that was chosen and returns the exit code.
func Main(args []string, grammar any, options ...kong.Option) int {
	parser, err := kong.New(grammar, append(options, kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: false}))...)
	if err != nil {
		panic(err) // a grammar that is not one is our bug
	}
	choice, err := parser.Parse(args)
	if err != nil {
		return misused(parser, err)
	}
	command, ok := grammar.(Command)
	if chosen := choice.Selected(); chosen != nil {
		command, ok = chosen.Target.Addr().Interface().(Command)
	}
	if !ok {
		panic(fmt.Sprintf("%T is no command", grammar))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { // ends with the process: gives the second signal its default effect
		<-ctx.Done()
		stop()
	}()
	err = run(ctx, command, &Env{Stdout: os.Stdout, Stderr: os.Stderr, Environ: os.Environ()})
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(os.Stderr, "%s: %v\n", parser.Model.Name, err)
		return exitFailed
	}
	return 0
}

// run runs a command under the profile that the environment asks for.
func run(ctx context.Context, command Command, env *Env) error {
	stop, err := StartProfile(env.Environ)
	if err != nil {
		return err
	}
	return errors.Join(command.Run(ctx, env), stop())
}

// misused says in one line what is wrong with the command line, and where help is.
func misused(parser *kong.Kong, err error) int {
	command := parser.Model.Name
	var wrong *kong.ParseError
	if errors.As(err, &wrong) && wrong.Context.Command() != "" {
		command = parser.Model.Name + " " + wrong.Context.Command()
	}
	fmt.Fprintf(os.Stderr, "%s: %v; see %s --help\n", parser.Model.Name, err, command)
	return exitUsage
}

// Telemetry is where a process tells how it is.
type Telemetry struct {
	Log      *slog.Logger
	Registry *prometheus.Registry
	// JSON: the log is for programs, and nothing else may stand between its lines.
	JSON bool
}

// NewTelemetry makes the process's logger, which writes to out, and its
// registry. The log section of the source and flags choose level and format.
func NewTelemetry(src settings.Source, out io.Writer) (Telemetry, error) {
	var c struct {
		Log obs.LogConfig `koanf:"log"`
	}
	if err := src.Load("log", &c); err != nil {
		return Telemetry{}, err
	}
	log, err := newLogger(out, c.Log)
	if err != nil {
		return Telemetry{}, fmt.Errorf("log.%w", err)
	}
	kafka.LogTo(log)
	return Telemetry{Log: log, Registry: obs.NewRegistry(), JSON: c.Log.Format == "json"}, nil
}

// newLogger makes a logger for people where a terminal is looked at and no format was
// asked for.
func newLogger(out io.Writer, c obs.LogConfig) (*slog.Logger, error) {
	log, err := obs.NewLogger(out, c)
	if err != nil || c.Format != "" || !IsTerminal(out) {
		return log, err
	}
	return slog.New(newConsole(out, log.Handler(), colourful(os.Getenv))), nil
}
