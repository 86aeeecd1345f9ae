package inorder

import (
	"sync"

	"github.com/IBM/sarama"

	"github.com/millrace/millrace/internal/inorder"
)

// Bounds of what is delivered and not finished, for each partition.
const (
	// MaxRecords keeps about a second of small records, and what is delivered again
	// after a kill small.
	MaxRecords = 256
	// MaxBytes bounds memory where records are large: a record under way weighs
	// several times its own bytes in what it leads to. Thirty full raw records are
	// far more than a round trip to Kafka takes.
	MaxBytes = 8 << 20
)

// window is a bounded tracker shared between the forwarder that delivers and the
// emits' callbacks that finish.
type window struct {
	depth func(delta int) // told of every change of the number of records within

	mu     sync.Mutex
	t      inorder.Tracker
	heads  [MaxRecords]head // by offset, of what goka has not asked for
	frozen bool
	free   chan struct{} // one note: the prefix moved
}

// head is the headers of a record.
type head struct {
	offset  int64
	headers []*sarama.RecordHeader // nil: there are none here
}

func newWindow(depth func(int)) *window {
	return &window{depth: depth, free: make(chan struct{}, 1)}
}

// wait blocks until a record may be delivered, and reports false when stop came first.
func (w *window) wait(stop <-chan struct{}) bool {
	for {
		w.mu.Lock()
		full := w.t.Open() >= MaxRecords || w.t.Bytes() >= MaxBytes
		w.mu.Unlock()
		if !full {
			return true
		}
		select {
		case <-w.free:
		case <-stop:
			return false
		}
	}
}

func (w *window) deliver(offset int64, size int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.t.Open()
	w.t.Deliver(offset, size)
	if !w.frozen {
		w.depth(w.t.Open() - before)
	}
}

// carry keeps the headers of a record until they are taken.
func (w *window) carry(offset int64, headers []*sarama.RecordHeader) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heads[offset%MaxRecords] = head{offset, headers}
}

// take takes the headers of a record. They are not there if they were taken, or if others
// came in their place, which is where offsets are missing between records.
func (w *window) take(offset int64) []*sarama.RecordHeader {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := &w.heads[offset%MaxRecords]
	if h.offset != offset {
		return nil
	}
	headers := h.headers
	h.headers = nil // or a batch that was fetched would stay
	return headers
}

// done finishes a record and calls commit with the new end of the finished prefix,
// if it moved. After freeze it does nothing.
func (w *window) done(offset int64, commit func(next int64)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.frozen {
		return
	}
	before := w.t.Open()
	next, ok := w.t.Done(offset)
	if !ok {
		return
	}
	commit(next)
	w.depth(w.t.Open() - before)
	select {
	case w.free <- struct{}{}:
	default:
	}
}

// freeze ends the commits; when it returns none is under way.
func (w *window) freeze() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.frozen {
		w.frozen = true
		w.depth(-w.t.Open())
	}
}
