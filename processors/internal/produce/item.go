package produce

import "github.com/twmb/franz-go/pkg/kgo"

// Fate is told what becomes of an emit.
type Fate interface {
	// Refused makes the dead letter that takes the message's place when Kafka will
	// never take it. It is called at most once, and only if the emit may be replaced.
	// Returning false drops the message.
	Refused(cause string) (Message, bool)
	// Done is called once: with the record when it is written, with nil when it is
	// superseded, dropped, or given up at Abort. It must not block.
	Done(written *kgo.Record)
}

// Emit is a message under way.
type Emit struct {
	Message
	Fate
	// Replaceable says that a dead letter may take the message's place. Without it the
	// message is sent until it is written.
	Replaceable bool
}

// item is an Emit in the producer's books, with room for what Kafka's client wants to have
// of it: there may be a hundred thousand a second.
type item struct {
	Emit
	number  uint64 // in the order of Send
	table   bool
	older   *item // of the same key, resolved with this one
	alone   bool  // its batch was refused for one of the records in it
	failure error // of the last try
	place         // in the books

	record  kgo.Record
	headers [1]kgo.RecordHeader
}

// fill makes the record of the message as it is now.
func (it *item) fill() *kgo.Record {
	it.record = kgo.Record{Topic: it.Topic, Value: it.Value, Headers: it.headers[:0]}
	if it.Key != "" {
		it.record.Key = []byte(it.Key)
	}
	for _, h := range it.Headers {
		it.record.Headers = append(it.record.Headers, kgo.RecordHeader(h))
	}
	if it.Packed.Size > 0 {
		it.record.Value = it.Packed.Envelope()
	}
	return &it.record
}

// release forgets what only the client needed: the envelope of a packed value.
func (it *item) release() {
	if it.Packed.Size > 0 {
		it.record.Value = nil
	}
}
