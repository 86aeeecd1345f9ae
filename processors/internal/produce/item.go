package produce

import "github.com/IBM/sarama"

// Fate is told what becomes of an emit.
type Fate interface {
	// Refused makes the dead letter that takes the message's place when Kafka will
	// never take it. It is called at most once, and only if the emit may be replaced.
	// Returning false drops the message.
	Refused(cause string) (Message, bool)
	// Done is called once: with the message when it is written, with nil when it is
	// superseded, dropped, or given up at Abort. It must not block.
	Done(written *sarama.ProducerMessage)
}

// Emit is a message under way.
type Emit struct {
	Message
	Fate
	// Replaceable says that a dead letter may take the message's place. Without it the
	// message is sent until it is written.
	Replaceable bool
}

// item is an Emit in the producer's books, with room for what sarama wants to have of
// it: there may be a hundred thousand a second.
type item struct {
	Emit
	number uint64 // in the order of Send
	table  bool
	older  *item // of the same key, resolved with this one
	first  envelope
}

// envelope is a message as sarama takes it.
type envelope struct {
	message    sarama.ProducerMessage
	key, value encoded
	headers    [1]sarama.RecordHeader
}

// encoded is bytes as sarama takes them.
type encoded []byte

// Encode implements sarama.Encoder.
func (e *encoded) Encode() ([]byte, error) { return *e, nil }

// Length implements sarama.Encoder.
func (e *encoded) Length() int { return len(*e) }

// sarama is the message as it is sent now. Each try has an envelope of its own, because
// sarama goes on reading one that it has given back.
func (it *item) sarama() *sarama.ProducerMessage {
	e := &it.first
	if e.message.Topic != "" {
		e = &envelope{}
	}
	e.message.Topic, e.message.Metadata = it.Topic, it
	names := make([]byte, 0, it.names())
	name := func(s string) []byte {
		names = append(names, s...)
		return names[len(names)-len(s):]
	}
	if it.Key != "" {
		e.key = name(it.Key)
		e.message.Key = &e.key
	}
	if value, err := it.Plain(); err == nil && value != nil {
		e.value = value
		e.message.Value = &e.value
	}
	e.message.Headers = e.headers[:0]
	for _, h := range it.Headers {
		e.message.Headers = append(e.message.Headers, sarama.RecordHeader{Key: name(h.Key), Value: h.Value})
	}
	return &e.message
}

// names is how many bytes the key and the names of the headers have.
func (it *item) names() int {
	n := len(it.Key)
	for _, h := range it.Headers {
		n += len(h.Key)
	}
	return n
}
