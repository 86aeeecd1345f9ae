package packed

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/pierrec/lz4/v4"
)

// idsOf is ids of lines of one file, as they stand in the header of a batch.
func idsOf(n int, chance *rand.Rand) (text []byte) {
	off := uint64(chance.IntN(1 << 30))
	for range n {
		text = append(text, "source......gene"...)
		text = append(text, binary.BigEndian.AppendUint64(nil, off)[3:]...)
		text = append(text, byte(chance.Uint32()), byte(chance.Uint32()), byte(chance.Uint32()))
		off += 150 + uint64(chance.IntN(100))
	}
	return text
}

func TestIDsComeBack(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	room := make([]byte, BlockSize)
	for range 3000 {
		text := idsOf(chance.IntN(60), chance)
		for range chance.IntN(4) { // something that is no id
			at := chance.IntN(len(text) + 1)
			other := bytes.Repeat([]byte{byte(chance.IntN(3))}, chance.IntN(700))
			text = append(text[:at:at], append(other, text[at:]...)...)
		}
		text = text[:chance.IntN(len(text)+1)]
		data := appendIDs([]byte("before"), text)
		n, err := lz4.UncompressBlock(data[len("before"):], room)
		if err != nil || !bytes.Equal(room[:n], text) {
			t.Fatalf("%d bytes come back as %d (%v)", len(text), n, err)
		}
	}
}

func TestIDsGetAsShortAsACompressorMakesThem(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	text := idsOf(1000, chance)
	n, err := lz4.CompressBlock(text, make([]byte, len(text)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(appendIDs(nil, text)); got > n*21/20 {
		t.Errorf("%d bytes become %d, and %d with a compressor", len(text), got, n)
	}
}

func BenchmarkIDs(b *testing.B) {
	text := idsOf(1000, rand.New(rand.NewPCG(1, 2)))
	dst := make([]byte, len(text))
	b.Run("here", func(b *testing.B) {
		for b.Loop() {
			appendIDs(dst[:0], text)
		}
	})
	b.Run("compressor", func(b *testing.B) {
		var c lz4.Compressor
		for b.Loop() {
			if _, err := c.CompressBlock(text, dst); err != nil {
				b.Fatal(err)
			}
		}
	})
}
