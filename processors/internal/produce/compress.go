package produce

import (
	"bytes"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/internal/packed"
)

// compressor makes LZ4 of batches, with the packed values as they are.
type compressor struct{}

// frameRoom is what a frame may add to records that do not compress.
const frameRoom = 1 << 10

// Compress implements kgo.Compressor.
func (compressor) Compress(dst *bytes.Buffer, records []byte, _ ...kgo.CompressFlag) ([]byte, kgo.CompressionCodecType) {
	dst.Grow(len(records) + frameRoom)
	frame, err := packed.AppendFrame(dst.AvailableBuffer(), records)
	if err != nil {
		// The client would write the records as they are, with envelopes that no
		// consumer can open. This is refused by the broker instead.
		frame = packed.EmptyFrame()
	}
	return frame, kgo.CodecLz4
}
