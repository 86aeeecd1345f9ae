// Package tester tries processors out without Kafka: it feeds a step with events, keeps
// its table, and hands back what it asked for.
//
// It does with a step what a processor does, through the same code, and can do what
// Kafka does after a crash: deliver a record again. It starts no goroutine and is for
// one goroutine. What it cannot take, such as a document that is no JSON, is a mistake
// in the test, and panics.
package tester

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/topic"
)

// Tester holds a processor's table between records. Make it with New.
type Tester struct {
	spec    processors.Spec
	table   map[string]any
	seq     uint64 // of the newest batch
	offsets map[string]int64
	last    processors.Record
}

// Noon is when the first batch of a tester is read on its host; each later one comes
// a second after the one before.
var Noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// New makes a tester of a processor with its settings by name.
func New(p processors.Processor, settings map[string]string) *Tester {
	spec, err := p.Make(settings)
	if err != nil {
		panic(err)
	}
	return NewSpec(spec)
}

// NewSpec makes a tester of a spec.
func NewSpec(spec processors.Spec) *Tester {
	return &Tester{spec: spec, table: map[string]any{}, offsets: map[string]int64{}}
}

// Events feeds one batch of events of an app and a host, each an ECS document.
func (t *Tester) Events(app, host string, documents ...string) processors.Outcome {
	t.seq++
	return t.Record(Batch(app, host, t.seq, documents...))
}

// Record feeds any record; its offset becomes the next one of its topic.
func (t *Tester) Record(r processors.Record) processors.Outcome {
	r.Offset = t.offsets[r.Topic]
	t.offsets[r.Topic]++
	return t.run(r)
}

// Again feeds the newest record once more, as Kafka does after a crash. What a correct
// step asks for does not change, nor does its table.
func (t *Tester) Again() processors.Outcome { return t.run(t.last) }

func (t *Tester) run(r processors.Record) processors.Outcome {
	t.last = r
	out := processors.Try(context.Background(), t.spec, r, t.table[r.Key])
	if out.Set {
		t.table[r.Key] = out.Value
	}
	return out
}

// Value is the table value of a key, nil if there is none.
func (t *Tester) Value(key string) any { return t.table[key] }

// Counted is the state of a key in the table of a processor made with
// [processors.Count]; the zero value if there is none.
func Counted[T any](t *Tester, key string) T {
	value, ok := t.table[key].(*processors.Counted[T])
	if !ok {
		var none T
		return none
	}
	return value.Value
}

// Batch is a record as an app's topic holds it. The number seq, from 1, tells batches
// of one host apart: batches of the same number were made of the same raw record.
func Batch(app, host string, seq uint64, documents ...string) processors.Record {
	m := batch.Manifest{
		Writer: record.Writer{ID: "tester-of-" + host, Nonce: 1}, Seq: seq, At: Noon.Add(time.Duration(seq-1) * time.Second),
		Runs: []batch.Run{{Count: uint32(len(documents)), Index: "logs-" + app + "-prod-2026.11.22", Retention: 7}},
	}
	var value []byte
	for i, text := range documents {
		if !json.Valid([]byte(text)) {
			panic(fmt.Sprintf("tester: event %d is not JSON: %s", i, text))
		}
		value = append(append(value, text...), '\n')
		var id record.EventID
		binary.BigEndian.PutUint64(id[:], seq)
		binary.BigEndian.PutUint32(id[8:], uint32(i))
		m.IDs = append(m.IDs, id)
	}
	r := processors.Record{Topic: topic.Logs(app), Key: host, Value: value, Timestamp: m.At}
	return r.WithHeaders(processors.Header{Key: batch.Header, Value: batch.Append(nil, &m)})
}
