package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/wire"
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
	flagCut
	flagPacked
	flagBefore
	flagCuts
	flagLeft
	flagLook
)

// Flags of how a source was when it was last looked at.
const (
	lookSettled = 1 << iota
	lookMark
	lookSkipping
	lookLast
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
	older, newest := s.cuts()
	if newest != nil {
		flags |= flagCut
	}
	if len(older) > 0 {
		flags |= flagCuts
	}
	if s.Left != "" {
		flags |= flagLeft
	}
	if s.Packed != nil {
		flags |= flagPacked
	}
	if s.looked() {
		flags |= flagLook
	}
	before := !s.Begun && s.Before != record.SourceID{}
	if before {
		flags |= flagBefore
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
	b = binary.AppendUvarint(b, uint64(s.Seen))
	if newest != nil {
		b = appendCut(b, newest)
	}
	if s.Packed != nil {
		b = binary.AppendVarint(binary.AppendUvarint(b, s.Packed.Size), s.Packed.Mtime)
	}
	if before {
		b = append(b, s.Before[:]...)
	}
	if len(older) > 0 {
		b = append(b, byte(len(older)))
		for i := range older {
			b = appendCut(b, &older[i])
		}
	}
	if s.Left != "" {
		b = appendString(b, s.Left)
	}
	if s.looked() {
		b = appendLook(b, s)
	}
	return b
}

// looked reports whether there is something to tell of how a source was last seen.
func (s *Source) looked() bool {
	return s.Size > s.Off || s.Settled || s.MarkOff > 0 || s.Skipping || s.LastLen > 0
}

func appendLook(b []byte, s *Source) []byte {
	b = binary.AppendUvarint(b, s.Size)
	var flags byte
	if s.Settled {
		flags |= lookSettled
	}
	if s.Skipping {
		flags |= lookSkipping
	}
	if s.MarkOff > 0 {
		flags |= lookMark
	}
	if s.LastLen > 0 {
		flags |= lookLast
	}
	b = append(b, flags)
	if s.MarkOff > 0 {
		b = binary.BigEndian.AppendUint32(binary.AppendUvarint(b, s.MarkOff), s.Mark)
	}
	if s.LastLen > 0 {
		b = binary.BigEndian.AppendUint32(binary.AppendUvarint(b, s.LastLen), s.LastSum)
	}
	return b
}

func (s *Source) readLook(r *wire.Reader) {
	s.Size = r.Uvarint()
	flags := r.Byte()
	s.Settled, s.Skipping = flags&lookSettled != 0, flags&lookSkipping != 0
	if flags&lookMark != 0 {
		s.MarkOff, s.Mark = r.Uvarint(), r.Uint32()
	}
	if flags&lookLast != 0 {
		s.LastLen, s.LastSum = r.Uvarint(), r.Uint32()
	}
	if s.LastLen > s.Off || s.LastLen > record.MaxBytes {
		r.Bad = true
	}
}

// cuts are the older ones of a source, and the newest.
func (s *Source) cuts() (older []Cut, newest *Cut) {
	if len(s.Cuts) == 0 {
		return nil, nil
	}
	last := len(s.Cuts) - 1
	return s.Cuts[:last], &s.Cuts[last]
}

func appendCut(b []byte, c *Cut) []byte {
	b = binary.AppendVarint(b, c.At)
	b = binary.AppendUvarint(b, c.Off)
	b = binary.BigEndian.AppendUint32(b, c.Running)
	b = binary.BigEndian.AppendUint32(b, c.Print)
	return binary.AppendUvarint(b, uint64(c.PrintLen))
}

func readCut(r *wire.Reader) Cut {
	c := Cut{At: r.Varint(), Off: r.Uvarint(), Running: r.Uint32(), Print: r.Uint32(), PrintLen: uint32(r.Uvarint())}
	if c.Off > record.MaxOffset || c.PrintLen > PrintBytes {
		r.Bad = true
	}
	return c
}

func decodeSource(b []byte) (*Source, error) {
	r := wire.Reader{Rest: b}
	s := &Source{}
	copy(s.ID[:], r.Take(record.SourceIDSize))
	s.Key.HandleType = int32(uint32(r.Uvarint()))
	s.Key.Handle = r.String()
	s.Key.Birth = r.Varint()
	s.Key.Inode = r.Uvarint()
	s.Key.Dev = r.Uvarint()
	s.Path, s.Name, s.Collection = r.String(), r.String(), r.String()
	flags := r.Byte()
	s.Begun, s.Whole = flags&flagBegun != 0, flags&flagWhole != 0
	s.Gen = record.Gen(r.Uint32())
	s.Off = r.Uvarint()
	s.Part = uint32(r.Uvarint())
	if n := r.Uvarint(); n <= maxHeads && n*4 <= uint64(len(r.Rest)) {
		for range n {
			s.Heads = append(s.Heads, r.Uint32())
		}
	} else {
		r.Bad = true
	}
	s.Print = r.Uint32()
	s.PrintLen = uint32(r.Uvarint())
	s.Running = r.Uint32()
	s.Seen = int64(r.Uvarint())
	if flags&flagCut != 0 {
		s.Cuts = []Cut{readCut(&r)}
	}
	if flags&flagPacked != 0 {
		s.Packed = &Packed{Size: r.Uvarint(), Mtime: r.Varint()}
	}
	if flags&flagBefore != 0 {
		copy(s.Before[:], r.Take(record.SourceIDSize))
	}
	if flags&flagCuts != 0 {
		older := make([]Cut, 0, maxCuts)
		for range min(r.Byte(), maxCuts-1) {
			older = append(older, readCut(&r))
		}
		s.Cuts = append(older, s.Cuts...)
	}
	if flags&flagLeft != 0 {
		s.Left = r.String()
	}
	if flags&flagLook != 0 {
		s.readLook(&r)
	}
	if r.Bad || s.Off > record.MaxOffset || s.PrintLen > PrintBytes {
		return nil, fmt.Errorf("%w: source", errEntry)
	}
	return s, nil
}

func decodeIntent(b []byte) (*Intent, error) {
	r := wire.Reader{Rest: b}
	in := &Intent{N: r.Uvarint()}
	n := r.Uvarint()
	if r.Bad || n*8 > uint64(len(r.Rest)) || n > maxBody {
		return nil, fmt.Errorf("%w: intent", errEntry)
	}
	for range n {
		in.Sums = append(in.Sums, Sum{r.Uint32(), r.Uint32()})
	}
	m, rest, err := record.Decode(r.Rest)
	if err != nil {
		return nil, fmt.Errorf("%w: intent %d: %w", errEntry, in.N, err)
	}
	in.Manifest = m
	in.Encoded = append([]byte(nil), r.Rest[:len(r.Rest)-len(rest)]...)
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
