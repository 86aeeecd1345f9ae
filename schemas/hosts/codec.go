package hosts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// Version is the version that Append writes and Decode reads.
const Version = 1

// Errors of Decode.
var (
	// ErrState means that the bytes are not a host's state.
	ErrState = errors.New("malformed host state")
	// ErrVersion means a state of a version this program does not know.
	ErrVersion = errors.New("unknown host state version")
)

// Append appends the encoded state to dst and returns the longer slice.
//
// Layout (integers big-endian, "uv" unsigned and "sv" signed varints):
//
//	u8  version
//	str window (str is uv length + bytes)
//	sv  last seen (Unix nanoseconds; 0 is never)
//	uv  gaps, uv gap bytes, uv skipped lines
//	uv  apps, each:
//	    str name, uv lines, uv bytes, uv errors, uv failures
//	    sv last seen - at (nanoseconds)
//	    f32 rate 1m, f32 rate 5m, f32 rate 15m (IEEE 754, lines a second at at)
//
// Bytes behind the last app are room for later fields; readers skip them.
func Append(dst []byte, s *State) []byte {
	dst = append(dst, Version)
	dst = binary.AppendUvarint(dst, uint64(len(s.Window)))
	dst = append(dst, s.Window...)
	last := nanos(s.LastSeen)
	dst = binary.AppendVarint(dst, last)
	dst = binary.AppendUvarint(dst, s.Gaps)
	dst = binary.AppendUvarint(dst, s.GapBytes)
	dst = binary.AppendUvarint(dst, s.SkippedLines)
	dst = binary.AppendUvarint(dst, uint64(len(s.Apps)))
	for i := range s.Apps {
		a := &s.Apps[i]
		dst = binary.AppendUvarint(dst, uint64(len(a.Name)))
		dst = append(dst, a.Name...)
		for _, n := range [...]uint64{a.Lines, a.Bytes, a.Errors, a.Failures} {
			dst = binary.AppendUvarint(dst, n)
		}
		dst = binary.AppendVarint(dst, last-nanos(a.At))
		for _, rate := range a.rates {
			dst = binary.BigEndian.AppendUint32(dst, math.Float32bits(rate))
		}
	}
	return dst
}

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func fromNanos(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// appLeast is the shortest encoding of an app.
const appLeast = 1 + 4 + 1 + 4*len(windows)

// Decode reads a state that Append wrote; the state's window is a part of b.
// Errors wrap ErrState or ErrVersion.
func Decode(b []byte) (*State, error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("%w: no bytes", ErrState)
	}
	if b[0] != Version {
		return nil, fmt.Errorf("%w: %d", ErrVersion, b[0])
	}
	d := decoder{rest: b[1:]}
	s := &State{Window: d.take(d.uvarint())}
	last := d.varint()
	s.LastSeen = fromNanos(last)
	s.Gaps, s.GapBytes, s.SkippedLines = d.uvarint(), d.uvarint(), d.uvarint()
	n := d.uvarint()
	if n > uint64(len(d.rest)/appLeast) {
		d.bad = true
	}
	if !d.bad && n > 0 {
		s.Apps = make([]App, n)
	}
	for i := range s.Apps {
		d.app(&s.Apps[i], last)
		if i > 0 && s.Apps[i-1].Name >= s.Apps[i].Name {
			d.bad = true
		}
	}
	if d.bad {
		return nil, fmt.Errorf("%w: at byte %d of %d", ErrState, len(b)-len(d.rest), len(b))
	}
	return s, nil
}

// decoder takes fields off the front of rest; bad sticks.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) app(a *App, last int64) {
	a.Name = string(d.take(d.uvarint()))
	a.Lines, a.Bytes, a.Errors, a.Failures = d.uvarint(), d.uvarint(), d.uvarint(), d.uvarint()
	a.At = fromNanos(last - d.varint())
	for i := range a.rates {
		if b := d.take(4); b != nil {
			a.rates[i] = finite(math.Float32frombits(binary.BigEndian.Uint32(b)))
		}
	}
}

// finite makes a rate of a broken value harmless: JSON knows no NaN.
func finite(rate float32) float32 {
	if !(rate >= 0 && rate <= math.MaxFloat32) {
		return 0
	}
	return rate
}

func (d *decoder) take(n uint64) []byte {
	if d.bad || n > uint64(len(d.rest)) {
		d.bad = true
		return nil
	}
	b := d.rest[:n:n]
	d.rest = d.rest[n:]
	return b
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.rest = d.rest[n:]
	return v
}
