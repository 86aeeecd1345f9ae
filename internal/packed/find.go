package packed

import (
	"encoding/binary"
	"math/bits"
)

const (
	word = 8
	// tableBits makes a table of 4 KiB, which stays in the processor's nearest cache.
	tableBits = 11
	// minFound is the shortest repetition that Find takes: shorter ones cost readers more
	// than they save.
	minFound = 7
	// skipped is how many bytes behind a repetition are not looked at: what differs between
	// lines is mostly longer, and what is not is found backwards.
	skipped = 2
	// patience is how many bytes without a repetition are looked at one by one.
	patience = 5 // as a power of two
)

// finder finds repetitions among those stretches of the text that were given to Find. It has
// these at their positions, and nothing of the text between them.
type finder struct {
	text  [BlockSize + 4*word]byte
	table [1 << tableBits]uint16 // by hash, a position; 0: none
}

func (f *finder) forget() { clear(f.table[:]) }

// Room is where the next stretch of text can be put for Find: memory for n bytes and a word
// more, or nil if the block has no room for so many.
func (w *Writer) Room(n int) []byte {
	if w.at < 1 || w.at+n > BlockSize {
		return nil
	}
	return w.finder.text[w.at : w.at+n+word : w.at+n+word]
}

// Part repeats n bytes of a stretch, or writes them again if they are few.
func (w *Writer) Part(from, n int) {
	if n > few {
		w.Copy(from, n)
		return
	}
	w.Literal16(binary.LittleEndian.Uint64(w.finder.text[from:]), 0, n)
}

// few is the most bytes that are cheaper written once more than pointed to; at most a word.
const few = 5

// Find appends the n bytes that were put where Room said, which hold no zero byte, and finds
// by itself what stood in such stretches before.
func (w *Writer) Find(n int) {
	text, table := &w.finder.text, &w.finder.table
	begin, end := w.at, w.at+n
	// No byte of the text is zero: what is compared with the stretch ends where it ends.
	text[begin-1] = 0
	binary.LittleEndian.PutUint64(text[end:], 0)
	anchor := begin // of what is not written yet
	for p := begin; p <= end-word; {
		here := binary.LittleEndian.Uint64(text[p:])
		h := hash(here)
		c := int(table[h])
		table[h] = uint16(p)
		if (here^binary.LittleEndian.Uint64(text[c:]))<<(64-8*minFound) != 0 {
			p += 1 + (p-anchor)>>patience
			continue
		}
		n := minFound + same(text[:], c+minFound, p+minFound, end)
		for p > anchor && text[p-1] == text[c-1] {
			p, c, n = p-1, c-1, n+1
		}
		if anchor < p {
			w.stretch(anchor, p)
		}
		w.Copy(c, n)
		p += n
		anchor = p
		if p > end-word {
			break
		}
		table[hash(binary.LittleEndian.Uint64(text[p-2:]))] = uint16(p - 2)
		p += skipped
	}
	if anchor < end {
		w.stretch(anchor, end)
	}
}

// stretch appends literals that are at their position.
func (w *Writer) stretch(from, to int) {
	n := to - from
	at := w.room(n)
	text := w.finder.text[from:]
	binary.LittleEndian.PutUint64(w.data[at:], binary.LittleEndian.Uint64(text))
	binary.LittleEndian.PutUint64(w.data[at+word:], binary.LittleEndian.Uint64(text[word:]))
	if n > 2*word {
		copy(w.data[at+2*word:], text[2*word:n])
	}
}

// hash is of the six bytes that come first.
func hash(eight uint64) uint64 {
	return eight << (64 - 8*minFound) * 0x9e3779b97f4a7c15 >> (64 - tableBits)
}

// same counts the bytes from a on that are those from b on, before the end.
func same(text []byte, a, b, end int) (n int) {
	for b+n+word <= end {
		if x := binary.LittleEndian.Uint64(text[a+n:]) ^ binary.LittleEndian.Uint64(text[b+n:]); x != 0 {
			return n + bits.TrailingZeros64(x)>>3
		}
		n += word
	}
	for b+n < end && text[a+n] == text[b+n] {
		n++
	}
	return n
}
