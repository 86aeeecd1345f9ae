// Package pack puts segments of many sources together into raw records within
// the bounds of schemas/record.
//
// It is pure: no clock, no file, no Kafka. The tailer reads straight into the
// builder's buffer, so a byte is copied once, from the page cache.
package pack

import (
	"time"

	"github.com/millrace/millrace/agent/internal/state"
	"github.com/millrace/millrace/schemas/record"
)

// headRoom is what a manifest takes besides its segments, the host name (which
// is the key too) and the writer's id.
const headRoom = 64

// smallest is the share of a buffer below which a finished value is copied, so
// that a trickle does not hold whole buffers while it is under way.
const smallest = record.MaxBytes / 2

// Record is a finished raw record.
type Record struct {
	// N is the number of its intent in the state log.
	N        uint64
	Manifest *record.Manifest
	// Encoded is the manifest as produced.
	Encoded []byte
	Value   []byte
	Events  int
	// Made is when it was closed.
	Made time.Time
}

// Size is what the record takes in memory.
func (r *Record) Size() int { return cap(r.Value) + len(r.Encoded) }

// Builder gathers segments into one record at a time. Make it with New.
type Builder struct {
	host   string
	writer record.Writer
	seq    uint64
	enc    record.Encoder
	spare  [][]byte

	value    []byte
	segments []record.Segment
	sums     []state.Sum
	events   int
	bound    int // most that key and manifest can take
	first    time.Time
}

// New makes a builder for the records of one life of an agent.
func New(host string, writer record.Writer) *Builder {
	b := &Builder{host: host, writer: writer}
	b.reset()
	return b
}

func (b *Builder) reset() {
	b.value, b.segments, b.sums, b.events = nil, nil, nil, 0
	b.bound = headRoom + 2*len(b.host) + len(b.writer.ID)
}

// Empty reports whether nothing was added yet.
func (b *Builder) Empty() bool { return len(b.segments) == 0 }

// First is when the first segment was added.
func (b *Builder) First() time.Time { return b.first }

// Buffer is the room for bytes of a segment: read into it and tell Add how many
// there are. It has no bytes, and the manifest no room, once the record is full;
// events is how many more the record may hold.
func (b *Builder) Buffer(seg *record.Segment) (room []byte, events int) {
	if b.value == nil {
		b.value = b.take()
	}
	most := record.MaxBytes - b.bound
	if !b.extends(seg) {
		most -= record.SizeBound(seg)
	}
	most = min(most, cap(b.value))
	if most <= len(b.value) || b.events >= record.MaxEvents {
		return nil, 0
	}
	return b.value[len(b.value):most], record.MaxEvents - b.events
}

// Add adds a segment. Its bytes, if it has any, stand at the front of what Buffer
// returned.
func (b *Builder) Add(seg record.Segment, sum state.Sum, events int, now time.Time) {
	if b.Empty() {
		b.first = now
	}
	n := int(seg.ValueLen())
	b.events += events
	if n > 0 {
		b.value = b.value[:len(b.value)+n]
	}
	if b.skipsOn(&seg) {
		last := &b.segments[len(b.segments)-1]
		last.Len, last.Count = last.Len+seg.Len, last.Count+seg.Count
		return
	}
	if b.extends(&seg) {
		last := &b.segments[len(b.segments)-1]
		last.Len += seg.Len
		b.sums[len(b.sums)-1].After = sum.After
		return
	}
	b.bound += record.SizeBound(&seg)
	b.segments = append(b.segments, seg)
	if seg.Kind == record.Bytes {
		b.sums = append(b.sums, sum)
	}
}

// Fits reports whether a segment without bytes can be added.
func (b *Builder) Fits(seg *record.Segment) bool {
	return len(b.value)+b.bound+record.SizeBound(seg) <= record.MaxBytes
}

// skipsOn reports whether seg is left out like the range before it.
func (b *Builder) skipsOn(seg *record.Segment) bool {
	if len(b.segments) == 0 || seg.Kind != record.Skipped {
		return false
	}
	last := &b.segments[len(b.segments)-1]
	return last.Kind == record.Skipped && last.Reason == seg.Reason && last.Src == seg.Src && last.Gen == seg.Gen &&
		last.End() == seg.Off && last.Rev == seg.Rev && last.Path == seg.Path
}

// extends reports whether seg goes on where the last segment ended, in every
// respect.
func (b *Builder) extends(seg *record.Segment) bool {
	if len(b.segments) == 0 || seg.Kind != record.Bytes || seg.Part > 0 || seg.Events != nil {
		return false
	}
	last := &b.segments[len(b.segments)-1]
	return last.Kind == record.Bytes && last.Part == 0 && last.Events == nil && !last.Joined &&
		last.Src == seg.Src && last.Gen == seg.Gen && last.End() == seg.Off &&
		last.Rev == seg.Rev && last.Collection == seg.Collection && last.Path == seg.Path && last.Charset == seg.Charset
}

// Holds reports whether the open record has a segment of a source.
func (b *Builder) Holds(id record.SourceID) bool {
	for i := range b.segments {
		if b.segments[i].Src == id {
			return true
		}
	}
	return false
}

// Close finishes the record and returns it with the sums of its segments. The
// record has no intent number yet.
func (b *Builder) Close(now time.Time) (*Record, []state.Sum) {
	b.seq++
	m := &record.Manifest{Writer: b.writer, Seq: b.seq, Host: b.host, At: b.first, Segments: b.segments}
	r := &Record{Manifest: m, Encoded: b.enc.Append(nil, m), Value: b.value, Events: b.events, Made: now}
	sums := b.sums
	if len(b.value) < smallest {
		r.Value = append([]byte(nil), b.value...)
		b.Recycle(b.value)
	}
	b.reset()
	return r, sums
}

// Recycle gives a value's buffer back; nobody may read it any longer.
func (b *Builder) Recycle(value []byte) {
	const most = 16 // a hot file keeps a few under way
	if cap(value) == record.MaxBytes && len(b.spare) < most {
		b.spare = append(b.spare, value[:0])
	}
}

func (b *Builder) take() []byte {
	if n := len(b.spare); n > 0 {
		buf := b.spare[n-1]
		b.spare = b.spare[:n-1]
		return buf
	}
	return make([]byte, 0, record.MaxBytes)
}
