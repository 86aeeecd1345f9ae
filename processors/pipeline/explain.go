package pipeline

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/step"
)

// Explain is Run with an account of every step, for dry runs. It allocates freely.
func (r *Runner) Explain(dst []byte, in *Input) ([]byte, Result, []Trace) {
	t := &tracer{}
	r.trace = t
	out, result := r.Run(dst, in)
	r.trace = nil
	return out, result, t.steps
}

// explained is attempt with its account.
func (r *Runner) explained(s *compiled) error {
	done := r.trace.start(s, r.context.Event)
	skipped, err := r.attempt(s)
	done(err, skipped)
	return err
}

type tracer struct{ steps []Trace }

// start notes that a step begins; the function it returns notes how it ended.
func (t *tracer) start(s *compiled, e *event.Event) func(err error, skipped bool) {
	before := snapshot(e)
	at := len(t.steps)
	t.steps = append(t.steps, Trace{Path: s.path, Step: s.kind, Tag: s.tag})
	began := time.Now() // of the account alone; the event never sees a clock
	return func(err error, skipped bool) {
		trace := &t.steps[at]
		trace.Took = time.Since(began)
		trace.Skipped = skipped
		switch {
		case errors.Is(err, step.ErrDrop):
			trace.Dropped = true
		case errors.Is(err, step.ErrEnd):
		case err != nil:
			trace.Error, trace.Handled = err.Error(), s.ignore || s.handles
		}
		trace.Set, trace.Removed = changes(before, snapshot(e))
	}
}

// snapshot renders all fields of an event by path.
func snapshot(e *event.Event) map[string]string {
	fields := map[string]string{}
	e.Each(func(path string, v *event.Value) {
		text, _ := v.Append(nil)
		fields[path] = string(text)
	})
	if tags := e.AddedTags(); len(tags) > 0 {
		text, _ := json.Marshal(tags)
		fields["tags"] = string(text)
	}
	return fields
}

func changes(before, after map[string]string) (set map[string]json.RawMessage, removed []string) {
	for path, text := range after {
		if old, ok := before[path]; !ok || old != text {
			if set == nil {
				set = map[string]json.RawMessage{}
			}
			set[path] = json.RawMessage(text)
		}
		delete(before, path)
	}
	return set, slices.Sorted(maps.Keys(before))
}
