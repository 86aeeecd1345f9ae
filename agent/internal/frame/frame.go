// Package frame decides where events end in the bytes of a source.
//
// A Framer is pure: all it knows is in what it is asked. What it leaves of a
// block is offered again with more behind it, so it never holds bytes back in
// memory, and a restart needs no state but the offset and the part number.
package frame

import (
	"bytes"

	"github.com/millrace/millrace/schemas/record"
)

// PartBytes is the longest line that is one event. A longer one travels in
// parts of exactly this size and a rest, counted from its first byte, so that
// reading it again gives the same parts. With it a record has 16 KiB left for
// key and manifest.
const PartBytes = 240 << 10

// Ask is a question to a Framer.
type Ask struct {
	// Block are the bytes of the source from the first one not yet framed.
	Block []byte
	// Events is how many events may be taken at most; at least 1.
	Events int
	// Part is the number of parts already taken of the line that Block goes on
	// with; 0 at the beginning of an event.
	Part uint32
	// Start says that Block begins with the first byte of the source.
	Start bool
	// Final says that nothing will ever follow Block.
	Final bool
}

// Cut is the answer: how much of the block is whole events.
type Cut struct {
	// Len are the bytes taken from the front of the block; 0: nothing is whole.
	Len int
	// Events is the number of events in them.
	Events int
	// Spans lists the events where an event is not exactly one line.
	Spans []record.Event
	// Part is the number of the part that the bytes are; 0: whole events.
	Part uint32
	// LastPart says that the part ends its line.
	LastPart bool
}

// Framer finds the events in blocks. Implementations are safe for concurrent use.
type Framer interface {
	Frame(Ask) Cut
}

var (
	newline = []byte{'\n'}
	mark    = []byte{0xef, 0xbb, 0xbf} // UTF-8's byte order mark
)

// Lines is the Framer whose events are lines.
type Lines struct{}

// Frame takes as many whole lines as it may. A part is taken alone.
func (Lines) Frame(ask Ask) Cut {
	if ask.Part > 0 {
		return part(ask)
	}
	if ask.Start && bytes.HasPrefix(ask.Block, mark) {
		return marked(ask)
	}
	end := bytes.LastIndexByte(ask.Block, '\n') + 1
	if end == 0 {
		return unended(ask)
	}
	lines := bytes.Count(ask.Block[:end], newline)
	if lines > ask.Events {
		end, lines = nth(ask.Block[:end], ask.Events), ask.Events
	}
	if end > PartBytes { // a long line may hide in it
		if n := long(ask.Block[:end]); n >= 0 {
			return upTo(ask, n)
		}
	}
	return Cut{Len: end, Events: lines}
}

// marked frames the first line of a source that begins with a byte order mark,
// which belongs to no event.
func marked(ask Ask) Cut {
	line := ask.Block[len(mark):]
	end := bytes.IndexByte(line, '\n') + 1
	switch {
	case end == 0 && (!ask.Final || len(line) == 0) && len(line) <= PartBytes:
		return Cut{}
	case end == 0 || end > PartBytes: // too long to care for the mark
		ask.Start = false
		return Lines{}.Frame(ask)
	}
	text := bytes.TrimSuffix(bytes.TrimSuffix(line[:end], newline), []byte{'\r'})
	span := record.Span{Off: uint32(len(mark)), Len: uint32(len(text))}
	return Cut{Len: len(mark) + end, Events: 1, Spans: []record.Event{{span}}}
}

// unended frames a block in which no line ends.
func unended(ask Ask) Cut {
	switch {
	case len(ask.Block) > PartBytes:
		return Cut{Len: PartBytes, Events: 1, Part: 1}
	case ask.Final && len(ask.Block) > 0:
		return Cut{Len: len(ask.Block), Events: 1}
	}
	return Cut{}
}

// part frames the next part of a line, of which at least one was taken before.
func part(ask Ask) Cut {
	cut := Cut{Events: 1, Part: ask.Part + 1}
	end := bytes.IndexByte(ask.Block[:min(len(ask.Block), PartBytes)], '\n') + 1
	switch {
	case end > 0:
		cut.Len, cut.LastPart = end, true
	case len(ask.Block) > PartBytes:
		cut.Len = PartBytes
	case ask.Final && len(ask.Block) > 0:
		cut.Len, cut.LastPart = len(ask.Block), true
	default:
		return Cut{}
	}
	return cut
}

// long finds the first line that is longer than PartBytes and returns where it
// begins, or -1.
func long(b []byte) int {
	for at := 0; len(b)-at > PartBytes; {
		window := b[at : at+PartBytes]
		end := bytes.LastIndexByte(window, '\n') + 1
		if end == 0 {
			return at
		}
		at += end
	}
	return -1
}

// upTo takes the lines before the long one at n, or its first part if there are
// none.
func upTo(ask Ask, n int) Cut {
	if n == 0 {
		return Cut{Len: PartBytes, Events: 1, Part: 1}
	}
	return Cut{Len: n, Events: bytes.Count(ask.Block[:n], newline)}
}

// nth is the offset behind the nth newline of b, which has at least so many. It
// halves the block instead of looking at line after line: counting is the
// fastest thing there is to do with bytes.
func nth(b []byte, n int) int {
	low := 0
	for len(b) > 64 {
		half := len(b) / 2
		if c := bytes.Count(b[:half], newline); c < n {
			n -= c
			low += half
			b = b[half:]
		} else {
			b = b[:half]
		}
	}
	for i, c := range b {
		if c == '\n' {
			if n--; n == 0 {
				return low + i + 1
			}
		}
	}
	return low + len(b)
}
