package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/millrace/millrace/cmd/millrace/demo"
	"github.com/millrace/millrace/deploy/samples"
	"github.com/millrace/millrace/internal/process"
)

// welcome waits until everything answers, publishes what was asked for, and says so:
// one line for programs, a few for people.
func (c *upCmd) welcome(ctx context.Context, env *process.Env, s *site) error {
	if !process.AwaitReady(ctx, s.health, s.telemetry.Log) {
		return nil
	}
	offers, err := c.offers(s)
	if err == nil && len(offers) > 0 {
		err = s.publish(ctx, offers)
	}
	if err != nil && ctx.Err() == nil {
		s.telemetry.Log.Warn("collections could not be published", "error", err)
	}
	if err := process.PrintReady(env.Stdout, s.listener.Addr()); err != nil {
		return err
	}
	if s.telemetry.JSON {
		s.telemetry.Log.Info("ready", "address", process.Reachable(s.listener.Addr()), "data", s.data)
		return nil
	}
	return c.greet(env.Stderr, s, offers)
}

// publish offers collections through the API of this process.
func (s *site) publish(ctx context.Context, offers []samples.Collection) error {
	var token []byte
	if s.token != "" {
		var err error
		if token, err = os.ReadFile(s.token); err != nil {
			return err
		}
	}
	p := publisher{base: "http://" + process.Reachable(s.listener.Addr()), token: strings.TrimSpace(string(token)), data: s.data}
	return p.offer(ctx, offers)
}

// offers are the collections that the flags ask for.
func (c *upCmd) offers(s *site) (all []samples.Collection, err error) {
	if c.Demo {
		if all, err = demo.Collections(filepath.Join(s.data, demoFolder)); err != nil {
			return nil, err
		}
	}
	if c.Samples {
		set, err := samples.All()
		if err != nil {
			return nil, err
		}
		all = append(all, inZone(set, localZone())...)
	}
	return all, nil
}

// greet says what a person wants to know first, in lines that fit 80 columns.
func (c *upCmd) greet(out io.Writer, s *site, offers []samples.Collection) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n  Millrace is ready: http://%s\n\n", process.Reachable(s.listener.Addr()))
	collects := "what your collections say"
	switch {
	case c.Demo && c.Samples:
		collects = "a demo shop, and the logs of this machine in /var/log"
	case c.Demo:
		collects = "a demo shop, and what your collections say"
	case c.Samples:
		collects = "the logs of this machine in /var/log"
	}
	fmt.Fprintf(&b, "  collects  %s\n", collects)
	if len(offers) > 0 {
		names := make([]string, len(offers))
		for i, o := range offers {
			names[i] = o.Name
		}
		b.WriteString(wrap("            ", strings.Join(names, ", "), 78))
	}
	fmt.Fprintf(&b, "  data      %s\n", s.data)
	if s.token == "" {
		fmt.Fprintf(&b, "  readers   %s; --token keeps them out\n", readers(s.listener.Addr()))
	}
	b.WriteString("  stop      Ctrl-C\n\n")
	_, err := io.WriteString(out, b.String())
	return err
}

// readers are who may read and change everything where no token is asked for.
func readers(address net.Addr) string {
	if tcp, ok := address.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		return fmt.Sprintf("everybody whose network reaches port %d", tcp.Port)
	}
	return "everybody with an account on this machine"
}

// wrap writes words in indented lines of at most so many columns.
func wrap(indent, text string, columns int) string {
	var b strings.Builder
	line := indent
	for word := range strings.FieldsSeq(text) {
		if len(line)+len(word) > columns && line != indent {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = indent
		}
		line += word + " "
	}
	return b.String() + strings.TrimRight(line, " ") + "\n"
}

// listen opens the address of the API, or says which flag to change.
func listen(ctx context.Context, address string) (net.Listener, error) {
	listener, err := process.Listen(ctx, address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("--http %s: another program has this address; is Millrace running already? Stop it, or choose another address with --http", address)
	}
	if err != nil {
		return nil, fmt.Errorf("--http %s: %w", address, err)
	}
	return listener, nil
}

// dataError names the flag of a data folder that cannot be had. That of one in use says
// so itself.
func dataError(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("--data: %w", err)
	}
	return err
}
