package packed

import (
	"encoding/binary"

	"github.com/pierrec/lz4/v4"
)

// Append appends text of any length in blocks of its own, in which nothing is known. The
// block at work ends before it.
func (w *Writer) Append(text []byte) {
	w.finish()
	for len(text) > 0 {
		n := min(len(text), BlockSize)
		w.out = appendBlock(w.out, text[:n])
		w.size += n
		text = text[n:]
	}
	w.begin()
}

// appendBlock appends a block of text, not compressed if that makes it no shorter.
func appendBlock(dst, text []byte) []byte {
	head := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	at := len(dst)
	dst = append(dst, text...)
	var c lz4.Compressor
	data := make([]byte, len(text))
	if n, err := c.CompressBlock(text, data); err == nil && n > 0 && n < len(text) {
		dst = append(dst[:at], data[:n]...)
		binary.LittleEndian.PutUint32(dst[head:], uint32(n))
		return dst
	}
	binary.LittleEndian.PutUint32(dst[head:], uint32(len(text))|stored)
	return dst
}
