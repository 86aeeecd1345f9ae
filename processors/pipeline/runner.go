package pipeline

import (
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/processors/pipeline/event"
	"github.com/millrace/millrace/processors/pipeline/format"
	"github.com/millrace/millrace/processors/pipeline/layout"
	"github.com/millrace/millrace/processors/pipeline/step"
)

const (
	// ECSVersion is the version of the Elastic Common Schema the documents keep to.
	ECSVersion = "8.17.0"
	// maxAhead is how far an event's time may lie after the time it was read.
	maxAhead = 24 * time.Hour
	// maxBehind is how far it may lie before; what is older is late, as lines of a host that was cut off, or of an old file.
	maxBehind = 24 * time.Hour

	tagPart    = "log.part"
	tagCharset = "_charset_failure"
	tagFuture  = "_future_timestamp"
	tagLate    = "_late"
)

// Runner runs events through a pipeline. It reuses its memory, and is not safe for concurrent use.
type Runner struct {
	steps   []compiled
	context step.Context
	origin  origin
	running *compiled // the step at work, to blame for a panic
	failed  failure
	trace   *tracer // nil but in Explain
}

// failure is the step that failed, and why.
type failure struct {
	step  *compiled
	cause error
}

func (f failure) String() string { return f.step.path + ": " + f.cause.Error() }

// NewRunner returns a runner for use by one goroutine. Its tables and databases are empty; see [Runner.Use].
func (p *Pipeline) NewRunner() *Runner {
	r := &Runner{steps: p.steps}
	r.context = r.newContext(event.New(p.schema))
	return r
}

// Use gives the runner the tables and databases that lookup and geoip ask. It returns the runner.
func (r *Runner) Use(data Data) *Runner {
	r.context.Data = data
	return r
}

func (r *Runner) newContext(e *event.Event) step.Context {
	return step.Context{Event: e, Data: r.context.Data, Inner: func(inner step.Inner) error { return r.step(inner.(*compiled)) }}
}

// Run appends the ECS document of one event to dst: one JSON line without its newline. For Drop and DeadLetter nothing is
// appended. in.Message must not change while Run runs; nothing of it is kept afterwards.
func (r *Runner) Run(dst []byte, in *Input) (out []byte, result Result) {
	result = r.Work(in)
	if result.Outcome != Index {
		return dst, result
	}
	out, tail := r.Encode(dst, in, &result)
	return tail.Join(out), result
}

// Work runs the steps on one event. Where the outcome is Index, Encode or Pack writes the document, before the next Work;
// in.Message must not change until then.
func (r *Runner) Work(in *Input) (result Result) {
	defer func() {
		if p := recover(); p != nil {
			result = r.panicked(in, p)
		}
	}()
	e := r.begin(in)
	result = Result{App: in.App}
	if in.Part <= 1 {
		err := r.list(r.steps)
		switch {
		case err == nil, errors.Is(err, step.ErrEnd):
		case errors.Is(err, step.ErrDrop):
			result.Outcome, result.Time, result.Cause = Drop, in.At, r.running.path
			return result
		default:
			result.Failed, result.Cause = true, r.failed.String()
			r.mark(in, result.Cause)
		}
		result.App = r.context.App
	}
	result.Time = settleTime(e, in.At)
	result.Level = settleLevel(e)
	return result
}

// begin fills the event with what is known before any step.
func (r *Runner) begin(in *Input) *event.Event {
	e := r.context.Event
	e.Reset()
	r.running, r.failed = nil, failure{}
	r.context.Begin()
	r.context.At, r.context.Location, r.context.ID, r.context.App = in.At, in.Location, in.ID, in.App
	if in.Location == nil {
		r.context.Location = time.UTC
	}
	r.origin.apply(e, in)
	e.Set(event.Message, event.String(in.Message))
	if in.KeepOriginal {
		e.Set(event.EventOriginal, event.String(in.Message))
	}
	return e
}

