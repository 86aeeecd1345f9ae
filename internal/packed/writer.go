package packed

import (
	"encoding/binary"
	"slices"
	"sync/atomic"
)

const (
	// MaxBlock is the most that Fits lets a block have. Data of nothing but literals is a
	// little longer than the text, and no block may be longer than BlockSize.
	MaxBlock = BlockSize - 1<<10
	// minMatch is the shortest repetition that LZ4 can express.
	minMatch = 4
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
	at    int    // length of the block's text
	token uint16 // where in data the open sequence begins, which has literals alone
	last  uint16 // where data ends: its last byte

	// Of the repetition at hand, which is written but may go on.
	back   int    // how far before it its source is; 0: there is none
	start  int    // where in the text it begins
	of     uint16 // where in data its sequence begins
	behind uint16 // the last literal there

	epoch  uint32
	size   int    // text of finished blocks
	out    []byte // finished blocks, behind room for the head of an envelope
	memory *[]byte
	finder finder
	data   *blockData // of the block at work, behind out and room for a length
}

// blockData is more than the data of a block can have.
type blockData [BlockSize + Brief]byte

// lengthSize is what the length of a block takes before its data.
const lengthSize = 4

// NewWriter returns a Writer with an empty text.
func NewWriter() *Writer {
	w := &Writer{memory: new([]byte)}
	w.Reset()
	return w
}

// Reset begins a new text in the memory of the last one.
func (w *Writer) Reset() {
	w.out, w.size = append(w.out[:0], make([]byte, head)...), 0
	w.begin()
}

// begin begins a block.
func (w *Writer) begin() {
	w.token, w.last, w.at, w.back = 0, 0, 0, 0
	w.out = slices.Grow(w.out, lengthSize+len(w.data))
	w.data = (*blockData)(w.out[len(w.out)+lengthSize : cap(w.out)])
	w.data[0] = 0
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
	at, token, last, data := w.at, w.token, w.last, w.data
	w.at += n
	back := at - from
	if back == w.back { // it goes on
		n += at - w.start
		at = w.start
		token, last = w.again()
	}
	w.back, w.start, w.of, w.behind = back, at, token, last
	if last > full {
		return
	}
	if rest := w.match(data, data[token], token, last, back, n); rest >= most {
		w.lengthen(rest)
	}
}

// CopyTwo is Copy of n bytes and then of m bytes from somewhere else, with which no repetition goes on.
func (w *Writer) CopyTwo(from, n, then, m int) {
	at, token, last, data := w.at, w.token, w.last, w.data
	middle := at + n
	w.at = middle + m
	back := at - from
	if back == w.back {
		n += at - w.start
		token, last = w.again()
	}
	w.back = 0
	if last > full {
		return
	}
	if rest := w.match(data, data[token], token, last, back, n); rest >= most {
		w.lengthen(rest)
	}
	token, back = w.token, middle-then
	w.back, w.start, w.of, w.behind = back, middle, token, token
	if rest := w.match(data, 0, token, token, back, m); rest >= most {
		w.lengthen(rest)
	}
}

// Literal appends text.
func (w *Writer) Literal(text []byte) {
	at := w.room(len(text))
	copy(w.data[at:], text)
}

// Brief is how many bytes LiteralBrief looks at.
const Brief = 4 * word

// LiteralBrief appends the first n bytes of a text, at most all; it is cheaper than Literal, for it copies all.
func (w *Writer) LiteralBrief(text *[Brief]byte, n int) {
	at := int(w.room(n))
	*(*[Brief / 2]byte)(w.data[at:]) = *(*[Brief / 2]byte)(text[:])
	*(*[Brief / 2]byte)(w.data[at+Brief/2:]) = *(*[Brief / 2]byte)(text[Brief/2:]) // copied as one, it is a call
}

// LiteralByte appends one byte.
func (w *Writer) LiteralByte(c byte) { w.data[w.room(1)] = c }

// Literal16 appends the first n of 16 bytes.
func (w *Writer) Literal16(a, b uint64, n int) {
	at := w.room(n)
	binary.LittleEndian.PutUint64(w.data[at:], a)
	binary.LittleEndian.PutUint64(w.data[int(at)+word:], b)
}

// Short appends n bytes, at most 16, of which head and tail are the first and the last eight:
// the same bytes where they are fewer. Of less than eight they are the first and the last
// four, of less than four the lowest of head are all.
func (w *Writer) Short(head, tail uint64, n int) {
	at := w.room(n)
	if n >= word {
		binary.LittleEndian.PutUint64(w.data[at:], head)
		binary.LittleEndian.PutUint64(w.data[int(at)+n-word:], tail)
		return
	}
	binary.LittleEndian.PutUint32(w.data[at:], uint32(head))
	if n >= 4 {
		binary.LittleEndian.PutUint32(w.data[int(at)+n-4:], uint32(tail))
	}
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
	n := int(w.last) + 1 // they are where they stay
	w.out = binary.LittleEndian.AppendUint32(w.out, uint32(n))
	w.out = w.out[:len(w.out)+n]
	w.size += w.at
	w.at = 0
}

// Finish ends the text and returns it, in memory of its own, and begins a new text.
func (w *Writer) Finish() Text {
	w.finish()
	if text := (Text{Blocks: w.out[head:], Size: w.size}); text.EnvelopeSize() <= briefRoom {
		text = text.brief()
		w.Reset()
		return text
	}
	*w.memory = w.out
	text := Text{Blocks: w.out[head:], Size: w.size, memory: w.memory}
	w.memory = memories.Get().(*[]byte)
	w.out = *w.memory
	w.Reset()
	return text
}

// Mark is a moment of a writer at which no repetition is at hand.
type Mark struct {
	token, last uint16
	at          int
}

// Mark is the present moment. The last that was written is a literal, or nothing.
func (w *Writer) Mark() Mark { return Mark{w.token, w.last, w.at} }

// Back forgets all that the block has got since a mark, and with it what the caller knows
// of positions: the epoch is another.
func (w *Writer) Back(to Mark) {
	first := int(to.token) + 1
	had, has := lengthBytes(int(to.last-to.token)), 0 // of the mark's sequence, then and now
	if w.data[to.token]>>4 == lengthMask {
		for has = 1; w.data[first+has-1] == 255; {
			has++
		}
	}
	copy(w.data[first+had:to.last+1], w.data[first+has:])
	w.token, w.last, w.at, w.back = to.token, to.last, to.at, 0
	if literals := int(to.last-to.token) - had; had > 0 {
		w.putLiterals(literals)
	} else {
		w.data[w.token] = byte(literals << 4)
	}
	w.epoch = newEpoch()
	w.finder.forget()
}
