package format

import (
	"encoding/binary"
	"math/bits"
)

// Lines are looked through eight bytes at a time. A mark is the highest bit of a byte.
const (
	wordSize = 8
	ones     = 0x0101010101010101
	highs    = 0x80 * ones
)

// word is the bytes from i on, the first of them lowest. What lies behind the end is zero; b has at least one word.
func word(b []byte, i int) uint64 {
	if 0 <= i && i <= len(b)-wordSize { // said so that nothing is checked again
		return binary.LittleEndian.Uint64(b[i:])
	}
	return binary.LittleEndian.Uint64(b[len(b)-wordSize:]) >> (8 * uint(i+wordSize-len(b)))
}

// urlMarks marks the question marks of a word, and all up to '#': control characters, spaces, quotes.
func urlMarks(w uint64) uint64 {
	low := w &^ highs
	others := (low + (0x80-'#'-1)*ones) & (low ^ '?'*ones + 0x7f*ones)
	return ^(others | w) & highs
}

// noDigitMarks marks what is no digit.
func noDigitMarks(w uint64) uint64 {
	w ^= '0' * ones
	return (w&^highs + (0x80-10)*ones | w) & highs
}

// noDigits has a bit for each byte that is no digit.
func noDigits(w uint64) uint16 {
	const gather = 0x0102040810204080 // each mark to the highest byte
	return uint16(noDigitMarks(w) >> 7 * gather >> 56)
}

// countDigits counts the digits that a word begins with.
func countDigits(w uint64) int { return firstMark(noDigitMarks(w)) }

// firstMark is the number of the first byte with a mark, or that of all bytes.
func firstMark(marks uint64) int { return bits.TrailingZeros64(marks) / 8 }

// window holds the last bytes of a line that ends before what is to be looked at, and zeros behind them.
type window [4 * wordSize]byte

// of is the bytes of a line from i on, as many as the window has: those of the line itself, if it has so many.
func (w *window) of(line []byte, i int) *window {
	if 0 <= i && i <= len(line)-len(w) {
		return (*window)(line[i:])
	}
	*w = window{}
	copy(w[:], line[i:])
	return w
}
