package produce

import "github.com/millrace/millrace/internal/packed"

// Header is a header of a record.
type Header struct {
	Key   string
	Value []byte
}

// Message is a record to be written.
type Message struct {
	Topic   string
	Key     string // empty: no key, any partition
	Value   []byte // nil: a tombstone, unless Packed says something
	Headers []Header
	// Packed is the value where it is packed already; Value is nil then. It is the
	// producer's from Send on.
	Packed packed.Text
	// Memory is what Value lies in, where that is to be used again; it is the producer's
	// from Send on.
	Memory Memory
}

// Memory is lent for as long as a message is under way.
type Memory interface {
	// Free is called when the message is written and nobody reads its value any more;
	// never where the message was given up, or a dead letter took its place: somebody
	// may still read it then.
	Free()
}

// Overhead is what a batch of one record adds to its bytes on the wire, rounded up.
const Overhead = 256

// Plain is the value as consumers get it. The error wraps packed.ErrText.
func (m Message) Plain() ([]byte, error) {
	if m.Packed.Size == 0 {
		return m.Value, nil
	}
	return m.Packed.Append(make([]byte, 0, m.Packed.Size))
}

// Size is the record's size as brokers limit it, rounded up.
func (m Message) Size() int {
	n := Overhead + len(m.Key) + len(m.Value)
	if m.Packed.Size > 0 {
		n += m.Packed.EnvelopeSize()
	}
	for _, h := range m.Headers {
		n += len(h.Key) + len(h.Value) + 10 // two lengths
	}
	return n
}