// list runs steps in order until one fails or drops the event.
func (r *Runner) list(steps []compiled) error {
	for i := range steps {
		if err := r.step(&steps[i]); err != nil {
			return err
		}
	}
	return nil
}

// step runs one step. The error it returns is one that nothing has handled.
func (r *Runner) step(s *compiled) error {
	r.running = s
	var done func(error, bool)
	if r.trace != nil {
		done = r.trace.start(s, r.context.Event)
	}
	skipped, err := r.attempt(s)
	if done != nil {
		done(err, skipped)
	}
	if err == nil || err == step.ErrDrop || err == step.ErrEnd { //nolint:errorlint // steps return it as it is
		return err
	}
	if s.ignore {
		return nil
	}
	r.failed = failure{step: s, cause: err}
	if !s.handles {
		return err
	}
	return r.handle(s, err)
}

func (r *Runner) attempt(s *compiled) (skipped bool, err error) {
	if s.when != nil {
		holds, err := s.when.Holds(r.context.Event)
		if err != nil {
			return false, fmt.Errorf("if: %w", err)
		}
		if !holds {
			return true, nil
		}
	}
	return false, s.do.Run(&r.context)
}

// handle runs the on_failure steps of a step that failed; they can read the failure under _ingest.
func (r *Runner) handle(s *compiled, cause error) error {
	e := r.context.Event
	e.Set(event.OnFailureMessage, event.String([]byte(cause.Error())))
	e.Set(event.OnFailureStep, event.String([]byte(s.kind)))
	if s.tag != "" {
		e.Set(event.OnFailureTag, event.String([]byte(s.tag)))
	}
	err := r.list(s.onFailure)
	e.Remove(event.OnFailureMessage)
	e.Remove(event.OnFailureStep)
	e.Remove(event.OnFailureTag)
	return err
}

// mark says in the event itself that a step failed on it.
func (r *Runner) mark(in *Input, cause string) {
	e := r.context.Event
	e.Tag(r.failed.step.failTag)
	e.Set(event.ErrorMessage, event.String([]byte(cause)))
	e.Set(event.EventOriginal, event.String(in.Message))
}

// panicked gives up on an event that a step cannot bear. The scratch memory is replaced, for it may be half written.
func (r *Runner) panicked(in *Input, p any) Result {
	where := "encoding"
	if r.running != nil {
		where = r.running.path
	}
	fresh := event.New(r.context.Event.Schema())
	r.context, r.origin, r.trace = r.newContext(fresh), origin{}, nil
	return Result{Outcome: DeadLetter, App: in.App, Time: in.At, Cause: fmt.Sprintf("%s: panic: %v", where, p)}
}

// settleTime makes sure that @timestamp is an instant, and not in the future.
func settleTime(e *event.Event, at time.Time) time.Time {
	v := e.Get(event.Timestamp)
	if v == nil || v.Kind == event.KindNull {
		e.Set(event.Timestamp, event.Time(at))
		return at
	}
	if v.Kind == event.KindString || v.Kind == event.KindQuoted {
		text := v.Text()
		if parsed, n := layout.ISO(text, time.UTC); n > 0 && n == len(text) {
			*v = event.Time(parsed)
		}
	}
	if v.Kind != event.KindTime {
		e.Set(event.ReportedTimestamp, *v)
		e.Set(event.Timestamp, event.Time(at))
		return at
	}
	ahead := v.Since(at)
	if ahead > maxAhead {
		e.Set(event.ReportedTimestamp, *v)
		e.Set(event.Timestamp, event.Time(at))
		e.Tag(tagFuture)
		return at
	}
	if ahead < -maxBehind {
		e.Tag(tagLate)
	}
	return v.AsTime()
}

// settleLevel puts log.level in lower case and returns its name in our vocabulary.
func settleLevel(e *event.Event) string {
	v := e.Get(event.LogLevel)
	if v == nil || !v.IsText() {
		return ""
	}
	word, level := format.Level(v.Text())
	if word.Kind != event.KindNull {
		e.Set(event.LogLevel, word)
	}
	return level
}
