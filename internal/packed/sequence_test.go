package packed_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/millrace/millrace/internal/packed"
)

// opening is text for repetitions, which begins a block.
const opening = "0123456789abcdef0123456789ABCDEF"

// noise is text in which nothing is known; some of it is read beyond its end.
func noise(n int) []byte {
	text := make([]byte, n, n+16)
	for i := range text {
		text[i] = byte(rand.Uint32())
	}
	return text
}

// pieces writes text as literals of many lengths.
func pieces(w *packed.Writer, text []byte) {
	for len(text) > 0 {
		n := min(len(text), 1+rand.IntN(1+rand.IntN(400)))
		switch ends := text[:n+16]; {
		case n == 1:
			w.LiteralByte(text[0])
		case n <= 16:
			w.Literal16(binary.LittleEndian.Uint64(ends), binary.LittleEndian.Uint64(ends[8:]), n)
		default:
			w.Literal(text[:n])
		}
		text = text[n:]
	}
}

// comesBack finishes a text and compares it with what it should be.
func comesBack(t *testing.T, w *packed.Writer, parts ...[]byte) {
	t.Helper()
	want := slices.Concat(parts...)
	text := w.Finish()
	got, err := text.Append(nil)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%v; %d bytes, want %d others", err, len(got), len(want))
	}
	checkBlocks(t, text.Blocks)
	checkFrame(t, text, want)
}

func TestLiteralsOfAnyNumberComeBack(t *testing.T) {
	w := packed.NewWriter()
	for n := range 1100 {
		first, second := noise(n), noise(20)
		w.Literal([]byte(opening))
		w.Copy(0, 5)
		pieces(w, first)
		w.Copy(9, 7)
		pieces(w, second)
		comesBack(t, w, []byte(opening), []byte(opening[:5]), first, []byte(opening[9:16]), second)
	}
}

func TestMatchesOfAnyLengthComeBack(t *testing.T) {
	w := packed.NewWriter()
	for n := 4; n < 1100; n++ {
		first := noise(1100)
		w.Literal(first)
		w.Copy(0, n)
		w.Copy(7, n)
		w.Literal(first[:20])
		comesBack(t, w, first, first[:n], first[7:min(7+n, 1100)], first[:max(0, 7+n-1100)], first[:20])
	}
}

func TestGoingBackIntoLiteralsLeavesThoseBefore(t *testing.T) {
	w := packed.NewWriter()
	for n := range 3000 {
		first, second := noise(n%600), noise(rand.IntN(20)+12)
		w.Literal([]byte(opening))
		w.Copy(0, 5)
		pieces(w, first)
		if n%600 == 0 {
			w.LiteralByte('!')
			first = []byte("!")
		}
		mark := w.Mark()
		pieces(w, noise(rand.IntN(900)))
		if n%2 == 0 {
			w.Copy(1, 4+rand.IntN(500))
			pieces(w, noise(rand.IntN(900)))
		}
		w.Back(mark)
		pieces(w, second)
		comesBack(t, w, []byte(opening), []byte(opening[:5]), first, second)
	}
}

func TestWhatDoesNotFitIsForgotten(t *testing.T) {
	long := noise(packed.BlockSize * 2)
	for name, overflow := range map[string]func(*packed.Writer){
		"a long literal": func(w *packed.Writer) { w.Literal(long) },
		"many literals":  func(w *packed.Writer) { pieces(w, long) },
		"a long match":   func(w *packed.Writer) { w.Copy(3, packed.BlockSize*2); w.LiteralByte('x') },
		"many matches": func(w *packed.Writer) {
			for i := range packed.BlockSize {
				w.Copy(i%3, 4)
			}
		},
		"many stretches": func(w *packed.Writer) {
			for i := 0; w.At() < packed.BlockSize; i += 30 {
				text := slices.Concat(bytes.ReplaceAll(long[i:i+i%20], []byte{0}, []byte{1}), []byte(opening[i%9:]))
				if room := w.Room(len(text)); room != nil {
					copy(room, text)
					w.Find(len(text))
				}
				w.LiteralByte('|')
			}
		},
		"all of them": func(w *packed.Writer) {
			for i := range packed.BlockSize / 10 {
				w.Copy(i, 4+i)
				w.Short(1, 2, i%17)
				pieces(w, long[i:i*2])
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := packed.NewWriter()
			for _, n := range []int{0, 100, packed.MaxBlock - 2000, packed.MaxBlock - 100, packed.MaxBlock - len(opening)} {
				first := noise(n)
				w.Literal([]byte(opening))
				pieces(w, first)
				if !w.Fits() {
					t.Fatalf("%d bytes do not fit", w.At())
				}
				mark := w.Mark()
				if overflow(w); w.Fits() {
					t.Fatalf("%d bytes fit", w.At())
				}
				w.Back(mark)
				comesBack(t, w, []byte(opening), first)
			}
		})
	}
}
