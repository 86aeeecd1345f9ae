package main

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/record"
)

// arrived are the documents of a topic.
type arrived struct {
	proof  []byte // what is in each document whose line was parsed
	parsed int
	failed int              // documents that a step marked
	ids    map[[24]byte]int // how often each event is there
}

// failure ends the tag of a step that failed.
var failure = []byte(`_failure"`)

// read reads a topic of so many records from its beginning to its end.
func (a *arrived) read(ctx context.Context, brokers []string, topic string, records int64, take func(*kgo.Record) error) error {
	a.ids = map[[24]byte]int{}
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, stageMost)
	defer cancel()
	for seen := int64(0); seen < records; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return fmt.Errorf("reading %s: %w", topic, err)
		}
		var wrong error
		fetches.EachRecord(func(r *kgo.Record) {
			seen++
			a.parsed += bytes.Count(r.Value, a.proof)
			a.failed += bytes.Count(r.Value, failure)
			if err := take(r); err != nil && wrong == nil {
				wrong = fmt.Errorf("%s/%d/%d: %w", topic, r.Partition, r.Offset, err)
			}
		})
		if wrong != nil {
			return wrong
		}
	}
	return nil
}

// batch takes a record of an app topic.
func (a *arrived) batch(r *kgo.Record) error {
	for _, h := range r.Headers {
		if h.Key != batch.Header {
			continue
		}
		var m batch.Manifest
		if err := batch.Decode(h.Value, &m); err != nil {
			return err
		}
		for _, id := range m.IDs {
			a.ids[id]++
		}
	}
	return nil
}

var seed = maphash.MakeSeed()

// document takes a record that is a document, whose line tells it from all others.
func (a *arrived) document(r *kgo.Record) error {
	var id [record.EventIDSize]byte
	copy(id[:], fmt.Appendf(nil, "%016x", maphash.Bytes(seed, r.Value)))
	a.ids[id]++
	return nil
}

// check says what is not as it must be: each line once, and parsed.
func (a *arrived) check(lines int) error {
	events := 0
	for _, n := range a.ids {
		events += n
	}
	if events != lines || len(a.ids) != lines || a.parsed != lines || a.failed > 0 {
		return fmt.Errorf("of %d lines there are %d events, %d of them different, %d parsed and %d marked as failed", lines, events, len(a.ids), a.parsed, a.failed)
	}
	return nil
}
