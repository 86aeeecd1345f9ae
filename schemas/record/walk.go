package record

import "bytes"

// Raw is one event as a Walker finds it.
type Raw struct {
	// Segment is the index of the segment in which the event begins.
	Segment int
	// Off is the offset of the event's first byte in its source.
	Off uint64
	// Bytes are the event's bytes, without the line end. They lie in the
	// record's value or in the Walker's scratch: copy what must outlive Next.
	Bytes []byte
	// Framed is how many bytes of the value the event took, line end included.
	Framed int
}

// Walker finds the events of a raw record one after the other. The zero value
// is ready for Reset. Not safe for concurrent use.
type Walker struct {
	m       *Manifest
	value   []byte
	segment int    // next segment to open
	open    []byte // bytes of the open segment not yet walked
	off     uint64 // offset of open[0] in its source
	events  []Event
	body    []byte // whole bytes of the open segment, where events are listed
	lines   bool   // of the open segment are its events, none of which goes on in the next
	joined  bool   // the last event of the open segment goes on in the next
	carry   []byte
	scratch []byte
}

// Reset starts a walk. The manifest must have passed Check for this value.
func (w *Walker) Reset(m *Manifest, value []byte) {
	*w = Walker{m: m, value: value, carry: w.carry[:0], scratch: w.scratch[:0]}
}

// Next fills raw with the next event and reports whether there was one.
func (w *Walker) Next(raw *Raw) bool {
	if w.lines && len(w.open) > 0 {
		w.line(raw)
		return true
	}
	carrying := false
	for {
		if w.drained() && !w.nextSegment() {
			return false
		}
		var ok bool
		if carrying {
			ok = w.resume(raw)
		} else {
			ok = w.step(raw)
		}
		if !ok {
			continue
		}
		if !w.joined || !w.drained() {
			return true
		}
		if !carrying {
			w.carry = append(w.carry[:0], raw.Bytes...)
			carrying = true
		}
		raw.Bytes = w.carry
		if !w.more() {
			return true
		}
	}
}

// resume appends the first event of the newly opened segment to a joined one.
func (w *Walker) resume(raw *Raw) bool {
	var tail Raw
	if !w.step(&tail) {
		return false
	}
	w.carry = append(w.carry, tail.Bytes...)
	raw.Bytes = w.carry
	raw.Framed += tail.Framed
	return true
}

func (w *Walker) drained() bool { return len(w.open) == 0 && len(w.events) == 0 }

// more reports whether a segment with bytes is still to come.
func (w *Walker) more() bool {
	for i := w.segment; i < len(w.m.Segments); i++ {
		if w.m.Segments[i].ValueLen() > 0 {
			return true
		}
	}
	return false
}

func (w *Walker) nextSegment() bool {
	for w.segment < len(w.m.Segments) {
		s := &w.m.Segments[w.segment]
		w.segment++
		n := s.ValueLen()
		if n == 0 {
			continue
		}
		w.body, w.value = w.value[:n], w.value[n:]
		w.open, w.off, w.events, w.joined = w.body, s.Off, nil, s.Joined
		w.lines = s.Events == nil && s.Part == 0 && !s.Joined
		if s.Events != nil {
			w.open, w.events = nil, s.Events
		}
		if !w.drained() {
			return true
		}
	}
	return false
}

func (w *Walker) step(raw *Raw) bool {
	s := &w.m.Segments[w.segment-1]
	switch {
	case len(w.events) > 0:
		w.listed(raw, s)
	case s.Part > 0:
		raw.Segment = w.segment - 1
		raw.Off, raw.Framed, raw.Bytes = w.off, len(w.open), w.open
		if s.LastPart {
			raw.Bytes = trimEnd(w.open)
		}
		w.open = nil
	default:
		w.line(raw)
	}
	return true
}

func (w *Walker) line(raw *Raw) {
	open := w.open
	framed := len(open)
	end := framed
	if n := bytes.IndexByte(open, '\n'); n >= 0 {
		framed, end = n+1, n
		if n > 0 && open[n-1] == '\r' {
			end--
		}
	}
	raw.Segment, raw.Off, raw.Framed, raw.Bytes = w.segment-1, w.off, framed, open[:end]
	w.open = open[framed:]
	w.off += uint64(framed)
}

func (w *Walker) listed(raw *Raw, s *Segment) {
	event := w.events[0]
	w.events = w.events[1:]
	first := event[0]
	raw.Segment = w.segment - 1
	raw.Off = s.Off + uint64(first.Off)
	raw.Framed = int(first.Len)
	raw.Bytes = w.body[first.Off : first.Off+first.Len]
	if len(event) == 1 {
		return
	}
	w.scratch = append(w.scratch[:0], raw.Bytes...)
	for _, span := range event[1:] {
		w.scratch = append(w.scratch, w.body[span.Off:span.Off+span.Len]...)
		raw.Framed += int(span.Len)
	}
	raw.Bytes = w.scratch
}

// trimEnd cuts one line end, LF or CRLF, off a line.
func trimEnd(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
	}
	return line
}
