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
	// escapeRoom is how much longer than its text the room of a message must be: for its escapes, and for what is written
	// beyond its end on the way.
	escapeRoom = maxEscapes + 2*step
)

// blanks are plain bytes that stand behind the end of a message, so that it can be looked at in whole steps.
var blanks = [2 * step]byte(bytes.Repeat([]byte{' '}, 2*step))

// escape writes text as the inside of a JSON string, which has no other escapes than maxEscapes of two bytes; it reports
// whether that is so.
func (l *line) escape(room, text []byte) bool {
	l.count, l.end, l.wide = 0, len(text), false
	left := l.steps(room, text)
	if left > step {
		if left = l.on(room, text, left); left < 0 {
			return false
		}
	}
	padded, at := blanks, len(text)-left
	left = copy(padded[:], text[at:]) + step
	text, l.end = padded[:left], l.end+step
	left = l.steps(room[at+l.count:], text)
	return left <= step || l.on(room, text, left) >= 0
}

// on goes on where steps does not. It returns how much is left, at most a step; or less than nothing if it cannot be.
func (l *line) on(room, text []byte, left int) int {
	for left > step {
		n := l.odd(room[l.end-left+l.count:], text[len(text)-left:])
		if n == 0 {
			return -1
		}
		left -= n
		left = l.steps(room[l.end-left+l.count:], text[len(text)-left:])
	}
	return left
}

// steps writes the text until no more than a step is left, or something comes that is neither plain nor in need of a mere
// backslash. It returns how much is left.
func (l *line) steps(room, text []byte) int {
	for {
		var marksA, marksB uint64
		for {
			if len(text) <= step || len(room) <= step+1 {
				return len(text)
			}
			a, b := binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[word:])
			binary.LittleEndian.PutUint64(room, a)
			binary.LittleEndian.PutUint64(room[word:], b)
			if marksA, marksB = suspect(a), suspect(b); (marksA|marksB)&highs != 0 {
				break
			}
			text, room = text[step:], room[step:]
		}
		at := bits.TrailingZeros64(marksA&highs) >> 3
		if at == word { // there is none in a
			at += bits.TrailingZeros64(marksB&highs) >> 3
		}
		at &= step - 1
		c, n := text[at], uint(l.count)
		if c != '"' && c != '\\' || n >= maxEscapes {
			return len(text) - at
		}
		room[at], room[at+1] = '\\', c
		l.escapes[n] = l.end - len(text) + at
		l.count = int(n + 1)
		text, room = text[at+1:], room[at+2:]
	}
}

// odd writes what the text begins with that steps does not write. It returns how many bytes of the text that is, or none if
// it cannot be.
func (l *line) odd(room, text []byte) int {
	if text[0] >= utf8.RuneSelf {
		n, ok := runesEnd(text)
		if !ok {
			return 0
		}
		l.wide = true
		return copy(room, text[:n])
	}
	c := shortEscape(text[0])
	if c == 0 || l.count == maxEscapes {
		return 0
	}
	room[0], room[1] = '\\', c
	l.escapes[l.count] = l.end - len(text)
	l.count++
	return 1
}
