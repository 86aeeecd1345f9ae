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
	return step.Context{
		Event: e, Format: format.Input{Event: e}, Data: r.context.Data,
		Inner: func(inner step.Inner) error { return r.list(inner.(*[1]compiled)[:]) },
	}
}

// Run appends the ECS document of one event to dst: one JSON line without its newline. For Drop and DeadLetter nothing is
// appended. in.Message must not change while Run runs; nothing of it is kept afterwards.
func (r *Runner) Run(dst []byte, in *Input) (out []byte, result Result) {
	defer func() {
		if p := recover(); p != nil {
			out, result = dst, r.GiveUp(in, p)
		}
	}()
	r.Work(in, &result)
	if result.Outcome != Index {
		return dst, result
	}
	out, tail := r.Encode(dst, in, &result)
	return tail.Join(out), result
}

// Work runs the steps on one event, and says in result what became of it. Where the outcome is Index, Encode or Pack writes
// the document, before the next Work; in.Message must not change until then.
//
// Unlike Run, these three panic where our program fails on an event: whoever calls them recovers, once for many events, and
// calls GiveUp.
func (r *Runner) Work(in *Input, result *Result) {
	e := r.begin(in)
	*result = Result{App: in.App}
	if in.Part <= 1 {
		if err := r.list(r.steps); err != nil && !errors.Is(err, step.ErrEnd) {
			if errors.Is(err, step.ErrDrop) {
				result.Outcome, result.Time, result.Cause = Drop, in.At, r.running.path
				r.running = nil
				return
			}
			result.Failed, result.Cause = true, r.failed.String()
			r.mark(in, result.Cause)
		}
		result.App, r.running = r.context.App, nil
	}
	result.Time = settleTime(e, in.At)
	if level := e.Get(event.LogLevel); level != nil {
		result.Level = settleLevel(e, level)
	}
}

// lineFields are those that every line has of its own.
var lineFields = event.FieldsOf(event.Message, event.LogOffset)

// begin fills the event with what is known before any step.
func (r *Runner) begin(in *Input) *event.Event {
	e := r.context.Event
	e.Reset()
	r.context.Begin()
	r.context.ID, r.context.App = in.ID, in.App
	if !in.Follows || !r.origin.fixed {
		r.turn(in)
	}
	d := e.Draft(&lineFields) // nobody has set them yet
	d[event.Message], d[event.LogOffset] = event.String(in.Message), r.origin.offset.to(in.Offset)
	e.Commit(&lineFields)
	r.origin.apply(e, in)
	if in.KeepOriginal {
		e.Set(event.EventOriginal, event.String(in.Message))
	}
	return e
}

// turn turns to an event of another origin.
func (r *Runner) turn(in *Input) {
	read := &r.context.Format
	read.At, read.Location = in.At, in.Location
	if in.Location == nil {
		read.Location = time.UTC
	}
	if !r.origin.fits(in) {
		r.origin.fix(r.context.Event, in)
	}
}

// list runs steps in order until one fails or drops the event. The error it returns is one that nothing has handled.
func (r *Runner) list(steps []compiled) (err error) {
	for i := range steps {
		s := &steps[i]
		r.running = s
		if s.when == nil && r.trace == nil { // as mostly
			err = s.do.Run(&r.context)
		} else {
			err = r.watched(s)
		}
		if err == nil {
			continue
		}
		if err := r.refused(s, err); err != nil {
			return err
		}
	}
	return nil
}

// watched runs a step that has a condition, or of which an account is wanted.
func (r *Runner) watched(s *compiled) error {
	if r.trace != nil {
		return r.explained(s)
	}
	_, err := r.attempt(s)
	return err
}

// attempt runs a step if its condition holds.
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

// refused does what is to be done about the error of a step.
func (r *Runner) refused(s *compiled, err error) error {
	if err == step.ErrDrop || err == step.ErrEnd { //nolint:errorlint // steps return it as it is
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

// GiveUp gives up on an event on which Work, Encode or Pack have panicked with p: it is a dead letter, and the next may come.
// The scratch memory is replaced, for it may be half written.
func (r *Runner) GiveUp(in *Input, p any) Result {
	where := "encoding"
	if r.running != nil {
		where = r.running.path
	}
	fresh := event.New(r.context.Event.Schema())
	r.context, r.origin, r.running, r.trace = r.newContext(fresh), origin{}, nil, nil
	return Result{Outcome: DeadLetter, App: in.App, Time: in.At, Cause: fmt.Sprintf("%s: panic: %v", where, p)}
}

// settleTime makes sure that @timestamp is an instant, and not in the future.
func settleTime(e *event.Event, at time.Time) time.Time {
	v := e.Get(event.Timestamp)
	if v == nil || v.Kind == event.KindNull {
		e.Set(event.Timestamp, event.Time(at))
		return at
	}
	if v.Kind != event.KindTime && !readTime(v) {
		return replaceTime(e, *v, at)
	}
	ahead := v.Since(at)
	if ahead > maxAhead {
		e.Tag(tagFuture)
		return replaceTime(e, *v, at)
	}
	if ahead < -maxBehind {
		e.Tag(tagLate)
	}
	return v.AsTime()
}

// readTime makes an instant of a text that is one.
func readTime(v *event.Value) bool {
	if !v.IsText() {
		return false
	}
	text := v.Text()
	t, n := layout.ISO(text, time.UTC)
	if n == 0 || n != len(text) {
		return false
	}
	*v = event.Time(t)
	return true
}

// replaceTime puts the time of reading in place of what an event says of its own.
func replaceTime(e *event.Event, reported event.Value, at time.Time) time.Time {
	e.Set(event.ReportedTimestamp, reported)
	e.Set(event.Timestamp, event.Time(at))
	return at
}

// settleLevel puts log.level in lower case and returns its name in our vocabulary.
func settleLevel(e *event.Event, v *event.Value) string {
	if !v.IsText() {
		return ""
	}
	word, level := format.Level(v.Text())
	if word.Kind != event.KindNull {
		e.Set(event.LogLevel, word)
	}
	return level
}
