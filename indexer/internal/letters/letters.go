// Package letters writes what can never be indexed to topic.DeadLogs.
//
// A letter is a record in the format of the app topics, only the failing events,
// with cause, reason and origin: driving it again is a copy. A Writer makes one
// attempt for each call; letters may be written twice when a process is killed.
package letters

import (
	"errors"
	"fmt"
	"sync"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/indexer/internal/bulk"
	"github.com/millrace/millrace/internal/kafka"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/deadletter"
	"github.com/millrace/millrace/schemas/topic"
)

// Letter is a record on its way to the dead letters.
type Letter struct {
	Key, Value []byte
	Headers    []sarama.RecordHeader
	// Batch is the record that the events are of, nameless where that cannot be read.
	Batch *bulk.Batch
	// Reason and Events are for counting.
	Reason string
	Events int
}

// Whole makes a letter of a record that cannot be read. It counts as one event.
func Whole(m *sarama.ConsumerMessage, reason, cause string) Letter {
	origin := deadletter.Origin{Topic: m.Topic, Partition: m.Partition, Offset: m.Offset}
	l := Letter{Key: m.Key, Value: m.Value, Batch: &bulk.Batch{Origin: origin}, Reason: reason, Events: 1}
	for _, h := range m.Headers {
		switch string(h.Key) { // left from an earlier stay among the dead letters
		case deadletter.HeaderCause, deadletter.HeaderReason, deadletter.HeaderOrigin:
		default:
			l.Headers = append(l.Headers, *h)
		}
	}
	l.sign(cause, origin)
	return l
}

// Part makes a letter of some events of one batch, which must be items of that
// batch in their order.
func Part(items []bulk.Item, reason, cause string) Letter {
	b := items[0].Batch
	l := Letter{Key: b.Key, Batch: b, Reason: reason, Events: len(items)}
	m := batch.Manifest{Writer: b.Manifest.Writer, Seq: b.Manifest.Seq, At: b.Manifest.At, Part: b.Manifest.Part}
	last := -1
	for i := range items {
		it := &items[i]
		run := b.Manifest.Runs[it.Run]
		if it.Run != last {
			l.Value = append(l.Value, b.Common(it.Run)...)
			run.Count = 0
			m.Runs = append(m.Runs, run)
			last = it.Run
		}
		l.Value = run.AppendOwn(l.Value, it.Original, b.Common(it.Run))
		m.IDs = append(m.IDs, it.ID())
		m.Runs[len(m.Runs)-1].Count++
	}
	l.Headers = append(l.Headers, sarama.RecordHeader{Key: []byte(batch.Header), Value: batch.Append(nil, &m)})
	l.sign(cause, b.Origin)
	return l
}

// signs is how many headers sign puts behind those of the record, the cause first.
const signs = 3

func (l *Letter) sign(cause string, origin deadletter.Origin) {
	l.header(deadletter.HeaderCause, deadletter.Cause(cause))
	l.header(deadletter.HeaderReason, l.Reason)
	l.header(deadletter.HeaderOrigin, origin.String())
}

func (l *Letter) header(key, value string) {
	l.Headers = append(l.Headers, sarama.RecordHeader{Key: []byte(key), Value: []byte(value)})
}

// shorten makes the letter that is written when even Kafka refuses the record: without
// its value, and if that does not help without its key and headers. Where it was is still
// said. A letter that is as short as can be stays.
func (l *Letter) shorten() {
	size := len(l.Key) + len(l.Value)
	switch {
	case l.Value != nil:
		l.Value = nil
	case len(l.Headers) > signs || len(l.Key) > 0:
		for _, h := range l.Headers[:len(l.Headers)-signs] {
			size += len(h.Value)
		}
		l.Key, l.Headers = nil, l.Headers[len(l.Headers)-signs:]
	default:
		return
	}
	cause := &l.Headers[len(l.Headers)-signs]
	note := fmt.Sprintf("(%d bytes are left out: with its headers the record is too large)", size-len(l.Key))
	cause.Value = []byte(deadletter.Cause(note + " " + string(cause.Value)))
}

// Writer writes letters. It connects at the first one. Safe for concurrent use;
// one attempt runs at a time, which bounds what is in flight.
type Writer struct {
	cfg    kafka.Config
	dialer *kafka.Dialer

	mu       sync.Mutex
	producer sarama.SyncProducer // nil before the first letter and after an error to connect
}

// NewWriter makes a Writer that dials through dialer.
func NewWriter(cfg kafka.Config, dialer *kafka.Dialer) *Writer {
	return &Writer{cfg: cfg, dialer: dialer}
}

// Write tries once to write all letters and returns those that are not written,
// with the reason. Kafka's client repeats a little by itself.
func (w *Writer) Write(list []Letter) ([]Letter, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.connectLocked(); err != nil {
		return list, fmt.Errorf("dead letters: %w", err)
	}
	messages := make([]*sarama.ProducerMessage, len(list))
	for i := range list {
		messages[i] = &sarama.ProducerMessage{
			Topic: topic.DeadLogs, Key: sarama.ByteEncoder(list[i].Key), Value: sarama.ByteEncoder(list[i].Value),
			Headers: list[i].Headers, Metadata: i,
		}
	}
	err := w.producer.SendMessages(messages)
	if err == nil {
		return nil, nil
	}
	var failed sarama.ProducerErrors
	if !errors.As(err, &failed) {
		return list, fmt.Errorf("dead letters: %w", err)
	}
	rest := make([]Letter, 0, len(failed))
	for _, f := range failed {
		i, _ := f.Msg.Metadata.(int)
		l := list[i]
		if kafka.Classify(f.Err) == kafka.RecordPermanent {
			l.shorten()
		}
		rest = append(rest, l)
	}
	return rest, fmt.Errorf("dead letters: %d of %d: %w", len(failed), len(list), failed[0].Err)
}

func (w *Writer) connectLocked() error {
	if w.producer != nil {
		return nil
	}
	sc, err := w.cfg.Sarama()
	if err != nil {
		return err
	}
	w.dialer.Use(sc)
	w.producer, err = sarama.NewSyncProducer(w.cfg.Brokers, sc)
	return err
}

// Close ends the connections. No Write may follow.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.producer == nil {
		return nil
	}
	return w.producer.Close()
}
