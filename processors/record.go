package processors

import (
	"cmp"
	"slices"
	"time"

	"github.com/lovoo/goka"

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

	headers goka.Headers
}

// Header is a header of a record.
type Header = produce.Header

// Message is a record to be written. An empty key means none, which puts the
// record into any partition.
type Message = produce.Message

// Memory is lent for as long as a value is under way; see [Context.EmitLent].
type Memory = produce.Memory

// WithHeaders is the record with other headers, for tests of steps.
func (r Record) WithHeaders(headers ...Header) Record {
	r.headers = make(goka.Headers, len(headers))
	for _, h := range headers {
		r.headers[h.Key] = h.Value
	}
	return r
}

// Header is the value of the header called name, and whether there is one. Of
// several headers with one name it is the last.
func (r Record) Header(name string) ([]byte, bool) {
	v, ok := r.headers[name]
	return v, ok
}

// Origin is the place of the record.
func (r Record) Origin() deadletter.Origin {
	return deadletter.Origin{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset}
}

// headerList is the record's headers, ordered by name.
func (r Record) headerList() []Header {
	list := make([]Header, 0, len(r.headers))
	for name, v := range r.headers {
		list = append(list, Header{Key: name, Value: v})
	}
	slices.SortFunc(list, func(a, b Header) int { return cmp.Compare(a.Key, b.Key) })
	return list
}
