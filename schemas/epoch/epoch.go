// Package epoch tells the writers of a table's partition apart, so that the values of one
// that has lost the partition do not count.
//
// A processor that stood still for longer than its group waits has lost its partitions to
// another without knowing it. Until it learns of that it writes values which the other's are
// long ahead of, and they are the last in the topic. So each record of a table has its
// writer's epoch as a header, and who reads the topic leaves out what is of an older epoch
// than something before it.
package epoch

import (
	"encoding/binary"
	"math"
)

// Header is the header of a table record that holds the epoch: 8 bytes, big-endian. Records
// without it, as versions before this one wrote them, always count.
const Header = "e"

// Encode is the value of the header.
func Encode(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// Order knows what was read of one partition, from its start on and in order. The zero value
// has read nothing. Not safe for concurrent use.
type Order struct{ newest uint64 }

// After is the order of somebody who has read up to an epoch.
func After(newest uint64) Order { return Order{newest} }

// Newest is the newest epoch that was read; 0: none.
func (o *Order) Newest() uint64 { return o.newest }

// Admits takes note of a record and reports whether it counts. Header is nil where the record
// has none; one that is no epoch is none.
func (o *Order) Admits(header []byte) bool {
	if len(header) != 8 {
		return true
	}
	n := binary.BigEndian.Uint64(header)
	if n < o.newest {
		return false
	}
	o.newest = n
	return true
}

// Next is the epoch of a writer that has read all there is, in a generation of its consumer
// group. It is greater than all that was read, and than that of any earlier writer that read
// the same: where one has written nothing yet, nobody else can know of its epoch.
//
// The upper half counts the writers that were read of. The lower half is the generation,
// which grows with each session, and begins anew where the group was forgotten: deleted, or
// the topic was copied to another cluster. The count skips one there, over writers of the
// forgotten group. Versions before this one had no halves; their epochs are smaller.
func (o *Order) Next(generation int32) uint64 {
	count, of := o.newest>>32, o.newest&math.MaxUint32
	now := uint64(max(generation, 0))
	count++
	if now < of {
		count++
	}
	return count<<32 | now
}
