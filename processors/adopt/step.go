package adopt

import (
	"sync/atomic"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/topic"
)

// spec is the processor of one foreign topic. The claim may change while it runs.
func spec(name string, id TopicID, current *atomic.Pointer[claim]) processors.Spec {
	return processors.Spec{
		Group:      topic.GroupAdopt + "-" + name,
		Inputs:     []string{name},
		DeadLetter: topic.DeadAdopt,
		Step: func(c *processors.Context) {
			r := c.Record()
			header, _ := r.Header(HeaderHost)
			host, records, no := convert(&foreign{
				topic: r.Topic, id: id, partition: r.Partition, offset: r.Offset, at: r.Timestamp,
				key: r.Key, host: string(header), value: r.Value,
			}, current.Load())
			if no != nil {
				c.DeadLetter(no.reason, no.cause)
				return
			}
			for _, raw := range records {
				c.Emit(topic.Raw, host, raw.value, processors.Header{Key: record.Header, Value: raw.header})
			}
		},
	}
}
