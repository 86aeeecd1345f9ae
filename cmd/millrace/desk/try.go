package desk

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/millrace/millrace/internal/process"
	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/index"
	"github.com/millrace/millrace/schemas/record"
)

// TryCmd is `millrace try`.
type TryCmd struct {
	Collection string    `xor:"what" required:"" placeholder:"FILE" help:"The collection, JSON or YAML."`
	Format     string    `xor:"what" required:"" placeholder:"NAME" help:"A format instead, such as nginx.access."`
	Logs       []string  `arg:"" optional:"" name:"LOG" help:"Files of lines; without any, standard input."`
	At         time.Time `placeholder:"TIME" help:"When the lines were read, RFC 3339. Default: now."`
	Docs       bool      `xor:"form" help:"Print only the documents, one a line."`
	JSON       bool      `xor:"form" name:"json" help:"Print all that became of a line as one JSON object."`
}

// Tried is what became of one event, which is a line where the collection joins none.
type Tried struct {
	// Line counts the events.
	Line   int              `json:"line"`
	Result pipeline.Result  `json:"result"`
	Index  string           `json:"index,omitempty"`
	Steps  []pipeline.Trace `json:"steps"`
	Event  json.RawMessage  `json:"event,omitempty"`
}

// Run runs lines through the pipeline, and prints what each step did to each of them.
func (c *TryCmd) Run(ctx context.Context, env *process.Env) error {
	s, err := c.source()
	if err != nil {
		return err
	}
	if c.At.IsZero() {
		c.At = time.Now()
	}
	t := trial{source: s, runner: s.Pipeline.NewRunner(), at: c.At.UTC(), out: bufio.NewWriter(env.Stdout)}
	t.print = t.story
	if c.Docs {
		t.print = t.document
	}
	if c.JSON {
		t.print = t.object
	}
	err = each(ctx, c.Logs, func(lines io.Reader) error { return t.lines(ctx, lines) })
	if err := errors.Join(err, t.out.Flush()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.Stderr, t.summary())
	return err
}

// source is the collection, or one made of a format.
func (c *TryCmd) source() (*Source, error) {
	if c.Collection != "" {
		return usable(c.Collection)
	}
	steps, err := json.Marshal([]map[string]string{{"format": c.Format}})
	if err != nil {
		return nil, err
	}
	compiled, problems := pipeline.Compile(steps, "pipeline")
	if len(problems) > 0 {
		return nil, fmt.Errorf("--format: %s", problems[0].Message)
	}
	return &Source{
		Collection: &collect.Collection{App: "try", Env: collect.DefaultEnv, Period: index.Day, Retention: collect.DefaultRetention, Timezone: "UTC"},
		Pipeline:   compiled,
	}, nil
}

// trial runs lines and keeps count.
type trial struct {
	source *Source
	runner *pipeline.Runner
	at     time.Time
	out    *bufio.Writer
	print  func(line []byte, t *Tried) error

	count, failed, dropped, dead int
	spent                        time.Duration
}

func (t *trial) lines(ctx context.Context, r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, record.MaxBytes)
	events, err := t.source.events(func(yield func([]byte) bool) {
		for ctx.Err() == nil && lines.Scan() && yield(lines.Bytes()) {
		}
	})
	if err != nil {
		return err
	}
	for event := range events {
		if err := t.print(event, t.one(event)); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("after %s %d: %w", t.source.noun(), t.count, err)
	}
	return nil
}

func (t *trial) one(line []byte) *Tried {
	t.count++
	in := t.source.input(line, t.at)
	began := time.Now()
	t.runner.Run(nil, &in)
	t.spent += time.Since(began)
	doc, result, steps := t.runner.Explain(nil, &in)
	tried := &Tried{Line: t.count, Result: result, Steps: steps, Event: doc}
	c := t.source.Collection
	switch result.Outcome {
	case pipeline.Drop:
		t.dropped++
	case pipeline.DeadLetter:
		t.dead++
	default:
		tried.Index = index.Name(result.App, c.Env, c.Period, index.Clamp(result.Time, t.at, c.RetentionTime()))
	}
	if result.Failed {
		t.failed++
	}
	return tried
}

func (t *trial) document(_ []byte, tried *Tried) error {
	if len(tried.Event) == 0 {
		return nil
	}
	_, err := t.out.Write(append(tried.Event, '\n'))
	return err
}

func (t *trial) object(_ []byte, tried *Tried) error { return json.NewEncoder(t.out).Encode(tried) }

// summary is the end of the story.
func (t *trial) summary() string {
	if t.count == 0 {
		return "no lines came"
	}
	text := fmt.Sprintf("%s: %d parsed", plural(t.count, t.source.noun()), t.count-t.failed-t.dropped-t.dead)
	for _, part := range []struct {
		n    int
		what string
	}{{t.failed, "failed"}, {t.dropped, "dropped"}, {t.dead, "to the dead letters"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	each := t.spent / time.Duration(t.count)
	return text + fmt.Sprintf("; %v each", each.Round(10*time.Nanosecond))
}
