// Package writeback keeps the values of goka's local tables in memory and writes
// them to disk in bulk: of a key that changed many times only the newest value.
//
// Goka writes the local copy of a table for each record, and reads it before. Where
// records are small that is a quarter of all work, and for nothing: the table's
// topic holds the truth, and a local copy that is some thousand writes behind it
// after a crash reads them again. What is written is never ahead of what it says to
// be: values go to disk before the offset up to which they are complete. A value
// that was set and is not in the topic yet belongs to a record that is not
// committed, and is lost or kept by a crash without harm, as before.
//
// At most maxWrites writes and heldBytes of values are held for each partition.
// Called by goka; the package starts no goroutine. A Close writes all.
package writeback

import (
	"bytes"
	"errors"
	"sync"

	"github.com/lovoo/goka/storage"
)

const (
	// maxWrites is how many writes a crash may undo: a moment's work to read again.
	maxWrites = 4096
	// heldBytes bounds the memory for one partition. Beyond it all is written and
	// forgotten.
	heldBytes = 8 << 20
	// overhead is what an entry takes besides its key and value, roughly.
	overhead = 100
)

// Builder makes a storage builder whose storages hold back the writes to those of
// another.
func Builder(inner storage.Builder) storage.Builder {
	return func(topic string, partition int32) (storage.Storage, error) {
		st, err := inner(topic, partition)
		if err != nil {
			return nil, err
		}
		return &held{Storage: st, values: map[string]value{}}, nil
	}
}

// value is a table value in memory; nil bytes mean that the key is not there.
type value struct {
	bytes []byte
	dirty bool
}

// held is a storage in front of another.
type held struct {
	storage.Storage

	mu     sync.Mutex // guards what follows, and the writes below it
	values map[string]value
	bytes  int
	writes int // since the last flush
	offset int64
	moved  bool // offset is not written
}

// Get implements storage.Storage.
func (h *held) Get(key string) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if v, ok := h.values[key]; ok {
		return bytes.Clone(v.bytes), nil
	}
	b, err := h.Storage.Get(key)
	if err != nil {
		return nil, err
	}
	return b, h.holdLocked(key, value{bytes: bytes.Clone(b)})
}

// Has implements storage.Storage.
func (h *held) Has(key string) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if v, ok := h.values[key]; ok {
		return v.bytes != nil, nil
	}
	return h.Storage.Has(key)
}

// Set implements storage.Storage.
func (h *held) Set(key string, b []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.writeLocked(key, append([]byte{}, b...)) // never nil
}

// Delete implements storage.Storage.
func (h *held) Delete(key string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.writeLocked(key, nil)
}

func (h *held) writeLocked(key string, b []byte) error {
	if h.writes++; h.writes >= maxWrites {
		if err := h.flushLocked(); err != nil {
			return err
		}
	}
	return h.holdLocked(key, value{b, true})
}

// holdLocked keeps a value, and forgets all others first where there is no room.
func (h *held) holdLocked(key string, v value) error {
	size := len(key) + len(v.bytes) + overhead
	if h.bytes+size > heldBytes {
		if err := h.flushLocked(); err != nil {
			return err
		}
		clear(h.values)
		h.bytes = 0
	}
	if old, ok := h.values[key]; ok {
		h.bytes -= len(key) + len(old.bytes) + overhead
	}
	h.values[key] = v
	h.bytes += size
	return nil
}

// GetOffset implements storage.Storage.
func (h *held) GetOffset(otherwise int64) (int64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.moved {
		return h.offset, nil
	}
	return h.Storage.GetOffset(otherwise)
}

// SetOffset implements storage.Storage. It is written with the next values.
func (h *held) SetOffset(offset int64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.offset, h.moved = offset, true
	return nil
}

// flushLocked writes what is not written: the values, and then the offset.
func (h *held) flushLocked() error {
	h.writes = 0
	for key, v := range h.values {
		if !v.dirty {
			continue
		}
		err := error(nil)
		if v.bytes == nil {
			err = h.Storage.Delete(key)
		} else {
			err = h.Storage.Set(key, v.bytes)
		}
		if err != nil {
			return err
		}
		h.values[key] = value{bytes: v.bytes}
	}
	if !h.moved {
		return nil
	}
	h.moved = false
	return h.Storage.SetOffset(h.offset)
}

func (h *held) flush() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.flushLocked()
}

// MarkRecovered implements storage.Storage.
func (h *held) MarkRecovered() error { return errors.Join(h.flush(), h.Storage.MarkRecovered()) }

// Iterator implements storage.Storage.
func (h *held) Iterator() (storage.Iterator, error) {
	if err := h.flush(); err != nil {
		return nil, err
	}
	return h.Storage.Iterator()
}

// IteratorWithRange implements storage.Storage.
func (h *held) IteratorWithRange(start, limit []byte) (storage.Iterator, error) {
	if err := h.flush(); err != nil {
		return nil, err
	}
	return h.Storage.IteratorWithRange(start, limit)
}

// Close implements storage.Storage.
func (h *held) Close() error { return errors.Join(h.flush(), h.Storage.Close()) }
