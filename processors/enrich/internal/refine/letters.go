package refine

import (
	"math"

	"github.com/millrace/millrace/schemas/record"
)

// Letter is a dead letter: a raw record that holds only events that failed.
type Letter struct {
	Refusal
	Events int
	Value  []byte
	Header []byte // record.Header
}

// letters gathers the failed events of one record, those of one cause together.
type letters struct {
	open []*letter
}

type letter struct {
	refusal  Refusal
	events   int
	last     int // index of the segment that the last piece was cut from
	segments []record.Segment
	value    []byte
}

func (l *letters) of(r *Refusal) *letter {
	for _, have := range l.open {
		if have.refusal == *r {
			return have
		}
	}
	fresh := &letter{refusal: *r, last: -1}
	l.open = append(l.open, fresh)
	return fresh
}

// close encodes the letters: the record's own manifest, with fewer segments.
func (l *letters) close(m *record.Manifest, encoder *record.Encoder) []Letter {
	if len(l.open) == 0 {
		return nil
	}
	out := make([]Letter, len(l.open))
	for i, one := range l.open {
		part := *m
		part.Segments = one.segments
		out[i] = Letter{Refusal: one.refusal, Events: one.events, Value: one.value, Header: encoder.Append(nil, &part)}
	}
	l.open = nil
	return out
}

// cut adds one event as the walker found it, the nth of its segment. A joined
// event takes a piece of each segment that it lies in.
func (l *letter) cut(m *record.Manifest, value []byte, raw *record.Raw, nth int) {
	l.events++
	left := raw.Framed
	start := 0 // of segment i in the value
	for i := range m.Segments {
		s := &m.Segments[i]
		body := value[start : start+int(s.ValueLen())]
		start += len(body)
		if i < raw.Segment || !holdsEvents(s) {
			continue
		}
		var piece record.Segment
		var from int
		if s.Events != nil {
			piece, from = cutListed(s, nth)
			left -= int(listed(s.Events[nth : nth+1]))
		} else {
			if i == raw.Segment {
				from = int(raw.Off - s.Off)
			}
			piece = *s
			piece.Off, piece.Len = s.Off+uint64(from), uint64(min(left, len(body)-from))
			left -= int(piece.Len)
		}
		piece.Joined = left > 0
		l.put(i, &piece, body[from:from+int(piece.Len)])
		if left <= 0 {
			return
		}
		nth = 0 // the event goes on as the first of the next segment
	}
}

// holdsEvents reports whether the walker finds events in the segment.
func holdsEvents(s *record.Segment) bool {
	return s.ValueLen() > 0 && (s.Events == nil || len(s.Events) > 0)
}

// cutListed is the least segment that holds the nth listed event of s, and where
// in s it begins.
func cutListed(s *record.Segment, nth int) (piece record.Segment, from int) {
	event := s.Events[nth]
	low, high := uint32(math.MaxUint32), uint32(0)
	for _, span := range event {
		low, high = min(low, span.Off), max(high, span.Off+span.Len)
	}
	switch { // of an empty event: a segment without a byte has none
	case low < high:
	case uint64(high) < s.Len:
		high++
	default:
		low--
	}
	moved := make(record.Event, len(event))
	for i, span := range event {
		moved[i] = record.Span{Off: span.Off - low, Len: span.Len}
	}
	piece = *s
	piece.Off, piece.Len = s.Off+uint64(low), uint64(high-low)
	piece.Events = []record.Event{moved}
	return piece, int(low)
}

// put appends a piece of segment i, or makes the last piece longer where lines
// follow each other.
func (l *letter) put(i int, piece *record.Segment, b []byte) {
	l.value = append(l.value, b...)
	if n := len(l.segments); n > 0 && l.last == i && piece.Events == nil && piece.Part == 0 {
		if last := &l.segments[n-1]; last.End() == piece.Off && !last.Joined {
			last.Len += piece.Len
			last.Joined = piece.Joined
			return
		}
	}
	l.last = i
	l.segments = append(l.segments, *piece)
}
