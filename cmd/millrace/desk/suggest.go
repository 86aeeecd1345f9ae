package desk

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/multiline"
	"github.com/millrace/millrace/internal/process"
	"github.com/millrace/millrace/processors/pipeline/format"
	"github.com/millrace/millrace/processors/pipeline/suggest"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
)

// SuggestCmd is `millrace suggest`.
type SuggestCmd struct {
	Logs []string `arg:"" optional:"" name:"LOG" help:"Files of lines; without any, standard input. The first 20,000 lines are studied."`
	Most int      `default:"20" placeholder:"N" help:"How many kinds of messages to print. Default: 20."`
	JSON bool     `name:"json" help:"Print all that was found as one JSON object."`
}

// proposal is what is printed of a study.
type proposal struct {
	// Formats are those that lines are in, the likeliest first.
	Formats []format.Guess `json:"formats,omitempty"`
	suggest.Suggestion
	// Parsed is how many of the lines the proposed steps parse.
	Parsed int `json:"parsed"`
	// Multiline joins the stack traces among the lines; what is studied are then events.
	Multiline string `json:"multiline,omitempty"`
}

// Run studies lines and prints a pipeline and the templates of the messages.
func (c *SuggestCmd) Run(ctx context.Context, env *process.Env) error {
	lines, err := c.lines(ctx)
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		return errors.New("no lines came")
	}
	now := time.Now().UTC()
	events, preset := multiline.JoinTraces(lines)
	p := proposal{Suggestion: suggest.Study(multiline.Heads(events), now), Formats: suggest.Formats(events), Multiline: preset}
	if p.Steps != nil {
		p.Parsed = suggest.Parsed(p.Steps, events, now)
	}
	p.Templates = p.Templates[:min(len(p.Templates), c.Most)]
	if c.JSON {
		enc := json.NewEncoder(env.Stdout)
		enc.SetEscapeHTML(false)
		return enc.Encode(p)
	}
	_, err = io.WriteString(env.Stdout, p.text())
	return err
}

func (c *SuggestCmd) lines(ctx context.Context) ([]string, error) {
	var lines []string
	err := each(ctx, c.Logs, func(r io.Reader) error {
		in := bufio.NewScanner(r)
		in.Buffer(nil, record.MaxBytes)
		for len(lines) < suggest.MaxLines && in.Scan() {
			lines = append(lines, strings.TrimRight(in.Text(), "\r"))
		}
		return in.Err()
	})
	return lines, err
}

func (p *proposal) text() string {
	var out strings.Builder
	const sure = 0.5
	noun, first := "line", ""
	if p.Multiline != "" {
		noun = "event"
		fmt.Fprintf(&out, "Stack traces of %s lie among the lines. Joined to the lines before them, they make %s:\n\n  \"multiline\": %q\n\n",
			languages[p.Multiline], plural(p.Lines, noun), p.Multiline)
	}
	if len(p.Formats) > 0 && p.Formats[0].Confidence >= sure {
		f := p.Formats[0]
		fmt.Fprintf(&out, "The %ss look like %s: it parses %.0f %% of them.\n\n  \"pipeline\": [{\"format\": %q}]\n\n", noun, f.Name, f.Share*100, f.Name)
		first = "Or take them apart yourself. "
	}
	switch {
	case p.Steps != nil:
		fmt.Fprintf(&out, "%sThis pipeline parses %d of %s:\n\n  \"pipeline\": %s\n", first, p.Parsed, plural(p.Lines, noun), indented(p.Steps, "  "))
	case first == "":
		fmt.Fprintf(&out, "%s have no beginning in common that has a time or a level.\n", plural(p.Lines, noun))
	}
	fmt.Fprintf(&out, "\nThe messages, most frequent first, as patterns of dissect:\n\n")
	for _, t := range p.Templates {
		fmt.Fprintf(&out, "%7d  %s\n", t.Count, short(t.Pattern))
	}
	if rest := p.Lines - p.shown(); rest > 0 {
		fmt.Fprintf(&out, "%7d  of other kinds\n", rest)
	}
	return out.String()
}

// languages are the presets of multiline as people call them.
var languages = map[string]string{collect.PresetJava: "Java", collect.PresetPython: "Python", collect.PresetGo: "Go"}

func (p *proposal) shown() (n int) {
	for _, t := range p.Templates {
		n += t.Count
	}
	return n
}

// indented is JSON for people, all lines but the first indented.
func indented(raw json.RawMessage, by string) string {
	var out bytes.Buffer
	if err := json.Indent(&out, raw, by, "  "); err != nil {
		return string(raw)
	}
	return out.String()
}
