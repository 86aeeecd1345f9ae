package processors

import (
	"bytes"
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/lovoo/goka/codec"

	"github.com/millrace/millrace/schemas/topic"
)

var tried = Record{Topic: "raw", Partition: 3, Offset: 42, Key: "web-1", Value: []byte("line")}.
	WithHeaders(Header{Key: "m", Value: []byte("manifest")}, Header{Key: "cause", Value: []byte("of an earlier stay")})

func try(step func(*Context), value any) Outcome {
	return Try(context.Background(), Spec{Table: new(codec.String), DeadLetter: "dead.raw", Step: step}, tried, value)
}

// letterOf is the dead letter that a failing step leads to.
func letterOf(reason, cause string, value string, headers ...Header) Letter {
	return Letter{Reason: reason, Message: Message{
		Topic: "dead.raw", Key: "web-1", Value: []byte(value),
		Headers: append(headers,
			Header{Key: "reason", Value: []byte(reason)},
			Header{Key: "origin", Value: []byte("raw/3/42")},
			Header{Key: "cause", Value: []byte(cause)}),
	}}
}

func TestTry(t *testing.T) {
	manifest := Header{Key: "m", Value: []byte("manifest")}
	for name, c := range map[string]struct {
		step  func(*Context)
		value any
		want  Outcome
	}{
		"a step that does nothing leads to nothing": {func(*Context) {}, nil, Outcome{}},
		"emits are in order": {
			func(c *Context) { c.Emit("a", "k", []byte("1")); c.Emit("b", "", nil, manifest) }, nil,
			Outcome{Emits: []Message{{Topic: "a", Key: "k", Value: []byte("1")}, {Topic: "b", Headers: []Header{manifest}}}},
		},
		"a value is read and set": {
			func(c *Context) { c.SetValue(c.Value().(string) + "!") }, "old",
			Outcome{Value: "old!", Set: true, encoded: []byte("old!")},
		},
		"a value that was set is read back": {
			func(c *Context) { c.SetValue("1"); c.SetValue(c.Value().(string) + "2") }, nil,
			Outcome{Value: "12", Set: true, encoded: []byte("12")},
		},
		"a dead letter has the input's headers and no older cause": {
			func(c *Context) { c.DeadLetter("revision", "unknown") }, nil,
			Outcome{Letters: []Letter{letterOf("revision", "unknown", "line", manifest)}},
		},
		"a part is put aside with its own headers": {
			func(c *Context) {
				c.DeadLetterPart("line", "bad", []byte("li"), Header{Key: "m", Value: []byte("part")})
			}, nil,
			Outcome{Letters: []Letter{letterOf("line", "bad", "li", Header{Key: "m", Value: []byte("part")})}},
		},
		"a table value without a table is a dead letter and nothing else": {
			func(c *Context) { c.Emit("a", "", nil); c.SetValue(nil) }, nil,
			Outcome{Letters: []Letter{letterOf(ReasonTable, "table value cannot be written: the value is nil", "line", manifest)}},
		},
		"an abandoned record says so": {func(c *Context) { c.Abandon() }, nil, Outcome{Abandoned: true}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := try(c.step, c.value); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestADeadLetterFitsItsTopicWhateverTheInput(t *testing.T) {
	big := tried
	big.Value = bytes.Repeat([]byte("x"), topic.RecordLimit)
	out := Try(t.Context(), Spec{DeadLetter: "dead", Step: func(c *Context) { c.DeadLetter("r", strings.Repeat("c", 3000)) }}, big, nil)
	l := out.Letters[0]
	if n := l.Size(); n > topic.RecordLimit || n < topic.RecordLimit-100 {
		t.Errorf("a dead letter of %d bytes, want it cut to %d", n, topic.RecordLimit)
	}
	cause := l.Headers[len(l.Headers)-1].Value
	if !bytes.HasPrefix(cause, []byte("value cut from 1048576 bytes; ccc")) {
		t.Errorf("the cause %q does not say that the value was cut", cause[:40])
	}
}

func TestAPanicOfGokaIsNotTakenForTheStepsOwn(t *testing.T) {
	defer func() {
		if recover() != "storage" {
			t.Error("goka's panic did not reach goka")
		}
	}()
	c := &Context{record: tried, table: panickingTable{}}
	c.call(func(c *Context) { c.Value() })
}

type panickingTable struct{ table }

func (panickingTable) load() (any, error) { panic(broken{"storage"}) }
