package frame

import (
	"bytes"

	"github.com/millrace/millrace/schemas/record"
)

var (
	newline = []byte{'\n'}
	mark    = []byte{0xef, 0xbb, 0xbf} // UTF-8's byte order mark
)

// Lines is the Framer whose events are lines. The zero value is ready.
type Lines struct {
	most int // the longest line that is one event; 0: PartBytes
}

func (l Lines) part() int {
	if l.most == 0 {
		return PartBytes
	}
	return l.most
}

// LastEnd implements Framer.
func (Lines) LastEnd(b []byte, _ uint64) int { return bytes.LastIndexByte(b, '\n') + 1 }

// Frame takes as many whole lines as it may. A part is taken alone.
func (l Lines) Frame(ask Ask) Cut {
	switch {
	case ask.Part > 0:
		return part(ask, narrow, l.part())
	case ask.Start && len(ask.Block) > 0 && ask.Block[0] == 0:
		if cut, ok := hole(ask, 1); ok {
			return cut
		}
	case ask.Start && bytes.HasPrefix(ask.Block, mark):
		return l.marked(ask)
	}
	end := bytes.LastIndexByte(ask.Block, '\n') + 1
	if end == 0 {
		return unended(ask, l.part(), 1)
	}
	lines := bytes.Count(ask.Block[:end], newline)
	if lines > ask.Events {
		end, lines = nth(ask.Block[:end], ask.Events), ask.Events
	}
	if most := l.part(); end > most { // a long line may hide in it
		if n := long(ask.Block[:end], most); n >= 0 {
			return upTo(ask, n, most)
		}
	}
	return Cut{Len: end, Events: lines}
}

// marked frames the first line of a source that begins with a byte order mark,
// which belongs to no event.
func (l Lines) marked(ask Ask) Cut {
	line := ask.Block[len(mark):]
	end := bytes.IndexByte(line, '\n') + 1
	switch {
	case end == 0 && (!ask.Final || len(line) == 0) && len(line) <= l.part():
		return Cut{}
	case end == 0 || end > l.part(): // too long to care for the mark
		ask.Start = false
		return l.Frame(ask)
	}
	text := bytes.TrimSuffix(bytes.TrimSuffix(line[:end], newline), []byte{'\r'})
	span := record.Span{Off: uint32(len(mark)), Len: uint32(len(text))}
	return Cut{Len: len(mark) + end, Events: 1, Spans: []record.Event{{span}}}
}

// unended frames a block in which no line ends.
func unended(ask Ask, most, width int) Cut {
	switch {
	case len(ask.Block) > most:
		return overlong(ask.Block, most, width)
	case ask.Final && len(ask.Block) > 0:
		return Cut{Len: len(ask.Block), Events: 1}
	}
	return Cut{}
}

// overlong frames the beginning of a line that is longer than most. If it ends with
// NULs there, it is no long line: a hole follows, or room that is still to be written.
func overlong(block []byte, most, width int) Cut {
	n := blank(block[:most])
	n -= n % width
	switch {
	case most-n < leastHole:
		return Cut{Len: most, Events: 1, Part: 1}
	case zeros(block[most:]) == len(block)-most:
		return Cut{Blank: n + 1}
	case n > 0:
		return Cut{Len: n, Events: 1, Spans: []record.Event{{{Len: uint32(n)}}}, More: true}
	}
	return Cut{Len: zeros(block), Hole: true, More: true}
}

// part frames the next part of a line, of which at least one was taken before.
func part(ask Ask, u unit, most int) Cut {
	cut := Cut{Events: 1, Part: ask.Part + 1}
	end := u.lineEnd(ask.Block[:min(len(ask.Block), most)])
	switch {
	case end > 0:
		cut.Len, cut.LastPart = end, true
	case len(ask.Block) > most:
		cut.Len = most
	case ask.Final && len(ask.Block) > 0:
		cut.Len, cut.LastPart = len(ask.Block), true
	default:
		return Cut{}
	}
	return cut
}

// hole takes the NULs at the front of a source, if there are enough of them. Those that
// reach to the end of the block are left: it may be room that is still to be written.
func hole(ask Ask, width int) (Cut, bool) {
	n := zeros(ask.Block)
	switch {
	case n < leastHole && (n < len(ask.Block) || ask.Final):
		return Cut{}, false
	case n == len(ask.Block):
		return Cut{Blank: 1}, true
	}
	return Cut{Len: n - n%width, Hole: true, More: true}, true
}

// zeros is how many NULs b begins with.
func zeros(b []byte) int {
	for i, c := range b {
		if c != 0 {
			return i
		}
	}
	return len(b)
}

// blank is where the NULs begin that end b; its length if there are none.
func blank(b []byte) int {
	n := len(b)
	for n > 0 && b[n-1] == 0 {
		n--
	}
	return n
}

// long finds the first line that is longer than most and returns where it begins,
// or -1.
func long(b []byte, most int) int {
	for at := 0; len(b)-at > most; {
		window := b[at : at+most]
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
func upTo(ask Ask, n, most int) Cut {
	if n == 0 {
		return Cut{Len: most, Events: 1, Part: 1}
	}
	return Cut{Len: n, Events: bytes.Count(ask.Block[:n], newline), More: true}
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
