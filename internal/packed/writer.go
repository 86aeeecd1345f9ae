package packed

import (
	"encoding/binary"
	"sync/atomic"
)

const (
	// MaxBlock is the most that Fits lets a block have. Data of nothing but literals is a
	// little longer than the text, and no block may be longer than BlockSize.
	MaxBlock = BlockSize - 512
	// minMatch is the shortest repetition that LZ4 can express.
	minMatch = 4
	// dataRoom is what the data of a block can have, and of what is written beyond its end
	// before somebody asks whether it fits.
	dataRoom = BlockSize + 4<<10
	// lengthMask is the most that a length in a token says; more goes into bytes of its own.
	lengthMask = 15
)

// epochs numbers the blocks of all writers, so that a position is never taken for one in
// another block. No block has the number 0.
var epochs atomic.Uint32

func newEpoch() uint32 {
	for {
		if epoch := epochs.Add(1); epoch != 0 {
			return epoch
		}
	}
}

// Writer writes text that repeats itself in ways its caller knows. The caller says what is
// new (Literal) and what has stood in the block before (Copy); Find looks for repetitions in
// a stretch of which nothing is known. Positions count bytes of the block's text.
//
// A block may end where at least five bytes were literals, and what was copied last began
// at least twelve before (LZ4's rule for the end of blocks); the caller sees to it. What
// does not fit into a block any more is not written: the caller asks Fits, and goes Back.
//
// The zero value is not ready: see NewWriter. Not safe for concurrent use.
type Writer struct {
	// An LZ4 sequence is a token, literals, and a match. The open one has its token and its
	// literals in data; its match, if it has one, grows until something else comes.
	at    int // length of the block's text
	end   int // where the source of the match ends; none: no match
	start int // where in the text the match begins
	lits  int // where in the text the literals begin
	token int // where in data the token is
	n     int // length of data

	epoch  uint32
	size   int    // text of finished blocks
	out    []byte // finished blocks
	memory *[]byte
	finder finder
	data   [dataRoom]byte // of the block at work
}

const none = -1

// NewWriter returns a Writer with an empty text.
func NewWriter() *Writer {
	w := &Writer{memory: new([]byte)}
	w.Reset()
	return w
}

// Reset begins a new text in the memory of the last one.
func (w *Writer) Reset() {
	w.out, w.size = w.out[:0], 0
	w.begin()
}

// begin begins a block.
func (w *Writer) begin() {
	w.token, w.n, w.at, w.lits, w.end = 0, 1, 0, 0, none
	w.epoch = newEpoch()
	w.finder.forget()
}

// Epoch names the block at work. Positions of another epoch mean nothing in it.
func (w *Writer) Epoch() uint32 { return w.epoch }

// At is the position at which the next byte goes.
func (w *Writer) At() int { return w.at }

// Size is how many bytes the whole text has so far.
func (w *Writer) Size() int { return w.size + w.at }

// Fits reports whether all of the block at work is written.
func (w *Writer) Fits() bool { return w.at <= MaxBlock }

// Copy repeats the n bytes from a position on; at least four if the repetition at hand does
// not end there.
func (w *Writer) Copy(from, n int) {
	if w.end != from {
		if w.end >= 0 {
			w.seal()
		}
		w.start, w.end = w.at, from
	}
	w.end += n
	w.at += n
}

// Extend goes on with the repetition at hand if its source goes on at from. It reports
// whether it did.
func (w *Writer) Extend(from, n int) bool {
	if w.end != from {
		return false
	}
	w.end += n
	w.at += n
	return true
}

// Continue is Extend where a repetition is at hand whose source is known to go on.
func (w *Writer) Continue(n int) {
	w.end += n
	w.at += n
}

// Literal appends text.
func (w *Writer) Literal(text []byte) {
	if w.end >= 0 {
		w.seal()
	}
	if w.at += len(text); w.n+len(text) > dataRoom-slack {
		return // it does not fit: see Fits
	}
	w.n += copy(w.data[w.n:], text)
}

// LiteralByte appends one byte.
func (w *Writer) LiteralByte(c byte) {
	if w.end >= 0 {
		w.seal()
	}
	if w.at++; w.n <= dataRoom-slack {
		w.data[w.n] = c
		w.n++
	}
}

// Literal16 appends the first n of 16 bytes.
func (w *Writer) Literal16(a, b uint64, n int) {
	if w.end >= 0 {
		w.seal()
	}
	if w.n > dataRoom-slack {
		w.at += n
		return
	}
	binary.LittleEndian.PutUint64(w.data[w.n:], a)
	binary.LittleEndian.PutUint64(w.data[w.n+word:], b)
	w.at += n
	w.n += n
}

