package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/schemas/revision"
)

// Version is the manifest version that Encode writes and Decode reads.
const Version = 1

// Errors of Decode and Check, for those who file the record by its cause.
var (
	// ErrManifest means that the bytes are not a manifest at all.
	ErrManifest = errors.New("malformed manifest")
	// ErrVersion means a manifest of a version this program does not know.
	ErrVersion = errors.New("unknown manifest version")
	// ErrValue means that the manifest does not fit the value beside it.
	ErrValue = errors.New("manifest does not fit the value")
)

const (
	flagJoined = 1 << iota
	flagPart
	flagLastPart
	flagEvents
)

// segmentBound is what a segment takes in a manifest besides its events and
// strings: kind, flags, src, gen, seven varints at their longest.
const segmentBound = 1 + 1 + SourceIDSize + 4 + 7*binary.MaxVarintLen64

// SizeBound is the most that seg can add to an encoded manifest.
func SizeBound(seg *Segment) int {
	n := segmentBound + revision.Size + len(seg.Collection) + len(seg.Path) + len(seg.Charset) + len(seg.Reason) + 5*binary.MaxVarintLen32
	for _, event := range seg.Events {
		n += EventBound(len(event))
	}
	return n
}

// EventBound is the most that a listed event of so many spans adds to a manifest. What it
// counts fits three bytes each: a value has less than 2 MiB.
func EventBound(spans int) int { return 3 * (1 + 2*spans) }

// Encoder writes manifests. It keeps scratch space from one to the next; the
// zero value is ready. Not safe for concurrent use.
type Encoder struct {
	index map[string]uint64
	table []string
}

// Append appends the encoded manifest to dst and returns the longer slice.
//
// Layout (integers big-endian, "uv" unsigned and "sv" signed varints):
//
//	u32 length of all that follows
//	u8  version
//	str writer id, u64 writer nonce, uv seq, str host, sv at (Unix nanoseconds)
//	uv  strings, each str (str is uv length + bytes)
//	uv  segments, each:
//	    u8 kind, u8 flags (1 joined, 2 part, 4 last part, 8 events)
//	    12 bytes src, u32 gen, uv off, uv len
//	    uv collection, uv rev (8 raw bytes), uv path, uv charset   indices into strings
//	    [part]     uv part
//	    [skipped]  uv count, uv reason
//	    [gap]      uv reason
//	    [events]   uv events, each: uv spans, each: uv off, uv len
//
// Bytes behind the last segment are room for later fields; readers skip them.
func (e *Encoder) Append(dst []byte, m *Manifest) []byte {
	e.collect(m)
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0, Version)
	dst = appendString(dst, m.Writer.ID)
	dst = binary.BigEndian.AppendUint64(dst, m.Writer.Nonce)
	dst = binary.AppendUvarint(dst, m.Seq)
	dst = appendString(dst, m.Host)
	dst = binary.AppendVarint(dst, m.At.UnixNano())
	dst = binary.AppendUvarint(dst, uint64(len(e.table)))
	for _, s := range e.table {
		dst = appendString(dst, s)
	}
	dst = binary.AppendUvarint(dst, uint64(len(m.Segments)))
	for i := range m.Segments {
		dst = e.appendSegment(dst, &m.Segments[i])
	}
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

func (e *Encoder) collect(m *Manifest) {
	if e.index == nil {
		e.index = make(map[string]uint64)
	}
	clear(e.index)
	e.table = e.table[:0]
	for i := range m.Segments {
		s := &m.Segments[i]
		e.add(s.Collection)
		if _, ok := e.index[string(s.Rev[:])]; !ok {
			e.add(string(s.Rev[:]))
		}
		e.add(s.Path)
		e.add(s.Charset)
		if s.Kind != Bytes {
			e.add(s.Reason)
		}
	}
}

func (e *Encoder) add(s string) {
	if _, ok := e.index[s]; !ok {
		e.index[s] = uint64(len(e.table))
		e.table = append(e.table, s)
	}
}

func (e *Encoder) appendSegment(dst []byte, s *Segment) []byte {
	var flags byte
	if s.Joined {
		flags |= flagJoined
	}
	if s.Part > 0 {
		flags |= flagPart
	}
	if s.LastPart {
		flags |= flagLastPart
	}
	if s.Events != nil {
		flags |= flagEvents
	}
	dst = append(dst, byte(s.Kind), flags)
	dst = append(dst, s.Src[:]...)
	dst = binary.BigEndian.AppendUint32(dst, uint32(s.Gen))
	dst = binary.AppendUvarint(dst, s.Off)
	dst = binary.AppendUvarint(dst, s.Len)
	dst = binary.AppendUvarint(dst, e.index[s.Collection])
	dst = binary.AppendUvarint(dst, e.index[string(s.Rev[:])])
	dst = binary.AppendUvarint(dst, e.index[s.Path])
	dst = binary.AppendUvarint(dst, e.index[s.Charset])
	if s.Part > 0 {
		dst = binary.AppendUvarint(dst, uint64(s.Part))
	}
	if s.Kind == Skipped {
		dst = binary.AppendUvarint(dst, s.Count)
	}
	if s.Kind != Bytes {
		dst = binary.AppendUvarint(dst, e.index[s.Reason])
	}
	if s.Events != nil {
		dst = appendEvents(dst, s.Events)
	}
	return dst
}

func appendEvents(dst []byte, events []Event) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(events)))
	for _, event := range events {
		dst = binary.AppendUvarint(dst, uint64(len(event)))
		for _, span := range event {
			dst = binary.AppendUvarint(dst, uint64(span.Off))
			dst = binary.AppendUvarint(dst, uint64(span.Len))
		}
	}
	return dst
}

