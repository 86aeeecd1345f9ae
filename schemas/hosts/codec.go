package hosts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/millrace/millrace/schemas/wire"
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
		for _, n := range a.list() {
			dst = binary.AppendUvarint(dst, n)
		}
		dst = binary.AppendVarint(dst, last-nanos(a.At))
		dst = appendRates(dst, &a.rates[0])
	}
	for i := range s.Apps {
		dst = appendOthers(dst, s.Apps[i].rates[1:])
	}
	return dst
}

// appendOthers appends the rates that are not all 0.
func appendOthers(dst []byte, others []rates) []byte {
	at := len(dst)
	dst = append(dst, 0)
	for i := range others {
		if others[i] != (rates{}) {
			dst[at] |= 1 << i
			dst = appendRates(dst, &others[i])
		}
	}
	return dst
}

func appendRates(dst []byte, r *rates) []byte {
	for _, rate := range r {
		dst = binary.BigEndian.AppendUint32(dst, math.Float32bits(rate))
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
	s := &State{}
	if err := s.Decode(b); err != nil {
		return nil, err
	}
	return s, nil
}

// Decode is the function Decode into s, whose memory for apps is used again. After an
// error s holds nothing that means anything.
func (s *State) Decode(b []byte) error {
	if len(b) == 0 {
		return fmt.Errorf("%w: no bytes", ErrState)
	}
	if b[0] != Version {
		return fmt.Errorf("%w: %d", ErrVersion, b[0])
	}
	d := wire.Reader{Rest: b[1:]}
	s.Window = d.Take(d.Uvarint())
	last := d.Varint()
	s.LastSeen = fromNanos(last)
	s.Gaps, s.GapBytes, s.SkippedLines = d.Uvarint(), d.Uvarint(), d.Uvarint()
	n := d.Uvarint()
	if n > uint64(len(d.Rest)/appLeast) {
		d.Bad = true
	}
	if d.Bad {
		n = 0
	}
	s.Apps = slices.Grow(s.Apps[:0], int(n))[:n]
	for i := range s.Apps {
		readApp(&d, &s.Apps[i], last)
		if i > 0 && s.Apps[i-1].Name >= s.Apps[i].Name {
			d.Bad = true
		}
	}
	more := len(d.Rest) > 0 // states of old have no others
	for i := range s.Apps {
		clear(s.Apps[i].rates[1:])
		if more {
			readOthers(&d, s.Apps[i].rates[1:])
		}
	}
	if d.Bad {
		return fmt.Errorf("%w: at byte %d of %d", ErrState, len(b)-len(d.Rest), len(b))
	}
	return nil
}

func readApp(d *wire.Reader, a *App, last int64) {
	if name := d.Take(d.Uvarint()); a.Name != string(name) { // hosts of a fleet have the same apps
		a.Name = string(name)
	}
	a.Lines, a.Bytes, a.Errors, a.Failures = d.Uvarint(), d.Uvarint(), d.Uvarint(), d.Uvarint()
	a.At = fromNanos(last - d.Varint())
	readRates(d, &a.rates[0])
}

func readOthers(d *wire.Reader, others []rates) {
	have := d.Byte()
	for i := range others {
		if have&(1<<i) != 0 {
			readRates(d, &others[i])
		}
	}
}

func readRates(d *wire.Reader, r *rates) {
	for w := range r {
		r[w] = finite(math.Float32frombits(d.Uint32()))
	}
}

// finite makes a rate of a broken value harmless: JSON knows no NaN.
func finite(rate float32) float32 {
	if !(rate >= 0 && rate <= math.MaxFloat32) {
		return 0
	}
	return rate
}
