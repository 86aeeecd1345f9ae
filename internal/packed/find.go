package packed

import (
	"encoding/binary"
	"math/bits"
)

const (
	// word is the shortest repetition that Find takes: shorter ones cost readers more than they
	// save.
	word = 8
	// tableBits makes a table of 2 KiB. One that is twice as large finds more in text that is all message, but hardly any in
	// documents, of which a block has some 60, and other things have to make room for it in the processor's nearest cache.
	tableBits = 10
	// skipped is how many bytes behind a repetition are not looked at: what differs between
	// lines is mostly longer, and what is not is found backwards.
	skipped = 2
	// patience is how many bytes without a repetition are looked at one by one.
	patience = 5 // as a power of two

	// A word times mix has its slot of the table in its highest bits.
	mix, slotShift = 0x9e3779b97f4a7c15, 64 - tableBits
)

// finder finds repetitions among those stretches of the text that were given to Find. It has
// these at their positions, and nothing of the text between them.
type finder struct {
	text  stretches
	table [1 << tableBits]uint16 // by word, a position; 0: none
}

// stretches have the byte at a position behind lead others, and some bytes behind all.
type stretches [lead + BlockSize + 4*word]byte

const lead = word

func (f *finder) forget() { clear(f.table[:]) }

// Room is where the next stretch of text can be put for Find: memory for n bytes and a word
// more, or nil if the block has no room for so many.
func (w *Writer) Room(n int) []byte {
	at := w.at + lead
	if at < lead+1 || at+n > lead+BlockSize {
		return nil
	}
	return w.finder.text[at : at+n+word : at+n+word]
}

// Part repeats n bytes of a stretch, or writes them again if they are few.
func (w *Writer) Part(from, n int) {
	if n > few {
		w.Copy(from, n)
		return
	}
	w.Literal16(binary.LittleEndian.Uint64(w.finder.text[lead+from:]), 0, n)
}

// few is the most bytes that are cheaper written once more than pointed to; at most a word.
const few = 5

// Find appends the n bytes that were put where Room said, which hold no zero byte, and finds
// by itself what stood in such stretches before.
func (w *Writer) Find(n int) {
	text, table := &w.finder.text, &w.finder.table
	begin, end := uint(w.at), uint(w.at+n)
	if begin > end || end > BlockSize {
		return // Room has said no
	}
	// No byte of the text is zero: what is compared with the stretch ends where it ends.
	text[lead+begin-1] = 0
	binary.LittleEndian.PutUint64(text[lead+end:], 0)
	last := max(end, word) - word
	anchor, p := begin, begin // what is not written yet, and where it is looked at
	if w.finder.unknown(p) {
		p += 1 + word // most stretches that begin anew go on so; what does not is found backwards
	}
	for {
		c, vain := uint(0), uint(1)<<patience // vain counts on while nothing is found
		for {
			if p > last {
				w.stretch(int(end - anchor))
				return
			}
			here := binary.LittleEndian.Uint64(text[lead+p:])
			slot := here * mix >> slotShift
			c = uint(table[slot])
			table[slot] = uint16(p)
			if binary.LittleEndian.Uint64(text[lead+c:]) == here {
				break
			}
			p += vain >> patience
			vain++
		}
		past := text.same(c+word, p+word, end)
		before := min(p-anchor, text.sameBefore(c, p))
		w.sequence(int(p-before-anchor), int(c-before), int(past-p+before))
		anchor, p = past, past+skipped
	}
}

// unknown reports whether the word at p is new, and takes note of it if it is. A word that ends
// beyond its stretch does no harm: it has a zero byte, and none that is looked for later has.
func (f *finder) unknown(p uint) bool {
	here := binary.LittleEndian.Uint64(f.text[lead+p:])
	at := &f.table[here*mix>>slotShift]
	if binary.LittleEndian.Uint64(f.text[lead+uint(*at):]) == here {
		return false
	}
	*at = uint16(p)
	return true
}

// sequence is stretch and Copy. The usual case is one sequence of a few literals, which is
// written at once.
func (w *Writer) sequence(n, from, length int) {
	token, data := w.token, w.data
	if n <= 0 || n >= lengthMask || w.last != token || token > full {
		w.stretch(n)
		w.Copy(from, length)
		return
	}
	w.put(data, token+1, uint(w.at))
	at, last := w.at+n, token+uint16(n)
	w.at = at + length
	w.back, w.start, w.of, w.behind = at-from, at, token, last
	if rest := w.match(data, byte(n<<4), token, last, at-from, length); rest >= most {
		w.lengthen(rest)
	}
}

// stretch appends n literals that are at their position.
func (w *Writer) stretch(n int) {
	if n <= 0 {
		return
	}
	from := uint(w.at)
	at := w.room(n)
	w.put(w.data, at, from)
	if n > 2*word {
		copy(w.data[int(at)+2*word:], w.finder.text[lead+from+2*word:][:n-2*word])
	}
}

// put puts 16 bytes of the stretch at a position where they belong in data.
func (w *Writer) put(data *blockData, at uint16, from uint) {
	*(*[2 * word]byte)(data[at:]) = *(*[2 * word]byte)(w.finder.text[lead+from%BlockSize:])
}

// same returns where the bytes from p on are no longer those from c on, at the end at the
// latest. It looks at two words a time, which is as much as can be put in line.
func (s *stretches) same(c, p, end uint) uint {
	x := uint64(0)
	for p < end && c < BlockSize {
		if x = binary.LittleEndian.Uint64(s[lead+c:]) ^ binary.LittleEndian.Uint64(s[lead+p:]); x != 0 {
			break
		}
		p += word
		if x = binary.LittleEndian.Uint64(s[lead+c+word:]) ^ binary.LittleEndian.Uint64(s[lead+p:]); x != 0 {
			break
		}
		p += word
		c += 2 * word
	}
	return min(p+uint(bits.TrailingZeros64(x))>>3, end)
}

// sameBefore returns how many bytes before p are those before c, of up to a word.
func (s *stretches) sameBefore(c, p uint) uint {
	x := binary.LittleEndian.Uint64(s[c:]) ^ binary.LittleEndian.Uint64(s[p:])
	return uint(bits.LeadingZeros64(x)) >> 3
}
