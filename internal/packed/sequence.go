package packed

import "encoding/binary"

// An LZ4 sequence is a token, literals, and a match. The token has half a byte for the number
// of each; what is more than that goes into bytes of its own, before the literals and behind
// the match.
const (
	// lengthMask is the most that a length in a token says.
	lengthMask = 15
	// full is more than the data of a block can have that Fits. What begins behind it is not
	// written. What begins before it ends in the slack, at a position of 16 bits.
	full  = BlockSize - 768
	slack = 512
)

// match writes down the match of the open sequence, up to where it ends. It returns the last byte of data, and what
// of the match's length has no place in the token: less than zero if all of it has.
func (w *Writer) match(end int) (last uint, rest int) {
	length := end - w.start
	w.data[w.token] |= byte(min(length, minMatch+lengthMask) - minMatch)
	last, rest = uint(w.last), length-(minMatch+lengthMask)
	// The byte behind the offset is the rest of the length, or the next token.
	binary.LittleEndian.PutUint32(w.data[last+1:], uint32(w.back)|uint32(rest)<<16)
	return last + 2, rest
}

// open opens a sequence behind what is left of a match.
func (w *Writer) open(last uint, rest int) {
	for ; rest >= 255 && last < full+slack; rest -= 255 {
		last++
		w.data[last] = 255
		w.data[last+1] = byte(rest - 255)
	}
	last += uint(2 + rest>>63) // one byte less if all of the length is in the token
	w.data[uint16(last)] = 0
	w.token, w.last = uint16(last), uint16(last)
}

// room returns where in data n more literals go.
func (w *Writer) room(n int) uint16 {
	if w.back != 0 {
		if w.last <= full {
			w.open(w.match(w.at))
		}
		w.back = 0
	}
	w.at += n
	last, literals := int(w.last), int(w.last)-int(w.token)+n
	if literals >= lengthMask {
		return w.many(n)
	}
	w.data[w.token] = byte(literals << 4)
	w.last = uint16(last + n)
	return uint16(last + 1)
}

// many is room for more literals than the token can say, or than the block can have. It
// writes down how many there are.
func (w *Writer) many(n int) uint16 {
	had := lengthBytes(int(w.last - w.token))
	literals := int(w.last-w.token) - had + n
	extra := (literals-lengthMask)/255 + 1
	last := int(w.last) + extra - had
	if last+n > full {
		return full // nobody will read it: see Fits
	}
	first := int(w.token) + 1
	if extra != had && w.last != w.token {
		copy(w.data[first+extra:], w.data[first+had:int(w.last)+1])
	}
	w.putLiterals(literals)
	w.last = uint16(last + n)
	return uint16(last + 1)
}

// lengthBytes is how many of n bytes behind a token say how many literals the others are.
func lengthBytes(n int) int {
	if n < lengthMask {
		return 0
	}
	return (n-lengthMask-1)/256 + 1
}

// putLiterals writes a number of literals that is more than a token can say.
func (w *Writer) putLiterals(n int) {
	w.data[w.token] = lengthMask << 4
	at := int(w.token) + 1
	for n -= lengthMask; n >= 255; n -= 255 {
		w.data[at] = 255
		at++
	}
	w.data[at] = byte(n)
}
