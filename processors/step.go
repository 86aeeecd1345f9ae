package processors

import (
	"context"
	"errors"
	"fmt"
	"path"
	"runtime"
	"strings"

	"github.com/lovoo/goka"
)

// Outcome is what a step asked for.
type Outcome struct {
	Emits     []Message // in the order of the calls
	Letters   []Letter  // dead letters, in the order of the calls
	Value     any       // the new table value, if Set
	Set       bool
	Abandoned bool

	encoded []byte
}

// Try runs the step of a spec on one record, without Kafka and without doing
// anything: it is for tests of steps. Value is the table value of the record's
// key before the call, nil for none; it passes through the spec's codec as it
// would in a processor.
func Try(ctx context.Context, spec Spec, record Record, value any) Outcome {
	c := &Context{ctx: ctx, record: record, letters: spec.DeadLetter, table: &heldTable{codec: spec.Table, value: value}}
	c.call(spec.Step)
	return c.out
}

// failure is what a step panics with through its Context: a dead letter.
type failure struct{ reason, cause string }

// broken carries a panic of goka's through the step: it must reach goka.
type broken struct{ cause any }

// call runs the step; a panic drops what it asked for and puts the record aside.
func (c *Context) call(step func(*Context)) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case broken:
			panic(p.cause)
		case failure:
			c.fail(p)
		default:
			c.fail(failure{ReasonPanic, fmt.Sprintf("panic: %v at %s", p, panicPlace())})
		}
	}()
	step(c)
}

func (c *Context) fail(f failure) {
	c.out = Outcome{}
	c.DeadLetter(f.reason, f.cause)
}

// panicPlace is the function, file and line that panicked, called while recovering.
func panicPlace() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	panicking := false
	for {
		f, more := frames.Next()
		if panicking && !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Sprintf("%s (%s:%d)", path.Base(f.Function), path.Base(f.File), f.Line)
		}
		panicking = panicking || f.Function == "runtime.gopanic"
		if !more {
			return "unknown place"
		}
	}
}

// table is the table value of one record's key.
type table interface {
	load() (any, error)
	encode(v any) ([]byte, error)
}

var errStateless = errors.New("the processor has no table")

// gokaTable is the value in goka's table. Goka itself sees only bytes, so that a
// value that cannot be decoded costs one record and not the processor.
type gokaTable struct {
	codec goka.Codec
	goka  goka.Context
}

func (t *gokaTable) load() (any, error) {
	if t.codec == nil {
		return nil, errStateless
	}
	b := t.bytes()
	if b == nil {
		return nil, nil
	}
	return t.codec.Decode(b)
}

// bytes reads goka's table; goka panics where that fails, to end the processor.
func (t *gokaTable) bytes() []byte {
	done := false
	defer func() {
		if !done {
			panic(broken{recover()})
		}
	}()
	b, _ := t.goka.Value().([]byte)
	done = true
	return b
}

func (t *gokaTable) encode(v any) ([]byte, error) { return encodeWith(t.codec, v) }

// heldTable is a value without a table behind it.
type heldTable struct {
	codec goka.Codec
	value any
}

func (t *heldTable) load() (any, error) {
	if t.value == nil {
		return nil, nil
	}
	b, err := t.encode(t.value)
	if err != nil {
		return nil, err
	}
	return t.codec.Decode(b)
}

func (t *heldTable) encode(v any) ([]byte, error) { return encodeWith(t.codec, v) }

func encodeWith(codec goka.Codec, v any) ([]byte, error) {
	switch {
	case codec == nil:
		return nil, errStateless
	case v == nil:
		return nil, errors.New("the value is nil")
	}
	b, err := codec.Encode(v)
	if b == nil {
		b = []byte{} // nil would delete the key
	}
	return b, err
}
