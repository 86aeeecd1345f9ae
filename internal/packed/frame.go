package packed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/pierrec/lz4/v4"
)

// ErrRecords is returned for what is not the records of a batch.
var ErrRecords = errors.New("malformed records")

// frameHead begins a frame: its magic number, version 1 with independent blocks and no
// checksums (Kafka guards a batch with its own), blocks of 64 KiB, and the checksum of
// these two, which brokers look at.
var frameHead = []byte{0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82}

// frameEnd ends a frame: a block of no bytes.
const frameEnd = 0

// EmptyFrame is a frame of nothing. Brokers refuse it where there should be records.
func EmptyFrame() []byte { return binary.LittleEndian.AppendUint32(slices.Clone(frameHead), frameEnd) }

// framer is what a frame is made with.
type framer struct {
	compressor lz4.Compressor
	between    []byte // what stands between two packed values
}

var framers = sync.Pool{New: func() any { return new(framer) }}

// AppendFrame appends an LZ4 frame of the records of one batch (record format 2, as they
// stand behind the batch's header). Values that are envelopes become what they hold: their
// blocks are taken as they are, and the lengths around them are those of the plain text.
//
// With an envelope among records of up to 3 MiB the frame is shorter than they are. If it
// were not, or if the records cannot be read, an error wraps ErrRecords: they must not be
// written then, because nobody else can open an envelope.
func AppendFrame(dst, records []byte) ([]byte, error) {
	f := framers.Get().(*framer)
	defer framers.Put(f)
	start, packed := len(dst), false
	dst = append(dst, frameHead...)
	plain := 0 // where what is not in the frame yet begins
	for at := 0; at < len(records); {
		r, ok := readRecord(records[at:])
		if !ok {
			return dst[:start], fmt.Errorf("%w: at byte %d of %d", ErrRecords, at, len(records))
		}
		if text, is := opened(r.value); is {
			f.between = append(f.between[:0], records[plain:at]...)
			f.between = r.appendUntilValue(f.between, text.Size)
			dst = append(f.appendBlocks(dst, f.between, packed), text.Blocks...)
			packed = true
			plain = at + r.size - len(r.headers)
		}
		at += r.size
	}
	dst = f.appendBlocks(dst, records[plain:], packed)
	dst = binary.LittleEndian.AppendUint32(dst, frameEnd)
	if packed && len(dst)-start >= len(records) {
		return dst[:start], fmt.Errorf("%w: a frame of %d bytes for %d", ErrRecords, len(dst)-start, len(records))
	}
	return dst, nil
}

// appendBlocks appends blocks of plain text, compressed where that makes them shorter. Behind a packed value it begins with
// the ids of that.
func (f *framer) appendBlocks(dst, text []byte, ids bool) []byte {
	for part := range slices.Chunk(text, BlockSize) {
		at := len(dst)
		dst = append(dst, 0, 0, 0, 0) // the length of what follows
		begin := len(dst)
		if ids {
			dst = appendIDs(dst, part)
		}
		if ids = ids && len(dst)-begin <= len(part)/2; !ids { // it has other things than ids
			dst = f.appendBlock(dst[:begin], part)
		}
		length := uint32(len(dst) - begin)
		if length == uint32(len(part)) {
			length |= stored
		}
		binary.LittleEndian.PutUint32(dst[at:], length)
	}
	return dst
}

// appendBlock appends the data of a block, which is the text itself if nothing is shorter.
func (f *framer) appendBlock(dst, text []byte) []byte {
	dst = slices.Grow(dst, len(text))
	n, err := f.compressor.CompressBlock(text, dst[len(dst):len(dst)+len(text)-1])
	if err != nil || n == 0 {
		return append(dst, text...)
	}
	return dst[:len(dst)+n]
}

// record is one record of a batch, cut into the parts that matter here.
type record struct {
	size    int    // all of it, with its length
	begin   []byte // from behind the length up to the length of the value
	value   []byte
	headers []byte // all that follows the value
}

// readRecord reads the first of some records.
func readRecord(records []byte) (r record, ok bool) {
	length, n := binary.Varint(records)
	if n <= 0 || length < 1 || length > int64(len(records)-n) {
		return r, false
	}
	r.size = n + int(length)
	body := records[n:r.size]
	at := 1       // behind the attributes
	for range 2 { // the differences of timestamp and offset
		_, n := binary.Varint(body[at:])
		if n <= 0 {
			return r, false
		}
		at += n
	}
	if _, at, ok = readBytes(body, at); !ok {
		return r, false
	}
	begin := at
	if r.value, at, ok = readBytes(body, at); !ok {
		return r, false
	}
	r.begin, r.headers = body[:begin], body[at:]
	return r, true
}

// readBytes reads bytes with their length before them, which is -1 for none.
func readBytes(from []byte, at int) (b []byte, next int, ok bool) {
	length, n := binary.Varint(from[at:])
	at += n
	if n <= 0 || length > int64(len(from)-at) {
		return nil, 0, false
	}
	length = max(0, length)
	return from[at : at+int(length)], at + int(length), true
}

// appendUntilValue appends the record up to its value, as it is with a value of another size.
func (r *record) appendUntilValue(dst []byte, size int) []byte {
	var value [binary.MaxVarintLen64]byte
	n := binary.PutVarint(value[:], int64(size))
	dst = binary.AppendVarint(dst, int64(len(r.begin)+n+size+len(r.headers)))
	dst = append(dst, r.begin...)
	return append(dst, value[:n]...)
}
