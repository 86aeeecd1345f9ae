package processors

import (
	"github.com/lovoo/goka"

	"github.com/millrace/millrace/processors/internal/fenced"
	"github.com/millrace/millrace/processors/internal/produce"
	"github.com/millrace/millrace/schemas/epoch"
	"github.com/millrace/millrace/schemas/topic"
)

// tableEmits is the producer that goka has. It gives values of the table the epoch of their
// session: goka would copy the header from map to map for each value.
type tableEmits struct {
	*produce.Producer
	tables     *fenced.Tables
	table      string // the topic
	partitions int32  // of it, and of the inputs
}

// placed reports whether the key belongs to the partition, as it should.
func (t *tableEmits) placed(key string, partition int32) bool {
	return topic.Partition([]byte(key), t.partitions) == partition
}

// EmitWithHeaders implements goka.Producer. A value without headers is of the session that
// has the partition of its key.
func (t *tableEmits) EmitWithHeaders(to, key string, value []byte, headers goka.Headers) *goka.Promise {
	if len(headers) > 0 || to != t.table {
		return t.Producer.EmitWithHeaders(to, key, value, headers)
	}
	m := produce.Message{Topic: to, Key: key, Value: value}
	if of := t.tables.Headers(topic.Partition([]byte(key), t.partitions)); of != nil {
		m.Headers = []produce.Header{{Key: epoch.Header, Value: of[epoch.Header]}}
	}
	return t.Promise(m)
}
