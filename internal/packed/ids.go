package packed

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// idSize is how many bytes an event's id has in the header of a batch. What stands between
// two values of such batches is little else than ids, each of which is like the one before.
const idSize = 3 * word

// appendIDs appends the data of a block of text, in which all repetitions begin idSize
// bytes before. Of ids it finds what a compressor finds, without a table that drives other
// things out of the processor's cache.
func appendIDs(dst, text []byte) []byte {
	const (
		// lastMatch is how many bytes before the end no match begins any more, and an id
		// later it has ended.
		lastMatch = 12
		most      = 4*word + 4 // of a usual sequence
	)
	dst = slices.Grow(dst, len(text)+len(text)/255+most)
	done := 0 // what is in the sequences so far
	for at := idSize; at+idSize+lastMatch <= len(text); {
		n := alike((*[2 * idSize]byte)(text[at-idSize:]))
		if n < minMatch {
			at += n + 1
			continue
		}
		if literals := at - done; literals < lengthMask {
			dst = appendShort(dst, (*[2 * word]byte)(text[done:]), literals, n)
		} else {
			dst = append(dst, lengthMask<<4|byte(min(n-minMatch, lengthMask)))
			dst = appendOffset(append(appendLength(dst, literals), text[done:at]...), n)
		}
		done = at + n
		at += idSize
	}
	dst = append(dst, byte(min(len(text)-done, lengthMask)<<4))
	return append(appendLength(dst, len(text)-done), text[done:]...)
}

// alike is how many bytes at the beginning of two ids are the same.
func alike(ids *[2 * idSize]byte) int {
	for n := 0; n < idSize; n += word {
		if differ := binary.LittleEndian.Uint64(ids[n:]) ^ binary.LittleEndian.Uint64(ids[n+idSize:]); differ != 0 {
			return n + bits.TrailingZeros64(differ)/8
		}
	}
	return idSize
}

// appendShort appends a sequence of less than lengthMask literals, the first of text, and a match.
func appendShort(dst []byte, text *[2 * word]byte, literals, match int) []byte {
	dst = append(dst, byte(literals<<4|min(match-minMatch, lengthMask)))
	end := len(dst) + literals
	dst = append(dst, text[:]...)[:end]
	return appendOffset(dst, match)
}

// appendOffset appends where a match begins and what the token cannot say of its length.
func appendOffset(dst []byte, match int) []byte {
	if match < minMatch+lengthMask {
		return append(dst, idSize, 0)
	}
	return append(dst, idSize, 0, byte(match-minMatch-lengthMask))
}

// appendLength appends what a token cannot say of a length.
func appendLength(dst []byte, n int) []byte {
	if n < lengthMask {
		return dst
	}
	for n -= lengthMask; n >= 255; n -= 255 {
		dst = append(dst, 255)
	}
	return append(dst, byte(n))
}
