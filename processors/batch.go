package processors

import (
	"encoding/binary"
	"encoding/hex"
	"iter"
	"strconv"
	"time"

	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/topic"
)

// ReasonBatch is the reason of a dead letter that holds no batch of events.
const ReasonBatch = "bad_batch"

// Batch is what a record of an app topic holds: the events of one host for one app,
// in the order in which they were read. It is valid during the call of the step.
type Batch struct {
	App  string    // whose topic it came from
	Host string    // the record's key
	At   time.Time // when the newest line was read on the host

	writer    string // of the raw record, as windows know it
	seq       uint64
	part      uint32
	manifest  batch.Manifest
	documents batch.Documents
	event     Event
}

// Batch is the record as a batch of events. A record that is none ends the call and
// becomes a dead letter.
func (c *Context) Batch() *Batch {
	b := &Batch{Host: c.record.Key}
	b.App, _ = topic.AppOf(c.record.Topic)
	header, ok := c.record.Header(batch.Header)
	if !ok {
		panic(failure{ReasonBatch, "the record has no header " + batch.Header})
	}
	if err := batch.Decode(header, &b.manifest); err != nil {
		panic(failure{ReasonBatch, err.Error()})
	}
	if err := b.documents.Open(&b.manifest, c.record.Value); err != nil {
		panic(failure{ReasonBatch, err.Error()})
	}
	b.At, b.seq, b.part = b.manifest.At, b.manifest.Seq, b.manifest.Part
	b.writer = writerName(&b.manifest.Writer)
	return b
}

// writerName is the name of a writer in windows. The nonce, drawn anew at every start
// of an agent, stands first, for windows cut long names.
func writerName(w *record.Writer) string {
	nonce := binary.BigEndian.AppendUint64(make([]byte, 0, 8), w.Nonce)
	return hex.EncodeToString(nonce) + w.ID
}

// ID names the batch however often it is delivered: raw records, and so the batches
// that are made of them, keep their numbers when they are shipped again.
func (b *Batch) ID() string {
	return b.writer + "/" + strconv.FormatUint(b.seq, 10) + "/" + strconv.FormatUint(uint64(b.part), 10)
}

// Len is how many events the batch has.
func (b *Batch) Len() int { return len(b.manifest.IDs) }

// Events are the events in their order. Each is valid until the next one; nothing is
// parsed before it is asked for, and nothing allocated.
func (b *Batch) Events() iter.Seq[*Event] {
	return func(yield func(*Event) bool) {
		e, nth := &b.event, 0
		for run := range b.manifest.Runs {
			for range b.manifest.Runs[run].Count {
				e.text = b.documents.Append(e.text[:0], run, nth)
				e.id, e.split = b.manifest.IDs[nth], false
				if !yield(e) {
					return
				}
				nth++
			}
		}
	}
}