// Short appends n bytes, at most 16, of which head and tail are the first and the last eight:
// the same bytes where they are fewer. Of less than eight they are the first and the last
// four, of less than four the lowest of head are all.
func (w *Writer) Short(head, tail uint64, n int) {
	if w.end >= 0 {
		w.seal()
	}
	w.at += n
	at := w.n
	if at > dataRoom-slack {
		return
	}
	if n >= word {
		binary.LittleEndian.PutUint64(w.data[at:], head)
		binary.LittleEndian.PutUint64(w.data[at+n-word:], tail)
	} else {
		binary.LittleEndian.PutUint32(w.data[at:], uint32(head))
		if n >= 4 {
			binary.LittleEndian.PutUint32(w.data[at+n-4:], uint32(tail))
		}
	}
	w.n = at + n
}

// slack is what a sequence takes besides its literals, and bytes that are written beyond them.
const slack = 1 << 10

// seal writes down the sequence at hand and opens the next.
func (w *Writer) seal() {
	literals, match, n := w.start-w.lits, w.at-w.start-minMatch, w.n
	if w.at > BlockSize {
		w.lits, w.end = w.at, none
		return // nobody will read it: see Fits
	}
	offset := uint16(w.at - w.end)
	w.lits, w.end = w.at, none
	if literals < lengthMask && match < lengthMask+255 {
		w.data[w.token] = byte(literals<<4 | min(match, lengthMask))
		// The byte behind the offset is part of the match's length, or the next token.
		binary.LittleEndian.PutUint32(w.data[n:], uint32(offset)|uint32(match-lengthMask)<<16)
		n += 2
		if match >= lengthMask {
			n++
		}
		w.token, w.n = n, n+1
		return
	}
	if literals < lengthMask {
		w.data[w.token] = byte(literals<<4 | lengthMask)
	} else {
		n = w.manyLiterals(n, literals, match)
	}
	binary.LittleEndian.PutUint16(w.data[n:], offset)
	n += 2
	for match -= lengthMask; match >= 0; match -= 255 {
		w.data[n] = byte(min(match, 255))
		n++
	}
	w.token, w.n = n, n+1
}

// manyLiterals writes a token whose literals need room for their number before them. It
// returns the new length of data.
func (w *Writer) manyLiterals(n, literals, match int) int {
	first, extra := w.token+1, (literals-lengthMask)/255+1
	w.data[w.token] = byte(lengthMask<<4 | max(0, min(match, lengthMask)))
	copy(w.data[first+extra:], w.data[first:n])
	at := first
	for left := literals - lengthMask; left >= 0; left -= 255 {
		w.data[at] = byte(min(left, 255))
		at++
	}
	return n + extra
}

// Next ends the block at work and begins another.
func (w *Writer) Next() {
	w.finish()
	w.begin()
}

// finish ends the block, whose last sequence has literals alone.
func (w *Writer) finish() {
	if w.at == 0 {
		return
	}
	n := w.n
	if literals := w.at - w.lits; literals < lengthMask {
		w.data[w.token] = byte(literals << 4)
	} else {
		n = w.manyLiterals(n, literals, 0)
	}
	w.out = binary.LittleEndian.AppendUint32(w.out, uint32(n))
	w.out = append(w.out, w.data[:n]...)
	w.size += w.at
	w.at = 0
}

// Finish ends the text and returns it, in memory of its own, and begins a new text.
func (w *Writer) Finish() Text {
	w.finish()
	text := Text{Blocks: w.out, Size: w.size, memory: w.memory}
	w.memory = memories.Get().(*[]byte)
	w.out = *w.memory
	w.Reset()
	return text
}

// Mark is a moment of a writer at which no repetition is at hand.
type Mark struct{ token, lits, at int }

// Mark is the present moment. The last that was written is a literal, or nothing.
func (w *Writer) Mark() Mark { return Mark{w.token, w.lits, w.at} }

// Back forgets all that the block has got since a mark, and with it what the caller knows
// of positions: the epoch is another.
func (w *Writer) Back(to Mark) {
	first, literals := to.token+1, to.at-to.lits
	if w.token != to.token { // its sequence was sealed: its literals may have moved
		skip := 0
		if w.data[to.token]>>4 == lengthMask {
			for skip = 1; w.data[to.token+skip] == 255; {
				skip++
			}
		}
		copy(w.data[first:], w.data[first+skip:first+skip+literals])
	}
	w.token, w.n, w.lits, w.at, w.end = to.token, first+literals, to.lits, to.at, none
	w.epoch = newEpoch()
	w.finder.forget()
}
