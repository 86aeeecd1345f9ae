package produce

// Header is a header of a record.
type Header struct {
	Key   string
	Value []byte
}

// Message is a record to be written.
type Message struct {
	Topic   string
	Key     string // empty: no key, any partition
	Value   []byte // nil: a tombstone
	Headers []Header
}

// Overhead is what sarama counts for a record besides its bytes, rounded up, and
// what a batch of one such record adds on the wire.
const Overhead = 256

// Size is the record's size as brokers limit it, rounded up.
func (m Message) Size() int {
	n := Overhead + len(m.Key) + len(m.Value)
	for _, h := range m.Headers {
		n += len(h.Key) + len(h.Value) + 10 // two lengths
	}
	return n
}
