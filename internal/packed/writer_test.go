package packed_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pierrec/lz4/v4"

	"github.com/millrace/millrace/internal/packed"
)

// script writes text to a writer as a caller that knows its repetitions, and to a model of it.
type script struct {
	*rand.Rand
	w      *packed.Writer
	before []byte // text of the blocks that are done
	block  []byte
}

var words = []string{"alpha", "beta-gamma", "x", "0123456789", strings.Repeat("long ", 80)}

// line writes a line that ends as the writer's contract wants it. It goes back, and to the next block, if it does not fit.
func (s *script) line(t testing.TB) {
	mark, at := s.w.Mark(), len(s.block)
	for range 1 + s.IntN(30) {
		s.piece()
	}
	s.literal("the end.\n")
	switch {
	case !s.w.Fits():
		s.w.Back(mark)
		s.block = s.block[:at]
		s.next()
	case s.IntN(20) == 0:
		s.w.Back(mark)
		s.block = s.block[:at]
	}
	if s.w.At() != len(s.block) || s.w.Size() != len(s.before)+len(s.block) {
		t.Fatalf("at %d of %d, size %d", s.w.At(), len(s.block), s.w.Size())
	}
}

func (s *script) next() {
	s.w.Next()
	s.before, s.block = append(s.before, s.block...), s.block[:0]
}

func (s *script) literal(text string) {
	s.w.Literal([]byte(text))
	s.block = append(s.block, text...)
}

func (s *script) repeat(from, n int) {
	for i := range n {
		s.block = append(s.block, s.block[from+i])
	}
}

func (s *script) piece() {
	text := words[s.IntN(len(words))]
	switch at, kind := len(s.block), s.IntN(12); {
	case kind == 0 && at > 20:
		from, n, then, m := s.IntN(at-8), 4+s.IntN(400), s.IntN(at-8), 4+s.IntN(400)
		s.w.CopyTwo(from, n, then, m)
		s.repeat(from, n)
		s.repeat(then, m)
	case kind < 3 && at > 20:
		n := 4 + s.IntN(at-4)%(1+s.IntN(600))
		from := s.IntN(at - n + 1)
		s.w.Copy(from, n)
		s.repeat(from, n)
		if more := min(3, at-from-n); more > 0 {
			s.w.Copy(from+n, more)
			s.repeat(from+n, more)
		}
	case kind < 6:
		s.literal(`"`) // what Find is given lies apart
		text = strings.Repeat(text, 1+s.IntN(3)) + fmt.Sprint(s.IntN(9))
		if room := s.w.Room(len(text)); room != nil {
			copy(room, text)
			s.w.Find(len(text))
		} else {
			s.w.Literal([]byte(text))
		}
		s.block = append(s.block, text...)
		s.literal(`"`)
	case kind < 8:
		s.w.LiteralByte('b')
		s.block = append(s.block, 'b')
	case len(text) == 10:
		s.w.Short(binary.LittleEndian.Uint64([]byte(text)), binary.LittleEndian.Uint64([]byte(text[2:])), len(text))
		s.block = append(s.block, text...)
	case kind == 8 && len(text) <= packed.Brief:
		more := [packed.Brief]byte([]byte(text + strings.Repeat("?", packed.Brief-len(text))))
		s.w.LiteralBrief(&more, len(text))
		s.block = append(s.block, text...)
	default:
		s.literal(text)
	}
}

func TestATextComesBackFromItsBlocks(t *testing.T) {
	w := packed.NewWriter()
	for range 40 {
		seed := rand.Uint64()
		s := &script{Rand: rand.New(rand.NewPCG(seed, 1)), w: w}
		w.Reset()
		for range s.IntN(400) {
			s.line(t)
		}
		if s.IntN(3) == 0 {
			long := []byte(strings.Repeat("by itself ", s.IntN(20000)))
			s.next()
			w.Append(long)
			s.before = append(s.before, long...)
		}
		want := slices.Concat(s.before, s.block)
		text := w.Finish()
		got, err := text.Append(nil)
		if err != nil || text.Size != len(want) || !bytes.Equal(got, want) {
			t.Fatalf("seed %d: %v; %d bytes, %d are said, want %d", seed, err, len(got), text.Size, len(want))
		}
		checkBlocks(t, text.Blocks)
		checkFrame(t, text, want)
	}
}

// checkBlocks checks what the format asks of the end of a block, which not all readers need.
func checkBlocks(t *testing.T, blocks []byte) {
	t.Helper()
	for len(blocks) > 0 {
		head := binary.LittleEndian.Uint32(blocks)
		n := int(head &^ (1 << 31))
		data := blocks[4 : 4+n]
		blocks = blocks[4+n:]
		if n > packed.BlockSize {
			t.Errorf("a block of %d bytes", n)
		}
		if head>>31 == 0 {
			checkEnd(t, data)
		}
	}
}

func checkEnd(t *testing.T, data []byte) {
	t.Helper()
	length := func(n, most int) int {
		for more := n == most; more; {
			more = data[0] == 255
			n += int(data[0])
			data = data[1:]
		}
		return n
	}
	match := 0
	for {
		token := int(data[0])
		data = data[1:]
		literals := length(token>>4, 15)
		if data = data[literals:]; len(data) == 0 {
			if match > 0 && (literals < 5 || literals+match < 12) {
				t.Errorf("a block ends in a match of %d and %d literals", match, literals)
			}
			return
		}
		data = data[2:]
		match = 4 + length(token&15, 15)
	}
}

// checkFrame reads the blocks as part of a frame, with another reader.
func checkFrame(t *testing.T, text packed.Text, want []byte) {
	t.Helper()
	frame := append([]byte{0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82}, text.Blocks...)
	frame = append(frame, 0, 0, 0, 0)
	got, err := io.ReadAll(lz4.NewReader(bytes.NewReader(frame)))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v; %d bytes, want %d", err, len(got), len(want))
	}
}

func TestBlocksThatAreBrokenGiveAnError(t *testing.T) {
	w := packed.NewWriter()
	s := &script{Rand: rand.New(rand.NewPCG(7, 1)), w: w}
	for range 300 {
		s.line(t)
	}
	text := w.Finish()
	for name, broken := range map[string]packed.Text{
		"cut":        {Blocks: text.Blocks[:len(text.Blocks)-3], Size: text.Size},
		"a rest":     {Blocks: append(bytes.Clone(text.Blocks), 1, 2), Size: text.Size},
		"too little": {Blocks: text.Blocks, Size: text.Size + 1},
		"too much":   {Blocks: text.Blocks, Size: text.Size - 1},
		"no room":    {Blocks: append([]byte{26, 0, 0, 0}, strings.Repeat("0", 26)...)},
		"stored":     {Blocks: []byte{3, 0, 0, 0x80, 'a', 'b', 'c'}, Size: 2},
	} {
		if got, err := broken.Append([]byte("x")); err == nil || string(got) != "x" {
			t.Errorf("%s: %v, %d bytes", name, err, len(got))
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte{3, 0, 0, 0x80, 'a', 'b', 'c'}, 3)
	f.Add([]byte{5, 0, 0, 0, 0x40, 'a', 'b', 'c', 'd'}, 4)
	f.Add(append([]byte{26, 0, 0, 0}, strings.Repeat("0", 26)...), 0)
	f.Fuzz(func(t *testing.T, blocks []byte, size int) {
		if size < 0 || size > 1<<20 {
			return
		}
		if got, err := (packed.Text{Blocks: blocks, Size: size}).Append(nil); err == nil && len(got) != size {
			t.Errorf("%d bytes of %d", len(got), size)
		}
	})
}
