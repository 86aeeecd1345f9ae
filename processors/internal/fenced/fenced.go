// Package fenced keeps values out of goka's tables that come from a session which had lost
// its partition already: a processor that stood still, such as under SIGSTOP or in a machine
// that was moved, goes on with what it had fetched until it hears that others took over.
//
// Each value that is emitted has its session's epoch with it (package epoch). When a table is
// recovered, values of an older epoch than those before them are left out, and the right
// value is emitted again behind them: compaction keeps the last of a key, whatever it is.
//
// A value that comes late from a lost session can be the last of its key in the topic until
// the session after that recovers, or the host is heard of again; whoever reads the topic
// knows by the epoch.
//
// Called by goka: [Tables.Update] and the storages of [Tables.Builder] by one goroutine for each
// partition. The package starts no goroutine.
package fenced

import (
	"encoding/binary"
	"errors"
	"sync"

	"github.com/lovoo/goka"
	"github.com/lovoo/goka/storage"

	"github.com/millrace/millrace/schemas/epoch"
)

// Tables are the partitions of one table that an instance has. Make it with New.
type Tables struct {
	emit func(key string, value []byte, headers goka.Headers)

	mu         sync.Mutex
	generation int32
	parts      map[int32]*part
}

// New makes Tables without partitions. What must be written again is given to emit, with
// value and key that nobody changes; it may block.
func New(emit func(key string, value []byte, headers goka.Headers)) *Tables {
	return &Tables{emit: emit, parts: map[int32]*part{}}
}

// Begin is called before the partitions of a session are set up, with the generation of its
// group.
func (t *Tables) Begin(generation int32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.generation = generation
}

// Headers are those of a value that is emitted to a partition now.
func (t *Tables) Headers(partition int32) goka.Headers {
	p := t.part(partition)
	if p == nil {
		return nil // the session has ended
	}
	return p.headers(t)
}

func (t *Tables) part(partition int32) *part {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.parts[partition]
}

// Update is goka's callback for each record of a table that is read.
func (t *Tables) Update(ctx goka.UpdateContext, s storage.Storage, key string, value []byte) error {
	if p := t.part(ctx.Partition()); p != nil && !p.admits(key, ctx.Headers()[epoch.Header]) {
		return nil
	}
	return goka.DefaultUpdate(ctx, s, key, value)
}

// Builder makes a storage builder that knows of each partition which epochs it has read.
func (t *Tables) Builder(inner storage.Builder) storage.Builder {
	return func(topic string, partition int32) (storage.Storage, error) {
		st, err := inner(topic, partition)
		if err != nil {
			return nil, err
		}
		p := &part{Storage: st, tables: t, partition: partition, late: map[string]bool{}}
		read, err := st.Get(newestKey)
		if err != nil {
			return nil, errors.Join(err, st.Close())
		}
		if len(read) == 8 {
			p.order = epoch.After(binary.BigEndian.Uint64(read))
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.parts[partition] = p
		return p, nil
	}
}

// newestKey has the newest epoch that a local copy has read; no host is called so.
const newestKey = "\x00epoch"

// part is the storage of a partition.
type part struct {
	storage.Storage
	tables    *Tables
	partition int32

	mu    sync.Mutex
	order epoch.Order
	late  map[string]bool // keys whose last value in the topic is of a session that had lost the partition
	mine  goka.Headers    // nil before the first emit
}

// admits takes note of a record that is read.
func (p *part) admits(key string, header []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.order.Admits(header) {
		p.late[key] = true
		return false
	}
	delete(p.late, key)
	return true
}

// headers are those of what the session emits. The first call fixes the epoch: all was read.
func (p *part) headers(t *Tables) goka.Headers {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mine == nil {
		t.mu.Lock()
		generation := t.generation
		t.mu.Unlock()
		next := epoch.Encode(p.order.Next(generation))
		p.order.Admits(next)
		p.mine = goka.Headers{epoch.Header: next}
	}
	return p.mine
}

// MarkRecovered implements storage.Storage.
func (p *part) MarkRecovered() error {
	p.mu.Lock()
	late := p.late
	p.late = map[string]bool{}
	p.mu.Unlock()
	for key := range late {
		value, err := p.Get(key)
		if err != nil {
			return err
		}
		if value != nil {
			p.tables.emit(key, value, p.headers(p.tables))
		}
	}
	return p.Storage.MarkRecovered()
}

// Close implements storage.Storage.
func (p *part) Close() error {
	p.tables.mu.Lock()
	if p.tables.parts[p.partition] == p {
		delete(p.tables.parts, p.partition)
	}
	p.tables.mu.Unlock()
	p.mu.Lock()
	newest := p.order.Newest()
	p.mu.Unlock()
	return errors.Join(p.Set(newestKey, epoch.Encode(newest)), p.Storage.Close())
}
