// Package packed is text that is compressed where it is made, and never lies in memory
// as a whole: LZ4 blocks, as they stand in an LZ4 frame.
//
// It promises that any reader of LZ4 frames gets the text back, byte by byte. Nothing in
// it starts goroutines or keeps what it is given.
package packed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/pierrec/lz4/v4"
)

// BlockSize is the most that the text of one block has. It is the smallest size that LZ4
// frames know, so readers need little memory, and every match is in reach.
const BlockSize = 64 << 10

// stored marks, in the length of a block, text that is not compressed.
const stored = 1 << 31

// ErrText is returned for blocks that hold no text of the size they should.
var ErrText = errors.New("malformed packed text")

// Text is packed text. The zero value is the empty text.
type Text struct {
	// Blocks are those of an LZ4 frame, without its header and its end mark: for each the
	// length of its data (u32, little-endian; the highest bit says that they are not
	// compressed), then the data. No block needs another to be read.
	Blocks []byte
	// Size is how many bytes the text has.
	Size int

	memory *[]byte // of an envelope of the blocks, where they came from a Writer
}

// Memories of envelopes are used again. What a writer has written lies where a whole block finds room, which may be fifty
// times as much as the text: hundreds of texts wait for Kafka where it is slow. So those that are brief are copied.
var (
	memories = sync.Pool{New: func() any { return new([]byte) }}
	briefs   = sync.Pool{New: func() any { return new(make([]byte, 0, briefRoom)) }}
)

// briefRoom is the most that the envelope of a brief text takes.
const briefRoom = 32 << 10

// brief is a copy of a text whose envelope is no larger than briefRoom.
func (t Text) brief() Text {
	t.memory = briefs.Get().(*[]byte)
	*t.memory = append((*t.memory)[:head], t.Blocks...)
	t.Blocks = (*t.memory)[head:]
	return t
}

// Free gives the memory of the blocks back to the writers. Whoever calls it is the only one
// who has the text, and has done with it. Without it the memory is collected, as any other.
func (t Text) Free() {
	switch {
	case t.memory == nil:
	case cap(*t.memory) == briefRoom:
		briefs.Put(t.memory)
	default:
		memories.Put(t.memory)
	}
}

// Append appends the text to dst. Errors wrap ErrText.
func (t Text) Append(dst []byte) ([]byte, error) {
	start := len(dst)
	dst = append(dst, make([]byte, t.Size)...)
	at := start
	for rest := t.Blocks; len(rest) > 0; {
		if len(rest) < 4 {
			return dst[:start], fmt.Errorf("%w: %d bytes behind the last block", ErrText, len(rest))
		}
		length := binary.LittleEndian.Uint32(rest)
		n := int(length &^ stored)
		if n > len(rest)-4 {
			return dst[:start], fmt.Errorf("%w: a block of %d bytes, %d are there", ErrText, n, len(rest)-4)
		}
		data := rest[4 : 4+n]
		rest = rest[4+n:]
		if length&stored != 0 {
			if copied := copy(dst[at:], data); copied < n {
				return dst[:start], fmt.Errorf("%w: more than its %d bytes", ErrText, t.Size)
			}
			at += n
			continue
		}
		if at == len(dst) { // lz4 panics where it has no memory at all to write to
			return dst[:start], fmt.Errorf("%w: more than its %d bytes", ErrText, t.Size)
		}
		n, err := lz4.UncompressBlock(data, dst[at:])
		if err != nil {
			return dst[:start], fmt.Errorf("%w: at byte %d: %w", ErrText, at-start, err)
		}
		at += n
	}
	if at != len(dst) {
		return dst[:start], fmt.Errorf("%w: %d bytes, not %d", ErrText, at-start, t.Size)
	}
	return dst, nil
}
