package enrich

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/millrace/millrace/processors"
	"github.com/millrace/millrace/processors/enrich/internal/refine"
	"github.com/millrace/millrace/processors/pipeline"
	"github.com/millrace/millrace/schemas/batch"
	"github.com/millrace/millrace/schemas/hosts"
	"github.com/millrace/millrace/schemas/record"
	"github.com/millrace/millrace/schemas/revision"
	"github.com/millrace/millrace/schemas/topic"
)

// stage binds the pure core to a processor: it fetches what the core needs and
// carries out what it returns.
type stage struct {
	partitions int32 // of the raw topic
	revision   func(context.Context, revision.ID) (refine.Found, error)
	data       pipeline.Data // nil: none
	metrics    *metrics
	health     *Health // nil: nobody asks
	log        *slog.Logger

	mu      sync.Mutex
	workers map[int32]*worker // by partition
}

// worker is the memory of one partition. Its lock is nearly always free, since a
// partition has one goroutine at a time.
type worker struct {
	mu     sync.Mutex
	refine refine.Worker
	found  []refine.Found
	host   hosts.State // of the record at work, and what it has counted
	window processors.Window
	text   []byte // of both
}

// step is called for each raw record.
func (s *stage) step(c *processors.Context) {
	r := c.Record()
	header, present := r.Header(record.Header)
	at := refine.Place{Key: r.Key, Partition: r.Partition, Partitions: s.partitions}
	w := s.worker(r.Partition)
	w.mu.Lock()
	defer w.mu.Unlock()
	m, refusal := w.refine.Open(at, header, present, r.Value)
	if refusal != nil {
		s.metrics.refused.WithLabelValues(refusal.Reason).Inc()
		c.DeadLetter(refusal.Reason, refusal.Cause)
		return
	}
	if err := s.find(c.Context(), w, m); err != nil {
		c.Abandon()
		return
	}
	out := w.refine.Refine(m, r.Value, w.found)
	for _, b := range out.Batches {
		header := processors.Header{Key: batch.Header, Value: b.Header}
		if b.Value == nil {
			c.EmitPacked(topic.Logs(b.App), r.Key, b.Packed, header)
			continue
		}
		c.EmitLent(topic.Logs(b.App), r.Key, b.Value, b.Memory, header)
	}
	for _, l := range out.Letters {
		c.DeadLetterPart(l.Reason, l.Cause, l.Value, processors.Header{Key: record.Header, Value: l.Header})
	}
	s.count(c, w, m, out)
	s.metrics.add(out)
	s.health.take(time.Now(), m, out)
}

func (s *stage) worker(partition int32) *worker {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.workers[partition]
	if !ok {
		w = &worker{refine: refine.Worker{Data: s.data}}
		s.workers[partition] = w
	}
	return w
}

// find looks up the revision of each segment. It may wait for etcd; the error is
// ctx's.
func (s *stage) find(ctx context.Context, w *worker, m *record.Manifest) error {
	w.found = w.found[:0]
	for i := range m.Segments {
		seg := &m.Segments[i]
		if seg.ValueLen() == 0 && seg.Rev == (revision.ID{}) {
			w.found = append(w.found, refine.Found{}) // nobody knows whose range it is
			continue
		}
		if i > 0 && seg.Rev == m.Segments[i-1].Rev && w.found[i-1] != (refine.Found{}) {
			w.found = append(w.found, w.found[i-1])
			continue
		}
		f, err := s.revision(ctx, seg.Rev)
		if err != nil {
			return err
		}
		w.found = append(w.found, f)
	}
	return nil
}
