package table

import (
	"maps"
	"sync"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/storage"

	"github.com/millrace/millrace/schemas/epoch"
)

// rows is the content of a table. Goka writes to it through one storage per
// partition; readers come here and never to goka's view, whose parts vanish under
// its readers when it ends.
type rows struct {
	complete func(*rows) // called once, when every partition is read

	mu     sync.RWMutex
	values map[string][]byte
	unread int
	parts  []*part // by partition
}

func newRows(partitions int, complete func(*rows)) *rows {
	r := &rows{complete: complete, values: map[string][]byte{}, unread: partitions}
	for range partitions {
		r.parts = append(r.parts, &part{rows: r, offset: notStored})
	}
	return r
}

func (r *rows) get(key string) []byte {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.values[key]
}

func (r *rows) all() map[string][]byte {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return maps.Clone(r.values)
}

// storage is goka's storage builder.
func (r *rows) storage(_ string, partition int32) (storage.Storage, error) {
	return r.parts[partition], nil
}

// reaches takes note of where a partition begins or ends: goka asks before it reads.
func (r *rows) reaches(partition int32, which, offset int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if which == sarama.OffsetNewest {
		r.parts[partition].end = offset
	} else {
		r.parts[partition].begin = offset
	}
}

// update is goka's callback for each record: those of a writer that had lost the partition
// already do not count.
func (r *rows) update(ctx goka.UpdateContext, s storage.Storage, key string, value []byte) error {
	r.mu.Lock()
	counts := r.parts[ctx.Partition()].order.Admits(ctx.Headers()[epoch.Header])
	r.mu.Unlock()
	if !counts {
		return nil
	}
	return goka.DefaultUpdate(ctx, s, key, value)
}

// read notes that one more partition is read to its end.
func (r *rows) read() {
	r.mu.Lock()
	r.unread--
	complete := r.unread == 0
	r.mu.Unlock()
	if complete {
		r.complete(r)
	}
}

// part is the storage of one partition. Keys of different partitions differ, so
// all share one map.
type part struct {
	rows *rows
	once sync.Once

	// guarded by the lock of rows
	order      epoch.Order
	offset     int64 // that was read last
	begin, end int64 // of the partition when its reading began
}

const notStored = -1

var _ storage.Storage = (*part)(nil)

// Open implements storage.Storage.
func (p *part) Open() error { return nil }

// Close implements storage.Storage. The values stay for those who read them.
func (p *part) Close() error { return nil }

// Has implements storage.Storage.
func (p *part) Has(key string) (bool, error) { return p.rows.get(key) != nil, nil }

// Get implements storage.Storage.
func (p *part) Get(key string) ([]byte, error) { return p.rows.get(key), nil }

// Set implements storage.Storage.
func (p *part) Set(key string, value []byte) error {
	p.rows.mu.Lock()
	defer p.rows.mu.Unlock()
	p.rows.values[key] = value
	return nil
}

// Delete implements storage.Storage.
func (p *part) Delete(key string) error {
	p.rows.mu.Lock()
	defer p.rows.mu.Unlock()
	delete(p.rows.values, key)
	return nil
}

// GetOffset implements storage.Storage.
func (p *part) GetOffset(def int64) (int64, error) {
	p.rows.mu.RLock()
	defer p.rows.mu.RUnlock()
	if p.offset == notStored {
		return def, nil
	}
	return p.offset, nil
}

// SetOffset implements storage.Storage.
func (p *part) SetOffset(offset int64) error {
	p.rows.mu.Lock()
	defer p.rows.mu.Unlock()
	p.offset = offset
	return nil
}

// MarkRecovered implements storage.Storage. Goka calls it, too, where it was cut off in the
// midst of a partition.
func (p *part) MarkRecovered() error {
	if p.whole() {
		p.once.Do(p.rows.read)
	}
	return nil
}

func (p *part) whole() bool {
	p.rows.mu.RLock()
	defer p.rows.mu.RUnlock()
	return max(p.offset+1, p.begin) >= p.end
}

// Iterator implements storage.Storage; nobody asks goka's view for one.
func (p *part) Iterator() (storage.Iterator, error) { return storage.NewMemory().Iterator() }

// IteratorWithRange implements storage.Storage; nobody asks goka's view for one.
func (p *part) IteratorWithRange(start, limit []byte) (storage.Iterator, error) {
	return storage.NewMemory().IteratorWithRange(start, limit)
}
