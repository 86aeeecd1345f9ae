package processors

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"

	"github.com/lovoo/goka"

	"github.com/millrace/millrace/schemas/topic"
)

// Count is the spec of a processor that counts events of all apps in a table of its
// own, by host, each event once however often Kafka delivers it, whatever is killed
// and whatever agents ship again.
//
// add brings the host's state up to date with a batch; it is not called for batches
// that were counted before. then, unless it is nil, is called after it for every
// delivery, with the state as it is now: what it emits must not depend on whether it
// emitted it before. Batches that cannot be read become dead letters in dead.logs.
//
// A host's first state is T's zero value, or an empty map; maps inside a struct are nil
// until add makes them. T is kept as JSON. The spec has no group yet: [Processor.Make]
// gives it its name. Outputs that then emits to belong into the spec that Count returns.
func Count[T any](add func(state *T, b *Batch), then func(c *Context, state *T, b *Batch)) Spec {
	return Spec{
		Inputs: []string{AppTopics}, Table: JSON[Counted[T]](), DeadLetter: topic.DeadLogs,
		Step: func(c *Context) {
			b := c.Batch()
			held, _ := c.Value().(*Counted[T])
			if held == nil {
				held = newCounted[T]()
			}
			if held.mark(c.Record().Topic, b) {
				add(&held.Value, b)
			}
			if then != nil {
				then(c, &held.Value, b)
			}
			c.SetValue(held) // for a batch that was counted too: see SetValue
		},
	}
}

// Counted is a table value of [Count]: the state, and which batches it has counted.
// In the table's topic it is JSON, the state as its field "value".
type Counted[T any] struct {
	Value T
	seen  map[string]*Window // by topic and, of all but the first, part of a raw record
}

// newCounted is a state that has counted nothing: the zero value, or an empty map.
func newCounted[T any]() *Counted[T] {
	v := &Counted[T]{}
	if reflect.TypeFor[T]().Kind() == reflect.Map {
		reflect.ValueOf(&v.Value).Elem().Set(reflect.MakeMap(reflect.TypeFor[T]()))
	}
	return v
}

// State is the value without what was counted: what is shown of a table value.
func (v *Counted[T]) State() any { return &v.Value }

// mark remembers a batch and reports whether it is new. The raw record that it was
// made of is known by its writer and number. Each topic has its own window, since a
// raw record may have made a batch for each; so have the parts of a large one.
func (v *Counted[T]) mark(from string, b *Batch) bool {
	if b.part > 0 {
		from += "/" + strconv.FormatUint(uint64(b.part), 10)
	}
	w := v.seen[from]
	if w == nil {
		w = &Window{}
		if v.seen == nil {
			v.seen = map[string]*Window{}
		}
		v.seen[from] = w
	}
	return w.Mark(b.writer, b.seq)
}

// stored is the form of Counted in the table.
type stored[T any] struct {
	Value T                 `json:"value"`
	Seen  map[string][]byte `json:"seen"`
}

// MarshalJSON is the form in the table.
func (v *Counted[T]) MarshalJSON() ([]byte, error) {
	s := stored[T]{Value: v.Value, Seen: make(map[string][]byte, len(v.seen))}
	for from, w := range v.seen {
		s.Seen[from], _ = w.MarshalBinary() // it has no error to give
	}
	return json.Marshal(s)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (v *Counted[T]) UnmarshalJSON(text []byte) error {
	var s stored[T]
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	seen := make(map[string]*Window, len(s.Seen))
	for from, b := range s.Seen {
		seen[from] = &Window{}
		if err := seen[from].UnmarshalBinary(b); err != nil {
			return fmt.Errorf("seen of %s: %w", from, err)
		}
	}
	v.Value, v.seen = s.Value, seen
	return nil
}

// JSON is a codec of table values *T.
func JSON[T any]() goka.Codec { return jsonCodec[T]{} }

type jsonCodec[T any] struct{}

// Encode implements goka.Codec.
func (jsonCodec[T]) Encode(v any) ([]byte, error) {
	value, ok := v.(*T)
	if !ok {
		return nil, fmt.Errorf("the table's values are %T, not %T", value, v)
	}
	return json.Marshal(value)
}

// Decode implements goka.Codec.
func (jsonCodec[T]) Decode(text []byte) (any, error) {
	value := new(T)
	return value, json.Unmarshal(text, value)
}
