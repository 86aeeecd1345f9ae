package process

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"

	"github.com/mattn/go-isatty"
)

// IsTerminal reports whether somebody may be looking at what is written there.
func IsTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// colourful follows https://no-color.org.
func colourful(env func(string) string) bool { return env("NO_COLOR") == "" && env("TERM") != "dumb" }

// console is a slog.Handler for a terminal: the time of day, the level where it is not
// info, who speaks, and what about.
//
//	20:12:03  agent      WARN  file cannot be read  path=/var/log/a.log error="…"
type console struct {
	out    io.Writer
	mu     *sync.Mutex // held while a line is written
	gate   slog.Handler
	colour bool
	who    string
	attrs  string
	group  string
}

func newConsole(out io.Writer, gate slog.Handler, colour bool) *console {
	return &console{out: out, mu: &sync.Mutex{}, gate: gate, colour: colour}
}

// Enabled implements slog.Handler.
func (c *console) Enabled(ctx context.Context, level slog.Level) bool {
	return c.gate.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (c *console) Handle(_ context.Context, r slog.Record) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s  ", r.Time.Format("15:04:05"))
	if c.who != "" {
		fmt.Fprintf(&b, "%-10s ", c.who)
	}
	b.WriteString(c.level(r.Level))
	b.WriteString(r.Message)
	b.WriteString(c.attrs)
	r.Attrs(func(a slog.Attr) bool {
		b.WriteString(c.attr(a))
		return true
	})
	b.WriteByte('\n')
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.out.Write(b.Bytes())
	return err
}

// level is silent about info, which most lines are.
func (c *console) level(l slog.Level) string {
	if l == slog.LevelInfo {
		return ""
	}
	name, colour := l.String()+"  ", "\x1b[33m"
	if l >= slog.LevelError {
		colour = "\x1b[31m"
	}
	if !c.colour || l < slog.LevelInfo {
		return name
	}
	return colour + name + "\x1b[0m"
}

// attr writes key=value, quoted where it would not stay one word or one line.
func (c *console) attr(a slog.Attr) string {
	value := a.Value.Resolve().String()
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == '"' || r == '=' || r == 0x7f }) {
		value = fmt.Sprintf("%q", value)
	}
	return "  " + c.group + a.Key + "=" + value
}

// WithAttrs implements slog.Handler.
func (c *console) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *c
	for _, a := range attrs {
		if a.Key == "component" && c.group == "" {
			with.who = a.Value.String()
			continue
		}
		with.attrs += c.attr(a)
	}
	return &with
}

// WithGroup implements slog.Handler.
func (c *console) WithGroup(name string) slog.Handler {
	with := *c
	with.group += name + "."
	return &with
}
