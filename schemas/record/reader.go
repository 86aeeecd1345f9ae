package record

import (
	"encoding/binary"
	"fmt"
	"math"
)

// reader takes fields off encoded bytes. The first error sticks, and all later
// reads return zero values, so callers check err once at the end.
type reader struct {
	data []byte
	text string // data, once a string was asked for: they share its memory
	pos  int
	err  error
}

func (r *reader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s at byte %d", ErrManifest, what, r.pos)
	}
}

func (r *reader) take(n int) []byte {
	if r.err != nil || n < 0 || n > len(r.data)-r.pos {
		r.fail("cut short")
		return nil
	}
	b := r.data[r.pos : r.pos+n]
	r.pos += n
	return b
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// uvarint is mostly one byte.
func (r *reader) uvarint() uint64 {
	if r.err == nil && r.pos < len(r.data) && r.data[r.pos] < 0x80 {
		r.pos++
		return uint64(r.data[r.pos-1])
	}
	return r.longUvarint()
}

func (r *reader) longUvarint() uint64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.data[r.pos:])
	if n <= 0 {
		r.fail("bad varint")
		return 0
	}
	r.pos += n
	return v
}

func (r *reader) varint() int64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Varint(r.data[r.pos:])
	if n <= 0 {
		r.fail("bad varint")
		return 0
	}
	r.pos += n
	return v
}

func (r *reader) uint32v() uint32 {
	v := r.uvarint()
	if v > math.MaxUint32 {
		r.fail("number above 32 bits")
		return 0
	}
	return uint32(v)
}

// count reads the number of things that take at least least bytes each, and
// refuses more than can follow, so a wild count allocates nothing.
func (r *reader) count(least int) int {
	n := r.uvarint()
	if r.err == nil && n > uint64((len(r.data)-r.pos)/least) {
		r.fail("count beyond the end")
	}
	if r.err != nil {
		return 0
	}
	return int(n)
}

func (r *reader) string() string {
	n := r.uvarint()
	if n > uint64(len(r.data)) {
		r.fail("string beyond the end")
		return ""
	}
	from := r.pos
	r.take(int(n))
	if r.err != nil {
		return ""
	}
	if r.text == "" {
		r.text = string(r.data)
	}
	return r.text[from:r.pos]
}

func (r *reader) ref(table []string) string {
	i := r.uvarint()
	if r.err == nil && i >= uint64(len(table)) {
		r.fail("string index beyond the table")
	}
	if r.err != nil {
		return ""
	}
	return table[i]
}
