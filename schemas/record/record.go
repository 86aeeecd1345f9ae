// Package record is the contract of the raw topic: what one Kafka record says
// about the bytes of which files.
//
// The key is the host name, the value is the exact bytes of one or more
// segments back to back, and the header Header carries the Manifest. No byte is
// escaped or re-encoded, so the files can be rebuilt from the topic, and ranges
// that could not be shipped are in the manifest as well: seen from here, every
// file is seamless.
//
// Only the agents and the adopt processor write raw records. Decoders accept
// any bytes: they return an error, they never panic and never allocate more
// than a small multiple of what they were given.
package record

import (
	"time"

	"github.com/millrace/millrace/schemas/revision"
)

// Header is the name of the Kafka header that holds the manifest.
const Header = "m"

// Bounds of a raw record. A record is closed when the next line would break
// one of them, or Linger after its first line was read.
const (
	// MaxBytes bounds key + value + manifest.
	MaxBytes = 256 << 10
	// MaxEvents bounds the events in one record.
	MaxEvents = 1000
	// Linger is how long a record may wait for more lines.
	Linger = 250 * time.Millisecond
)

// Kind says what a segment stands for.
type Kind uint8

// The kinds of segments.
const (
	// Bytes are in the record's value.
	Bytes Kind = 1
	// Skipped was left out on purpose, by the rule in Reason; Count lines.
	Skipped Kind = 2
	// Gap could not be read or shipped; Reason says why.
	Gap Kind = 3
)

// String is the kind's name.
func (k Kind) String() string {
	switch k {
	case Bytes:
		return "bytes"
	case Skipped:
		return "skipped"
	case Gap:
		return "gap"
	}
	return "unknown"
}

// Writer is one life of one producer of raw records. Its records are numbered
// from 1; a record that is sent again keeps its number.
type Writer struct {
	// ID is the agent's id, or "topic/partition" of an adopted topic.
	ID string
	// Nonce is drawn anew at each start, so that the numbers of two lives are
	// never mixed up. A record that is sent again after a restart keeps the
	// writer that it was first sent by.
	Nonce uint64
}

// Manifest describes the value of one raw record.
type Manifest struct {
	Writer Writer
	// Seq is the number of the record within Writer, from 1.
	Seq uint64
	// Host is the name of the host the bytes were read on; equal to the key.
	Host string
	// At is when the first byte of the record was read.
	At time.Time
	// Segments in the order of their bytes in the value. Segments of one
	// (Src, Gen) ascend within a record and from record to record.
	Segments []Segment
}

// Segment is one range of one source.
type Segment struct {
	Kind Kind
	Src  SourceID
	Gen  Gen
	// Off and Len are the range in the source, in bytes.
	Off, Len uint64
	// Collection and Rev say which config the source was read under. The
	// pipeline of exactly this revision applies.
	Collection string
	Rev        revision.ID
	// Path is where the source was found, as the host knew it then.
	Path string
	// Charset is the encoding of the bytes; empty is UTF-8.
	Charset string
	// Joined says that the last event of this segment goes on as the first
	// event of the next one: an event that lies in two files.
	Joined bool
	// Part is 0, or the 1-based number of this part of a line that is longer
	// than a record. Such a segment is one event whatever its bytes are.
	Part uint32
	// LastPart is set on the part that ends its line.
	LastPart bool
	// Events lists the events where an event is not exactly one line.
	// Nil means: each line is one event.
	Events []Event
	// Count is the number of lines of a Skipped segment.
	Count uint64
	// Reason is the rule of a Skipped segment or the cause of a Gap.
	Reason string
}

// Event is the ranges whose bytes, put together, are one event.
type Event []Span

// Span is a range relative to the start of its segment.
type Span struct{ Off, Len uint32 }

// End is the offset behind the segment's last byte.
func (s *Segment) End() uint64 { return s.Off + s.Len }

// ValueLen is how many bytes of the record's value belong to the segment.
func (s *Segment) ValueLen() uint64 {
	if s.Kind == Bytes {
		return s.Len
	}
	return 0
}
