package processors

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Window remembers which records a table value has counted, so that each is
// counted once however often it is delivered. Per writer it keeps the highest
// sequence number and a bit for each of the 64 below it: writers may have that
// many records in flight. Older numbers count as seen.
//
// Its zero value is ready. It has no lock and must not be copied once in use; it is
// kept in the table value of the key whose records it counts. Of more than
// MaxWriters writers the one heard of longest ago is forgotten.
type Window struct {
	writers []writer // the one heard of last is last
}

type writer struct {
	id   string
	high uint64 // highest sequence number seen
	mask uint64 // bit i: high-1-i was seen
}

const (
	// MaxWriters bounds a window. A host has one agent at a time; every start of it is
	// a new writer, and records of an old one come late for minutes, not days.
	MaxWriters = 8
	// MaxWriterID is the longest writer name that a window tells apart.
	MaxWriterID = 255

	windowBits    = 64
	windowVersion = 1
)

// ErrWindow is wrapped by the errors of UnmarshalBinary.
var ErrWindow = errors.New("processors: not a window")

// Seen reports whether Mark was called with the record, or the record is so old
// that it must have been.
func (w *Window) Seen(id string, seq uint64) bool {
	i := w.find(id)
	return i >= 0 && w.writers[i].seen(seq)
}

// Mark remembers a record and reports whether it is new, that is, to be counted.
func (w *Window) Mark(id string, seq uint64) bool {
	i := w.find(id)
	if i < 0 {
		w.add(writer{id: clip(id), high: seq})
		return true
	}
	wr := w.writers[i]
	fresh := !wr.seen(seq)
	if fresh {
		wr.mark(seq)
	}
	copy(w.writers[i:], w.writers[i+1:])
	w.writers[len(w.writers)-1] = wr
	return fresh
}

// Writers is how many writers the window knows.
func (w *Window) Writers() int { return len(w.writers) }

func (w *Window) find(id string) int {
	id = clip(id)
	for i := range w.writers {
		if w.writers[i].id == id {
			return i
		}
	}
	return -1
}

func (w *Window) add(wr writer) {
	if len(w.writers) == MaxWriters {
		w.writers = w.writers[:copy(w.writers, w.writers[1:])]
	}
	w.writers = append(w.writers, wr)
}

func clip(id string) string { return id[:min(len(id), MaxWriterID)] }

func (wr *writer) seen(seq uint64) bool {
	if seq >= wr.high {
		return seq == wr.high
	}
	behind := wr.high - 1 - seq
	return behind >= windowBits || wr.mask>>behind&1 == 1
}

func (wr *writer) mark(seq uint64) {
	if seq < wr.high {
		wr.mask |= 1 << (wr.high - 1 - seq)
		return
	}
	// Shifts of 64 and more give 0 in Go, which is what a leap needs.
	ahead := seq - wr.high
	wr.mask = wr.mask<<ahead | 1<<(ahead-1)
	wr.high = seq
}

// AppendBinary appends the window's compact form: version, number of writers, and
// of each its name, highest number and bits.
func (w *Window) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, windowVersion, byte(len(w.writers)))
	for _, wr := range w.writers {
		b = append(b, byte(len(wr.id)))
		b = append(b, wr.id...)
		b = binary.AppendUvarint(b, wr.high)
		b = binary.BigEndian.AppendUint64(b, wr.mask)
	}
	return b, nil
}

// MarshalBinary is AppendBinary to nothing.
func (w *Window) MarshalBinary() ([]byte, error) { return w.AppendBinary(nil) }

// UnmarshalBinary reads what AppendBinary wrote, and nothing behind it.
func (w *Window) UnmarshalBinary(b []byte) error {
	rest, err := w.Consume(b)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%w: %d bytes too many", ErrWindow, len(rest))
	}
	return err
}

// Consume reads a window from the front of b and returns what is behind it. On an
// error the window is as it was.
func (w *Window) Consume(b []byte) (rest []byte, err error) {
	if len(b) < 2 {
		return nil, fmt.Errorf("%w: too short", ErrWindow)
	}
	if b[0] != windowVersion {
		return nil, fmt.Errorf("%w: version %d is unknown", ErrWindow, b[0])
	}
	n := int(b[1])
	if n > MaxWriters {
		return nil, fmt.Errorf("%w: %d writers", ErrWindow, n)
	}
	b = b[2:]
	var writers [MaxWriters]writer
	for i := range n {
		if b, err = writers[i].consume(b); err != nil {
			return nil, err
		}
	}
	w.writers = append(w.writers[:0], writers[:n]...)
	return b, nil
}

func (wr *writer) consume(b []byte) ([]byte, error) {
	if len(b) < 1 || len(b) < 1+int(b[0]) {
		return nil, fmt.Errorf("%w: writer cut short", ErrWindow)
	}
	n := 1 + int(b[0])
	wr.id = string(b[1:n])
	b = b[n:]
	high, n := binary.Uvarint(b)
	if n <= 0 || len(b) < n+8 {
		return nil, fmt.Errorf("%w: writer cut short", ErrWindow)
	}
	wr.high = high
	wr.mask = binary.BigEndian.Uint64(b[n:])
	return b[n+8:], nil
}
