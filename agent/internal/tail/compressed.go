package tail

import (
	"bytes"
	"errors"
	"io"

	"github.com/millrace/millrace/agent/internal/unzip"
)

// errCompressed is why a compressed file is left alone: its lines were shipped
// before it was compressed, and what it holds now are no lines.
var errCompressed = errors.New("compressed: its lines were read before; exclude it, or have gzip files read by gzip: true")

// isPacked reports whether gzip has compressed a file.
func isPacked(f io.ReaderAt) bool {
	var head [8]byte
	n, _ := f.ReadAt(head[:], 0) // what cannot be read shows when the lines are
	return unzip.Begins(head[:n])
}

// heads of the formats that log rotation uses: gzip, zstd, xz, bzip2, lz4.
var heads = [][]byte{
	{0x1f, 0x8b, 0x08}, {0x28, 0xb5, 0x2f, 0xfd}, {0xfd, '7', 'z', 'X', 'Z', 0}, []byte("BZh9"), {0x04, 0x22, 0x4d, 0x18},
}

// compressed reports whether a file that begins with b is compressed.
func compressed(b []byte) bool {
	for _, head := range heads {
		if bytes.HasPrefix(b, head) {
			return true
		}
	}
	return false
}
