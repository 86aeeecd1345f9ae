package processors

import (
	"cmp"
	"slices"
	"time"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/processors/internal/produce"
	"github.com/millrace/millrace/schemas/deadletter"
)

// Record is one input record. Its bytes belong to the record: steps may keep
// slices of them, and must not change them.
type Record struct {
	Topic     string
	Partition int32
	Offset    int64
	Timestamp time.Time
	Key       string
	Value     []byte // nil for a tombstone

	headers []*sarama.RecordHeader
}

// Header is a header of a record: its Key, a string, and its Value, bytes.
type Header = produce.Header

// Message is a record to be written: its Topic, Key, Value ([]byte) and Headers. An empty
// key means none, which puts the record into any partition. Packed and Memory are set
// where EmitPacked or EmitLent made it.
type Message = produce.Message

// Memory is lent for as long as a value is under way: its one method, Free(), is called
// then. See [Context.EmitLent].
type Memory = produce.Memory

// WithHeaders is the record with other headers, for tests of steps.
func (r Record) WithHeaders(headers ...Header) Record {
	r.headers = make([]*sarama.RecordHeader, 0, len(headers))
	for _, h := range headers {
		r.headers = append(r.headers, &sarama.RecordHeader{Key: []byte(h.Key), Value: h.Value})
	}
	return r
}

// Header is the value of the header called name, and whether there is one. Of
// several headers with one name it is the last.
func (r Record) Header(name string) ([]byte, bool) {
	for _, h := range slices.Backward(r.headers) {
		if string(h.Key) == name {
			return h.Value, true
		}
	}
	return nil, false
}

// Origin is the place of the record.
func (r Record) Origin() deadletter.Origin {
	return deadletter.Origin{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset}
}

// headerList is the record's headers, ordered by name, and the last of those with one name.
func (r Record) headerList() []Header {
	list := make([]Header, 0, len(r.headers))
	for _, h := range slices.Backward(r.headers) {
		list = append(list, Header{Key: string(h.Key), Value: h.Value})
	}
	slices.SortStableFunc(list, func(a, b Header) int { return cmp.Compare(a.Key, b.Key) })
	return slices.CompactFunc(list, func(a, b Header) bool { return a.Key == b.Key })
}
