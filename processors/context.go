package processors

import (
	"context"
	"fmt"

	"github.com/millrace/millrace/internal/packed"
	"github.com/millrace/millrace/processors/internal/produce"
	"github.com/millrace/millrace/schemas/topic"
)

// Context is what a step sees of one record and the only way in which it acts. A
// step collects emits, dead letters and a table value in it; they are carried out
// when the step has returned, or dropped when it panics. A Context is valid during
// the call of the step only and belongs to its goroutine.
type Context struct {
	ctx     context.Context // of the call, which the Context does not outlive
	record  Record
	letters string // topic of dead letters
	table   table
	out     Outcome
}

// Context ends when the partition is taken from this instance or the processor
// stops. A step that waits for anything must return then; see Abandon.
func (c *Context) Context() context.Context { return c.ctx }

// Record is the input.
func (c *Context) Record() Record { return c.record }

// Value is the table value of the record's key, or what SetValue was given during
// this call; nil if there is none. If it cannot be decoded the call ends and the
// record becomes a dead letter; the table keeps what it holds.
func (c *Context) Value() any {
	if c.out.Set {
		return c.out.Value
	}
	v, err := c.table.load()
	if err != nil {
		panic(failure{ReasonTable, fmt.Sprintf("table value cannot be read: %v", err)})
	}
	return v
}

// SetValue sets the table value of the record's key; nil is not allowed. A value
// that is set again on re-delivery repairs a table topic that a crash left behind
// the local copy, so steps set it even when nothing changed.
func (c *Context) SetValue(v any) {
	b, err := c.table.encode(v)
	if err != nil {
		panic(failure{ReasonTable, fmt.Sprintf("table value cannot be written: %v", err)})
	}
	if n := len(c.record.Key) + len(b) + produce.Overhead; n > topic.RecordLimit {
		panic(failure{ReasonTable, fmt.Sprintf("table value has %d bytes, more than a record may have", len(b))})
	}
	c.out.Value, c.out.encoded, c.out.Set = v, b, true
}

// Emit writes a record to any topic. It must exist: none is made by naming it, unless
// the spec has it among its Outputs. The value is read after the step has returned: what
// lies in an event must be copied. The input is committed after the record is written. An emit over topic.RecordLimit
// makes the input a dead letter: splitting is the step's work.
func (c *Context) Emit(to, key string, value []byte, headers ...Header) {
	c.emit(Message{Topic: to, Key: key, Value: value, Headers: headers})
}

// EmitPacked is Emit with a value that is packed already, as only Millrace's own processors
// can make one; consumers get its plain text.
// Neither may be over topic.RecordLimit. The value is emitted once: its memory is used
// again when it is written.
func (c *Context) EmitPacked(to, key string, value packed.Text, headers ...Header) {
	c.emit(Message{Topic: to, Key: key, Packed: value, Headers: headers})
}

// EmitLent is Emit with a value that lies in lent memory. It is freed when the value is
// written, and never where it is not: the step panics, the session ends, or a dead letter
// takes its place. Until it is freed nobody may write to it. The value is emitted once.
func (c *Context) EmitLent(to, key string, value []byte, memory Memory, headers ...Header) {
	c.emit(Message{Topic: to, Key: key, Value: value, Memory: memory, Headers: headers})
}

func (c *Context) emit(m Message) {
	if n := max(m.Size(), m.Packed.Size); n > topic.RecordLimit {
		panic(failure{ReasonTooBig, fmt.Sprintf("emit to %s has %d bytes, more than a record may have", m.Topic, n)})
	}
	c.out.Emits = append(c.out.Emits, m)
}

// DeadLetter puts the whole input aside. The reason is one of few fixed words, fit
// for a metric's label; the cause is for people.
func (c *Context) DeadLetter(reason, cause string) {
	c.putAside(c.record.letter(reason, cause, c.record.Value, c.record.headerList()))
}

// DeadLetterPart puts only the failing part of the input aside: value and headers
// in the format of the input, under the input's key.
func (c *Context) DeadLetterPart(reason, cause string, value []byte, headers ...Header) {
	c.putAside(c.record.letter(reason, cause, value, headers))
}

func (c *Context) putAside(l Letter) {
	l.Topic = c.letters
	c.out.Letters = append(c.out.Letters, l)
}

// Abandon gives the record back: nothing of this call is carried out, and the
// record is delivered again in the next session. It is for steps that wait for
// something outside and must return because Context ended. Called while Context
// still lives it ends the session, so it is no way to wait.
func (c *Context) Abandon() { c.out.Abandoned = true }
