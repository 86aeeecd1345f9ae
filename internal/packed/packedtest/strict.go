package packedtest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/millrace/millrace/internal/packed"
)

// LZ4's rule for the end of a block, which makers of readers rely on.
const (
	lastLiterals = 5
	lastMatch    = 12
	minMatch     = 4
)

var errEnds = errors.New("ends too early")

// Unpack reads packed text as the strictest of readers does: it takes no block that is
// longer than BlockSize, or does not end as LZ4 says.
func Unpack(tb testing.TB, text packed.Text) []byte {
	tb.Helper()
	var out []byte
	for rest := text.Blocks; len(rest) > 0; {
		length := binary.LittleEndian.Uint32(rest)
		n := int(length &^ (1 << 31))
		data := rest[4 : 4+n]
		rest = rest[4+n:]
		block, err := data, error(nil)
		if length == uint32(n) {
			block, err = unpackBlock(data)
		}
		switch {
		case err != nil:
			tb.Fatalf("the block behind %d bytes: %v", len(out), err)
		case n > packed.BlockSize, len(block) > packed.BlockSize:
			tb.Fatalf("the block behind %d bytes has %d, packed %d", len(out), len(block), n)
		}
		out = append(out, block...)
	}
	if len(out) != text.Size {
		tb.Fatalf("the text has %d bytes, and should have %d", len(out), text.Size)
	}
	return out
}

func unpackBlock(data []byte) (out []byte, err error) {
	begin := -lastMatch // of the last match
	for {
		if len(data) == 0 {
			return nil, errEnds
		}
		token := data[0]
		data = data[1:]
		var n int
		if n, data, err = length(int(token>>4), data); err != nil || n > len(data) {
			return nil, errEnds
		}
		out, data = append(out, data[:n]...), data[n:]
		if len(data) == 0 {
			if begin >= 0 && (n < lastLiterals || len(out)-begin < lastMatch) {
				return nil, fmt.Errorf("%d literals at the end, %d bytes from the last match on", n, len(out)-begin)
			}
			return out, nil
		}
		if len(data) < 2 {
			return nil, errEnds
		}
		offset := int(binary.LittleEndian.Uint16(data))
		if n, data, err = length(int(token&15), data[2:]); err != nil {
			return nil, err
		}
		if begin = len(out); offset == 0 || offset > begin {
			return nil, fmt.Errorf("a match at %d that is %d before", begin, offset)
		}
		for range n + minMatch {
			out = append(out, out[len(out)-offset])
		}
	}
}

// length reads a length that begins in a token.
func length(n int, data []byte) (int, []byte, error) {
	if n < 15 {
		return n, data, nil
	}
	for i, b := range data {
		if n += int(b); b < 255 {
			return n, data[i+1:], nil
		}
	}
	return 0, nil, errEnds
}
