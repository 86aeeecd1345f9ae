package refine_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/schemas/topic"
)

var (
	readAt = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	writer = record.Writer{ID: "agent-1", Nonce: 7}
	src    = record.SourceID{1, 2, 3}
)

const host = "web-1"

const shop = `{"name":"shop-access","app":"shop","paths":["/var/log/shop/*"],"pipeline":[{"format":"nginx.access"}]}`

// canonical is a collection config as etcd holds it, and its revision.
func canonical(tb testing.TB, config string) (revision.ID, []byte) {
	tb.Helper()
	var head struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal([]byte(config), &head); err != nil {
		tb.Fatal(err)
	}
	c, problems := collect.Parse(head.Name, []byte(config))
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	b, err := c.Canonical()
	if err != nil {
		tb.Fatal(err)
	}
	return revision.Of(b), b
}

func compile(tb testing.TB, config string) refine.Found {
	tb.Helper()
	rev, refusal := refine.NewRevision(canonical(tb, config))
	if refusal != nil {
		tb.Fatal(refusal)
	}
	return refine.Found{Revision: rev}
}

// raw is a manifest around segments, and its value.
func raw(value string, segments ...record.Segment) (*record.Manifest, []byte) {
	return &record.Manifest{Writer: writer, Seq: 5, Host: host, At: readAt, Segments: segments}, []byte(value)
}

// lines is one segment that holds all of a value of n bytes.
func lines(n int) record.Segment {
	return record.Segment{Kind: record.Bytes, Src: src, Gen: 1, Off: 100, Len: uint64(n), Collection: "shop-access", Path: "/var/log/shop/a.log"}
}

// each repeats what was found for all segments.
func each(f refine.Found, m *record.Manifest) []refine.Found {
	out := make([]refine.Found, len(m.Segments))
	for i := range out {
		out[i] = f
	}
	return out
}

// document is one event as the index will see it.
type document struct {
	id    string
	app   string
	index string
	days  uint32 // of retention
	text  string
	event map[string]any
}

// documents decodes the batches and checks them against their contract.
func documents(tb testing.TB, out *refine.Output) (docs []document) {
	tb.Helper()
	parts := map[string]uint32{}
	for _, b := range out.Batches {
		var m batch.Manifest
		if err := batch.Decode(b.Header, &m); err != nil {
			tb.Fatal(err)
		}
		if n := b.Size() + len(b.Header) + len(host); n > batch.MaxBytes {
			tb.Fatalf("a batch of %d bytes", n)
		}
		if m.Writer != writer || m.Seq != 5 || !m.At.Equal(readAt) || m.Part != parts[b.App] || len(m.IDs) != b.Events {
			tb.Fatalf("manifest %+v of a batch of %d events", m, b.Events)
		}
		parts[b.App]++
		docs = append(docs, unpack(tb, b.App, plain(tb, &b), &m)...)
	}
	return docs
}

// plain is the value as consumers get it.
func plain(tb testing.TB, b *refine.Batch) []byte {
	tb.Helper()
	if b.Value != nil {
		return b.Value
	}
	text, err := b.Packed.Append(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func unpack(tb testing.TB, app string, value []byte, m *batch.Manifest) (docs []document) {
	tb.Helper()
	for line := range bytes.Lines(value) {
		if !json.Valid(line) {
			tb.Fatalf("a line of a batch is not JSON: %s", line)
		}
	}
	var all batch.Documents
	if err := all.Open(m, value); err != nil {
		tb.Fatal(err)
	}
	for run := range m.Runs {
		for range m.Runs[run].Count {
			nth := len(docs)
			d := document{id: m.IDs[nth].String(), app: app, index: m.Runs[run].Index, days: m.Runs[run].Retention}
			d.text = string(all.Append(nil, run, nth))
			if err := json.Unmarshal([]byte(d.text), &d.event); err != nil {
				tb.Fatalf("%v: %s", err, d.text)
			}
			docs = append(docs, d)
		}
	}
	return docs
}

// buried are the events of dead letters, which must be raw records again.
func buried(tb testing.TB, out *refine.Output) map[string][]string {
	tb.Helper()
	place := refine.Place{Key: host, Partition: topic.Partition([]byte(host), 4), Partitions: 4}
	ids := map[string][]string{}
	for _, l := range out.Letters {
		m, refusal := new(refine.Worker).Open(place, l.Header, true, l.Value)
		if refusal != nil {
			tb.Fatalf("a dead letter is no raw record: %+v", refusal)
		}
		if m.Writer != writer || m.Seq != 5 || !m.At.Equal(readAt) {
			tb.Fatalf("a dead letter forgot where it came from: %+v", m)
		}
		found := walk(m, l.Value)
		if len(found) != l.Events {
			tb.Fatalf("a dead letter of %d events holds %d", l.Events, len(found))
		}
		ids[l.Reason] = append(ids[l.Reason], found...)
	}
	return ids
}

// walk is the ids of a record's events.
func walk(m *record.Manifest, value []byte) (ids []string) {
	var w record.Walker
	var e record.Raw
	for w.Reset(m, value); w.Next(&e); {
		s := &m.Segments[e.Segment]
		ids = append(ids, record.NewEventID(s.Src, s.Gen, e.Off, e.Bytes).String())
	}
	return ids
}

func id(off uint64, line string) string {
	return record.NewEventID(src, 1, off, []byte(line)).String()
}
