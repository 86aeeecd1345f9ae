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

// match gives a sequence its match, which stands behind its literals, and opens the next sequence. What its token says of the
// literals is known. It returns what of the match's length takes more bytes than there are now: see lengthen.
func (w *Writer) match(data *blockData, literals byte, token, last uint16, back, length int) (rest int) {
	rest = length - (minMatch + lengthMask)
	brief := rest >> 63 // all bits if the token can say the length, or none
	missing := rest & brief
	rest ^= missing
	data[token] = literals | byte(lengthMask+missing)
	// The byte behind the offset is the rest of the length, or the next token.
	binary.LittleEndian.PutUint32(data[uint(last)+1:], uint32(back)|uint32(rest)<<16)
	next := uint16(uint(last) + 4 + uint(brief))
	w.token, w.last = next, next
	return rest
}

// most is the most that one byte says of a length. If it says that, another follows.
const most = 255

// lengthen writes the rest of a length of which one byte does not say all, and opens the next sequence behind it.
func (w *Writer) lengthen(rest int) {
	next := uint(w.token)
	for ; rest >= most && next < full+slack; next++ {
		rest -= most
		w.data[uint16(next-1)] = most
		binary.LittleEndian.PutUint16(w.data[next:], uint16(rest)) // the last byte, and a token
	}
	w.token, w.last = uint16(next), uint16(next)
}

// again takes the match from the sequence of the repetition at hand, which gets a longer one.
func (w *Writer) again() (token, last uint16) {
	w.data[w.of] &^= lengthMask
	return w.of, w.behind
}

// room returns where in data n more literals go.
func (w *Writer) room(n int) uint16 {
	w.back = 0
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
	had, first, last := int(w.last)-int(w.token), int(w.token)+1, int(w.last)
	switch length := int(w.data[first]) + n; {
	case last+1+n > full:
		return full // nobody will read it: see Fits
	case had >= lengthMask && length < most:
		w.data[first] = byte(length)
	case had < lengthMask && had+n < lengthMask+most: // those that are there make room for a length
		*(*[2 * word]byte)(w.data[first+1:]) = *(*[2 * word]byte)(w.data[first:])
		w.data[first-1], w.data[first] = lengthMask<<4, byte(had+n-lengthMask)
		last++
	default:
		return w.more(n)
	}
	w.last = uint16(last + n)
	return uint16(last + 1)
}

// more is many where the length takes more than a byte.
func (w *Writer) more(n int) uint16 {
	had := lengthBytes(int(w.last - w.token))
	literals := int(w.last-w.token) - had + n
	extra := (literals-lengthMask)/most + 1
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
	for n -= lengthMask; n >= most; n -= most {
		w.data[at] = most
		at++
	}
	w.data[at] = byte(n)
}
