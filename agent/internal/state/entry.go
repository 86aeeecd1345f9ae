package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/millrace/millrace/schemas/record"
)

const magic = "MRSTATE1"

const (
	kindBegin  = 'B'
	kindSource = 'S'
	kindIntent = 'I'
	kindOpen   = 'O'
	kindAck    = 'A'
	kindForget = 'F'
)

const (
	frameHead = 8
	// maxBody is above the largest body there can be, a manifest of a full record.
	maxBody = 1 << 20
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errEntry   = errors.New("malformed entry")
	errTorn    = errors.New("entry is cut short")
)

// Sum is the running CRC-32C of a source before and after a segment.
type Sum struct{ Before, After uint32 }

// Update is the running sum with more bytes behind it.
func Update(sum uint32, b []byte) uint32 { return crc32.Update(sum, castagnoli, b) }

// appendFrame appends an entry whose body is written by fill.
func appendFrame(dst []byte, fill func([]byte) []byte) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0)
	dst = fill(dst)
	body := dst[start+frameHead:]
	binary.BigEndian.PutUint32(dst[start:], uint32(len(body)))
	binary.BigEndian.PutUint32(dst[start+4:], crc32.Checksum(body, castagnoli))
	return dst
}

// nextFrame takes one entry off b.
func nextFrame(b []byte) (body, rest []byte, err error) {
	if len(b) < frameHead {
		return nil, b, errTorn
	}
	n := binary.BigEndian.Uint32(b)
	if n == 0 || n > maxBody || int(n) > len(b)-frameHead {
		return nil, b, errTorn
	}
	body = b[frameHead : frameHead+n]
	if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(b[4:]) {
		return nil, b, errTorn
	}
	return body, b[frameHead+n:], nil
}

func appendBegin(b []byte, boot string, last uint64) []byte {
	b = append(b, kindBegin)
	b = appendString(b, boot)
	return binary.AppendUvarint(b, last)
}

func appendAck(b []byte, n uint64) []byte {
	return binary.AppendUvarint(append(b, kindAck), n)
}

func appendForget(b []byte, id record.SourceID) []byte {
	return append(append(b, kindForget), id[:]...)
}

func appendIntent(b []byte, kind byte, in *Intent) []byte {
	b = append(b, kind)
	b = binary.AppendUvarint(b, in.N)
	b = binary.AppendUvarint(b, uint64(len(in.Sums)))
	for _, s := range in.Sums {
		b = binary.BigEndian.AppendUint32(b, s.Before)
		b = binary.BigEndian.AppendUint32(b, s.After)
	}
	return append(b, in.Encoded...)
}

const (
	flagBegun = 1 << iota
	flagWhole
)

func appendSource(b []byte, s *Source) []byte {
	b = append(b, kindSource)
	b = append(b, s.ID[:]...)
	b = binary.AppendUvarint(b, uint64(uint32(s.Key.HandleType)))
	b = appendString(b, s.Key.Handle)
	b = binary.AppendVarint(b, s.Key.Birth)
	b = binary.AppendUvarint(b, s.Key.Inode)
	b = binary.AppendUvarint(b, s.Key.Dev)
	b = appendString(b, s.Path)
	b = appendString(b, s.Name)
	b = appendString(b, s.Collection)
	var flags byte
	if s.Begun {
		flags |= flagBegun
	}
	if s.Whole {
		flags |= flagWhole
	}
	b = append(b, flags)
	b = binary.BigEndian.AppendUint32(b, uint32(s.Gen))
	b = binary.AppendUvarint(b, s.Off)
	b = binary.AppendUvarint(b, uint64(s.Part))
	b = binary.AppendUvarint(b, uint64(len(s.Heads)))
	for _, h := range s.Heads {
		b = binary.BigEndian.AppendUint32(b, h)
	}
	b = binary.BigEndian.AppendUint32(b, s.Print)
	b = binary.AppendUvarint(b, uint64(s.PrintLen))
	b = binary.BigEndian.AppendUint32(b, s.Running)
	return binary.AppendUvarint(b, uint64(s.Seen))
}

func decodeSource(b []byte) (*Source, error) {
	r := reader{data: b}
	s := &Source{}
	copy(s.ID[:], r.take(record.SourceIDSize))
	s.Key.HandleType = int32(uint32(r.uvarint()))
	s.Key.Handle = r.string()
	s.Key.Birth = r.varint()
	s.Key.Inode = r.uvarint()
	s.Key.Dev = r.uvarint()
	s.Path, s.Name, s.Collection = r.string(), r.string(), r.string()
	flags := r.byte()
	s.Begun, s.Whole = flags&flagBegun != 0, flags&flagWhole != 0
	s.Gen = record.Gen(r.uint32())
	s.Off = r.uvarint()
	s.Part = uint32(r.uvarint())
	if n := r.uvarint(); n <= maxHeads && n*4 <= uint64(len(r.data)) {
		for range n {
			s.Heads = append(s.Heads, r.uint32())
		}
	} else {
		r.bad = true
	}
	s.Print = r.uint32()
	s.PrintLen = uint32(r.uvarint())
	s.Running = r.uint32()
	s.Seen = int64(r.uvarint())
	if r.bad || s.Off > record.MaxOffset || s.PrintLen > PrintBytes {
		return nil, fmt.Errorf("%w: source", errEntry)
	}
	return s, nil
}

func decodeIntent(b []byte) (*Intent, error) {
	r := reader{data: b}
	in := &Intent{N: r.uvarint()}
	n := r.uvarint()
	if r.bad || n*8 > uint64(len(r.data)) || n > maxBody {
		return nil, fmt.Errorf("%w: intent", errEntry)
	}
	for range n {
		in.Sums = append(in.Sums, Sum{r.uint32(), r.uint32()})
	}
	m, rest, err := record.Decode(r.data)
	if err != nil {
		return nil, fmt.Errorf("%w: intent %d: %w", errEntry, in.N, err)
	}
	in.Manifest = m
	in.Encoded = append([]byte(nil), r.data[:len(r.data)-len(rest)]...)
	segments := 0
	for i := range m.Segments {
		if m.Segments[i].Kind == record.Bytes {
			segments++
		}
	}
	if segments != len(in.Sums) {
		return nil, fmt.Errorf("%w: intent %d has %d sums for %d segments", errEntry, in.N, len(in.Sums), segments)
	}
	return in, nil
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// reader takes fields off a body; bad sticks.
type reader struct {
	data []byte
	bad  bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n < 0 || n > len(r.data) {
		r.bad = true
		return nil
	}
	b := r.data[:n]
	r.data = r.data[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.data)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.data)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *reader) string() string {
	n := r.uvarint()
	if n > uint64(len(r.data)) {
		r.bad = true
		return ""
	}
	return string(r.take(int(n)))
}
