package processors

import (
	"sync"

	"github.com/lovoo/goka/storage"

	"github.com/millrace/millrace/internal/kafka"
)

// tableCopy is the content of a table by partition. A view's readers use it and
// never goka's view, whose parts vanish under its readers when it ends.
type tableCopy struct {
	complete func(*tableCopy) // called once, when every partition is read

	mu         sync.RWMutex
	partitions []storage.Storage
	unread     int
}

func newTableCopy(partitions int, complete func(*tableCopy)) *tableCopy {
	return &tableCopy{complete: complete, partitions: make([]storage.Storage, partitions), unread: partitions}
}

// build is goka's storage builder.
func (c *tableCopy) build(_ string, partition int32) (storage.Storage, error) {
	st := storage.NewMemory()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.partitions[partition] = st
	return &announced{Storage: st, recovered: c.read}, nil
}

// read is called when one more partition is read to its end.
func (c *tableCopy) read() {
	c.mu.Lock()
	c.unread--
	complete := c.unread == 0
	c.mu.Unlock()
	if complete {
		c.complete(c)
	}
}

func (c *tableCopy) get(key string) ([]byte, error) {
	c.mu.RLock()
	st := c.partitions[kafka.Partition([]byte(key), int32(len(c.partitions)))]
	c.mu.RUnlock()
	return st.Get(key)
}

// each walks over a snapshot of one partition after the other.
func (c *tableCopy) each(f func(key string, value []byte) bool) error {
	c.mu.RLock()
	partitions := c.partitions
	c.mu.RUnlock()
	for _, st := range partitions {
		it, err := st.Iterator()
		if err != nil {
			return err
		}
		for it.Next() {
			b, err := it.Value()
			if err != nil {
				return err
			}
			if !f(string(it.Key()), b) {
				return nil
			}
		}
	}
	return nil
}

// announced tells when goka has read a partition to its end.
type announced struct {
	storage.Storage
	recovered func()
	once      sync.Once
}

// MarkRecovered implements storage.Storage.
func (a *announced) MarkRecovered() error {
	err := a.Storage.MarkRecovered()
	a.once.Do(a.recovered)
	return err
}