func appendString(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// Decode reads one manifest from the front of b and returns what is behind it. The
// manifest's strings share one copy of its bytes. Errors wrap ErrManifest or
// ErrVersion and say at which byte.
func Decode(b []byte) (*Manifest, []byte, error) { return new(Decoder).Decode(b) }

// Decoder reads manifests into the same memory, one after the other. The zero value is
// ready. Not safe for concurrent use.
type Decoder struct {
	manifest Manifest
	table    []string
}

// keptSegments is how many segments a Decoder keeps memory for. A record of quiet files
// has some dozens.
const keptSegments = 1 << 10

// Decode is the function Decode. Its manifest is valid until the next call; strings and
// events stay.
func (d *Decoder) Decode(b []byte) (*Manifest, []byte, error) {
	if len(b) < 5 {
		return nil, nil, fmt.Errorf("%w: %d bytes are too few", ErrManifest, len(b))
	}
	size := uint64(binary.BigEndian.Uint32(b))
	if size > uint64(len(b)-4) || size < 1 {
		return nil, nil, fmt.Errorf("%w: length %d, but %d bytes follow", ErrManifest, size, len(b)-4)
	}
	rest := b[4+size:]
	r := reader{data: b[:4+size], pos: 4}
	if version := r.byte(); version != Version {
		return nil, nil, fmt.Errorf("%w: %d", ErrVersion, version)
	}
	m := &d.manifest
	m.Writer.ID = r.string()
	m.Writer.Nonce = r.uint64()
	m.Seq = r.uvarint()
	m.Host = r.string()
	m.At = time.Unix(0, r.varint()).UTC()
	d.table = d.table[:0]
	for range r.count(1) {
		d.table = append(d.table, r.string())
	}
	d.segments(r.count(segmentLeast))
	for i := range m.Segments {
		decodeSegment(&r, &m.Segments[i], d.table)
	}
	if r.err != nil {
		return nil, nil, r.err
	}
	return m, rest, nil
}

// segments makes room for so many segments, all of them empty.
func (d *Decoder) segments(n int) {
	if n > keptSegments || n > cap(d.manifest.Segments) || cap(d.manifest.Segments) > keptSegments {
		d.manifest.Segments = make([]Segment, n)
		return
	}
	clear(d.manifest.Segments)
	d.manifest.Segments = d.manifest.Segments[:n]
}

const (
	// segmentHead is what each segment begins with: kind, flags, src and gen.
	segmentHead = 1 + 1 + SourceIDSize + 4
	// segmentLeast is the shortest encoding of a segment.
	segmentLeast = segmentHead + 6
)

func decodeSegment(r *reader, s *Segment, table []string) {
	head := r.take(segmentHead)
	if head == nil {
		return
	}
	s.Kind = Kind(head[0])
	if s.Kind < Bytes || s.Kind > Gap {
		r.fail("unknown segment kind")
	}
	flags := head[1]
	s.Joined = flags&flagJoined != 0
	s.LastPart = flags&flagLastPart != 0
	s.Src = SourceID(head[2:])
	s.Gen = Gen(binary.BigEndian.Uint32(head[2+SourceIDSize:]))
	s.Off = r.uvarint()
	s.Len = r.uvarint()
	if s.Off > MaxOffset || s.Len > MaxOffset {
		r.fail("range beyond 1 TiB")
	}
	s.Collection = r.ref(table)
	if rev := r.ref(table); len(rev) == revision.Size {
		s.Rev = revision.ID([]byte(rev))
	} else {
		r.fail("revision is not 8 bytes")
	}
	s.Path = r.ref(table)
	s.Charset = r.ref(table)
	if flags&flagPart != 0 {
		s.Part = r.uint32v()
		if s.Part == 0 {
			r.fail("part 0")
		}
	}
	if s.Kind == Skipped {
		s.Count = r.uvarint()
	}
	if s.Kind != Bytes {
		s.Reason = r.ref(table)
	}
	if flags&flagEvents != 0 {
		s.Events = decodeEvents(r, s.Len)
	}
}

func decodeEvents(r *reader, segLen uint64) []Event {
	events := make([]Event, r.count(1))
	for i := range events {
		spans := make(Event, r.count(2))
		for j := range spans {
			spans[j] = Span{Off: r.uint32v(), Len: r.uint32v()}
			if uint64(spans[j].Off)+uint64(spans[j].Len) > segLen {
				r.fail("event reaches beyond its segment")
			}
		}
		if len(spans) == 0 {
			r.fail("event without a span")
		}
		events[i] = spans
	}
	return events
}

// Check reports whether the manifest describes exactly a value of n bytes and
// keeps the rules of its kinds. Errors wrap ErrValue.
func (m *Manifest) Check(n int) error {
	var sum uint64
	for i := range m.Segments {
		s := &m.Segments[i]
		sum += s.ValueLen()
		switch {
		case s.Kind != Bytes && (s.Events != nil || s.Part > 0 || s.Joined):
			return fmt.Errorf("%w: segment %d of kind %s carries events", ErrValue, i, s.Kind)
		case s.Joined && (i+1 == len(m.Segments) || m.Segments[i+1].Kind != Bytes):
			return fmt.Errorf("%w: segment %d is joined to nothing", ErrValue, i)
		case s.LastPart && s.Part == 0:
			return fmt.Errorf("%w: segment %d is the last part of nothing", ErrValue, i)
		}
	}
	if sum != uint64(n) {
		return fmt.Errorf("%w: segments of %d bytes, value of %d", ErrValue, sum, n)
	}
	return nil
}
