// Package packedtest packs text for the tests of those who carry it.
package packedtest

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/pierrec/lz4/v4"

	"github.com/millrace/millrace/internal/packed"
)

// Pack packs text that compresses.
func Pack(tb testing.TB, text []byte) packed.Text {
	tb.Helper()
	p := packed.Text{Size: len(text)}
	for part := range slices.Chunk(text, packed.BlockSize) {
		room := make([]byte, lz4.CompressBlockBound(len(part)))
		n, err := lz4.CompressBlock(part, room, nil)
		if err != nil || n == 0 {
			tb.Fatalf("a block does not compress: %v", err)
		}
		p.Blocks = binary.LittleEndian.AppendUint32(p.Blocks, uint32(n))
		p.Blocks = append(p.Blocks, room[:n]...)
	}
	return p
}
