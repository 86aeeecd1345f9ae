// Package wire takes the fields of our binary formats off encoded bytes:
// integers big-endian, varints as in Protocol Buffers, strings behind their
// length. It promises not to panic on any bytes, nor to take more memory than
// it was given; what a field means is its caller's business.
package wire

import "encoding/binary"

// Reader takes fields off the front of Rest. The first field that is not whole
// sets Bad for good; from then on every read returns a zero value, so callers
// check once at the end. The zero Reader is at the end of nothing.
type Reader struct {
	Rest []byte
	Bad  bool
}

// Take returns the next n bytes, which lie in what was read; nil when they are
// not there.
func (r *Reader) Take(n uint64) []byte {
	if r.Bad || n > uint64(len(r.Rest)) {
		r.Bad = true
		return nil
	}
	b := r.Rest[:n:n]
	r.Rest = r.Rest[n:]
	return b
}

// Byte reads one byte.
func (r *Reader) Byte() byte {
	if b := r.Take(1); b != nil {
		return b[0]
	}
	return 0
}

// Uint32 reads four bytes.
func (r *Reader) Uint32() uint32 {
	if b := r.Take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// Uint64 reads eight bytes.
func (r *Reader) Uint64() uint64 {
	if b := r.Take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// Uvarint reads an unsigned varint, which is mostly one byte.
func (r *Reader) Uvarint() uint64 {
	if len(r.Rest) > 0 && r.Rest[0] < 0x80 && !r.Bad {
		v := r.Rest[0]
		r.Rest = r.Rest[1:]
		return uint64(v)
	}
	return r.longUvarint()
}

func (r *Reader) longUvarint() uint64 {
	v, n := binary.Uvarint(r.Rest)
	if r.Bad || n <= 0 {
		r.Bad = true
		return 0
	}
	r.Rest = r.Rest[n:]
	return v
}

// Varint reads a signed varint.
func (r *Reader) Varint() int64 {
	v, n := binary.Varint(r.Rest)
	if r.Bad || n <= 0 {
		r.Bad = true
		return 0
	}
	r.Rest = r.Rest[n:]
	return v
}

// String reads a length and that many bytes, as a copy.
func (r *Reader) String() string { return string(r.Take(r.Uvarint())) }
