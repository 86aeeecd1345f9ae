package event

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

const (
	// step is how many bytes of a message are looked at together.
	step = 2 * word
	// ahead is how far behind its place the text of a message is put, and read from: so far that nothing is written over
	// what is not read yet. All that is in use at a time is in a window.
	ahead  = 4 * word
	window = ahead + step + word
	// escapeRoom is how much longer than its text the room of a message must be.
	escapeRoom = window
)

// blanks are plain bytes that stand behind the end of a message, so that it can be looked at in whole steps.
var blanks = [step]byte(bytes.Repeat([]byte{' '}, step))

// escape writes text as the inside of a JSON string, which has no other escapes than maxEscapes of two bytes; it reports
// whether that is so.
func (l *line) escape(room, text []byte) bool {
	room = room[:len(text)+window]
	copy(room[ahead:], text)
	*(*[step]byte)(room[ahead+len(text):]) = blanks
	l.count, l.size, l.wide = 0, len(room), false
	for left := l.steps(room); left > window; left = l.steps(room[l.size-left:]) {
		n := l.odd(room[l.size-left:])
		if n == 0 {
			return false
		}
		left -= n
	}
	return true
}

// steps writes the text until it ends, or something comes that is neither plain nor in need of a mere backslash. It returns
// how much of the room is left: no more than a window behind the end.
func (l *line) steps(room []byte) int {
	for n := uint(l.count); n <= maxEscapes; n = uint(l.count) {
		var a, b uint64
		for { // until something is suspected
			if len(room) <= window {
				return len(room)
			}
			here := (*[window]byte)(room)
			from := (*[step]byte)(here[ahead:])
			*(*[step]byte)(here[n:]) = *from
			if a, b = suspect(binary.LittleEndian.Uint64(from[:])), suspect(binary.LittleEndian.Uint64(from[word:])); (a|b)&highs != 0 {
				break
			}
			room = room[step:]
		}
		marks := a & highs
		if marks == 0 {
			marks, room = b&highs, room[word:]
		}
		here := (*[ahead + step]byte)(room)
		for ; marks != 0; marks &= marks - 1 { // in one word; all behind a mark is written once more
			at := uint(bits.TrailingZeros64(marks) >> 3)
			n, rest := uint(l.count), binary.LittleEndian.Uint64(here[ahead+at:])
			if c := byte(rest); c != '"' && c != '\\' || n >= maxEscapes {
				return len(room) - int(at)
			}
			l.escapes[n+1] = l.size - len(room) + int(at)
			l.count++
			here[n+at] = '\\'
			binary.LittleEndian.PutUint64(here[n+at+1:], rest)
		}
		room = room[word:]
	}
	return len(room)
}

// odd writes what the text begins with that steps does not write. It returns how many bytes of the text that is, or none if
// it cannot be.
func (l *line) odd(room []byte) int {
	n, c := l.count, room[ahead]
	switch {
	case c >= utf8.RuneSelf:
		size, ok := runesEnd(room[ahead:])
		if !ok {
			return 0
		}
		l.wide = true
		return copy(room[n:], room[ahead:ahead+size])
	case isPlain(c): // only what follows an escape is suspected for nothing
		room[n] = c
		return 1
	}
	c = shortEscape(c)
	if c == 0 || n == maxEscapes {
		return 0
	}
	room[n], room[n+1] = '\\', c
	l.escapes[n+1] = l.size - len(room)
	l.count++
	return 1
}
