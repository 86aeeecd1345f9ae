package record

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
)

// Sizes of the identities, in bytes.
const (
	SourceIDSize = 12
	EventIDSize  = 24
	// EventIDText is the length of an EventID as text.
	EventIDText = 32
	// MaxOffset is the largest offset that an EventID can hold (5 bytes: 1 TiB - 1).
	MaxOffset = 1<<40 - 1
)

// ErrEventID is returned by ParseEventID for text that is not an event id.
var ErrEventID = errors.New("event id must be 32 characters of base64url")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// SourceID names one file (or other source) for as long as it exists,
// whatever its path is. The agent mints it; everybody else copies it.
type SourceID [SourceIDSize]byte

// String is the id as 24 hexadecimal digits.
func (s SourceID) String() string { return hex.EncodeToString(s[:]) }

// MarshalText makes a SourceID a string in JSON.
func (s SourceID) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *SourceID) UnmarshalText(text []byte) error {
	if len(text) != 2*SourceIDSize {
		return fmt.Errorf("source id must be %d hexadecimal digits, not %q", 2*SourceIDSize, text)
	}
	_, err := hex.Decode(s[:], text)
	return err
}

// Gen tells the contents of one source apart that followed each other by
// truncation: the upper 24 bits are Sum24 of the first event that was shipped,
// the lower 8 count the earlier generations of the source with that same hash.
//
// The counter is 0 unless a file was truncated and begins with the very same
// event again, so that an agent that has lost its state arrives at the same
// generation, and with it at the same event ids.
type Gen uint32

// NewGen returns the generation whose first event is first, where repeat
// earlier generations of the source began with the same event. The counter
// wraps after 256.
func NewGen(first []byte, repeat int) Gen {
	return Gen(Sum24(first)<<8 | uint32(repeat)&0xff)
}

// Head is the hash part of the generation.
func (g Gen) Head() uint32 { return uint32(g) >> 8 }

// Sum24 is the low 24 bits of the CRC-32C (Castagnoli) of b.
func Sum24(b []byte) uint32 { return crc32.Checksum(b, castagnoli) & 0xffffff }

// EventID names one event for ever: the source, generation and offset of its
// first byte, and Sum24 of its bytes. It is the document id in the index, so
// a re-delivered event meets itself there instead of appearing twice, and a
// wrong identity shows as a duplicate instead of overwriting another line.
//
// Bytes: source 12, generation 4, offset 5, sum 3, big-endian, so ids of one
// source sort by position.
type EventID [EventIDSize]byte

// NewEventID returns the id of the event with the given bytes at offset off of
// (src, gen). Offsets above MaxOffset are cut to their low 40 bits.
func NewEventID(src SourceID, gen Gen, off uint64, event []byte) EventID {
	id := EventIDs(src, gen)
	id.Move(off, event)
	return id
}

// EventIDs begins the ids of (src, gen), each of which Move makes.
func EventIDs(src SourceID, gen Gen) (id EventID) {
	copy(id[:], src[:])
	binary.BigEndian.PutUint32(id[12:], uint32(gen))
	return id
}

// Move makes the id that of another event of its source and generation.
func (id *EventID) Move(off uint64, event []byte) {
	id[16] = byte(off >> 32)
	binary.BigEndian.PutUint32(id[17:], uint32(off))
	sum := Sum24(event)
	id[21], id[22], id[23] = byte(sum>>16), byte(sum>>8), byte(sum)
}

// ParseEventID reads the form that String writes. The error wraps ErrEventID.
func ParseEventID(text string) (EventID, error) {
	var id EventID
	if len(text) != EventIDText {
		return id, fmt.Errorf("%w: %q", ErrEventID, text)
	}
	// Decode skips line ends, so what it read must be counted.
	if n, err := base64.RawURLEncoding.Strict().Decode(id[:], []byte(text)); err != nil || n != len(id) {
		return EventID{}, fmt.Errorf("%w: %q", ErrEventID, text)
	}
	return id, nil
}

// String is the id as 32 characters of base64url without padding.
func (id EventID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// AppendText appends String() to dst without allocating.
func (id EventID) AppendText(dst []byte) ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(dst, id[:]), nil
}

// MarshalText makes an EventID a string in JSON.
func (id EventID) MarshalText() ([]byte, error) { return id.AppendText(nil) }

// Offset is the offset of the event's first byte in its source.
func (id EventID) Offset() uint64 {
	return uint64(id[16])<<32 | uint64(binary.BigEndian.Uint32(id[17:]))
}
