package fenced

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/millrace/millrace/schemas/epoch"
)

// stateKey has what a local copy knows besides the values; no host is called so.
const stateKey = "\x00epoch"

// state is what was read of a partition up to the offset of the local copy.
type state struct {
	order epoch.Order
	late  map[string]bool // keys whose last value in the topic is of a session that had lost the partition
}

// encode writes the newest epoch, 8 bytes big-endian, and the late keys, each behind its
// length as a varint.
func (s state) encode() []byte {
	b := epoch.Encode(s.order.Newest())
	for _, key := range slices.Sorted(maps.Keys(s.late)) {
		b = append(binary.AppendUvarint(b, uint64(len(key))), key...)
	}
	return b
}

// decode reads what encode has written, as far as it goes; nil is nothing read.
func decode(b []byte) state {
	s := state{late: map[string]bool{}}
	if len(b) < 8 {
		return s
	}
	s.order = epoch.After(binary.BigEndian.Uint64(b))
	for b = b[8:]; len(b) > 0; {
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) {
			break
		}
		s.late[string(b[n:n+int(size)])] = true
		b = b[n+int(size):]
	}
	return s
}
