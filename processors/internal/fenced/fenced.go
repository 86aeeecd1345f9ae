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
// [Tables.Begin] and [Tables.Repair] are called by the session of the group, [Tables.Update]
// and the storages of [Tables.Builder] by goka, with one goroutine for each partition. The
// package starts no goroutine.
package fenced

import (
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/storage"

	"github.com/millrace/millrace/schemas/epoch"
)

// Tables are the partitions of one table that an instance has. Make it with New.
type Tables struct {
	emit func(key string, value []byte, headers goka.Headers) *goka.Promise

	mu         sync.Mutex
	generation int32
	parts      map[int32]*part
}

// New makes Tables without partitions. What must be written again is given to emit, with
// value and key that nobody changes; it may block. Its promise has the message that is
// written, or none.
func New(emit func(key string, value []byte, headers goka.Headers) *goka.Promise) *Tables {
	return &Tables{emit: emit, parts: map[int32]*part{}}
}

// Begin is called before the partitions of a session are set up, with the generation of its
// group.
func (t *Tables) Begin(generation int32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.generation = generation
}

// mostRepairs is how many values a session writes again before it begins; later ones do the
// rest. More might not fit into the producer, which waits while Kafka takes nothing.
const mostRepairs = 1000

// Repair writes right values behind those that came late. It is called when all partitions
// of a session are read to their end, which goka's MarkRecovered does not say: that is
// called, too, when a session ends in the midst of reading, and a value from there may be
// old.
func (t *Tables) Repair() error {
	t.mu.Lock()
	parts := slices.Collect(maps.Values(t.parts))
	t.mu.Unlock()
	left := mostRepairs
	for _, p := range parts {
		n, err := p.repair(left)
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// Headers are those of a value that is emitted to a partition now.
func (t *Tables) Headers(partition int32) goka.Headers {
	p := t.part(partition)
	if p == nil {
		return nil // the session has ended
	}
	return p.headers()
}

// group is the generation of the session's group.
func (t *Tables) group() int32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.generation
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
		read, err := st.Get(stateKey)
		if err != nil {
			return nil, errors.Join(err, st.Close())
		}
		p := &part{Storage: st, tables: t, partition: partition, read: decode(read)}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.parts[partition] = p
		return p, nil
	}
}

// Complete reports whether the local copy of a partition has all values up to its offset:
// what its session wrote stands in the topic one behind the other. Where it does not,
// somebody else has written in between, and the session has not read that.
func (t *Tables) Complete(partition int32) bool {
	p := t.part(partition)
	return p == nil || p.complete()
}

// part is the storage of a partition.
type part struct {
	storage.Storage
	tables    *Tables
	partition int32

	mu        sync.Mutex
	read      state
	mine      goka.Headers // nil before the first emit
	recovered bool
	written   int64 // values of the session in the topic
	from, to  int64 // the last offset before them, and their last
}

// admits takes note of a record that is read.
func (p *part) admits(key string, header []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.read.order.Admits(header) {
		p.read.late[key] = true
		return false
	}
	delete(p.read.late, key)
	return true
}

// headers are those of what the session emits. The first call fixes the epoch: all was read.
func (p *part) headers() goka.Headers {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mine == nil {
		p.mine = goka.Headers{epoch.Header: epoch.Encode(p.read.order.Next(p.tables.group()))}
	}
	return p.mine
}

// SetOffset implements storage.Storage. After recovery it is called for each value of the
// session that is written. Only then its epoch is one that was read: others, who never saw
// a value of it, may write in a smaller one.
func (p *part) SetOffset(offset int64) error {
	p.mu.Lock()
	if p.recovered {
		p.written++
		p.to = max(p.to, offset)
		p.read.order.Admits(p.mine[epoch.Header])
	}
	p.mu.Unlock()
	return p.Storage.SetOffset(offset)
}

func (p *part) complete() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.to-p.from == p.written
}

// MarkRecovered implements storage.Storage.
func (p *part) MarkRecovered() error {
	if err := p.Storage.MarkRecovered(); err != nil {
		return err
	}
	// goka is silent about a value at offset 0, so an empty topic counts as one with it
	from, err := p.GetOffset(0)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recovered, p.from, p.to = true, from, from
	return nil
}

// repair writes the right values of late keys behind those that came late, and returns how
// many there were.
func (p *part) repair(most int) (n int, err error) {
	p.mu.Lock()
	late := slices.Sorted(maps.Keys(p.read.late))
	p.mu.Unlock()
	late = late[:min(len(late), most)]
	for _, key := range late {
		if err := p.repairKey(key); err != nil {
			return 0, err
		}
	}
	return len(late), nil
}

// repairKey writes the right value of a key. The key is late until that is in the topic.
func (p *part) repairKey(key string) error {
	value, err := p.Get(key)
	if err != nil {
		return err
	}
	if value == nil { // nothing is known that would be right
		p.repaired(key)
		return nil
	}
	p.tables.emit(key, value, p.headers()).ThenWithMessage(func(written *sarama.ProducerMessage, _ error) {
		if written == nil {
			return // given up, or a newer value has taken its place
		}
		p.repaired(key)
		_ = p.SetOffset(written.Offset) // where it fails, the storage notes that it did
	})
	return nil
}

func (p *part) repaired(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.read.late, key)
}

// Close implements storage.Storage.
func (p *part) Close() error {
	p.mu.Lock()
	read := p.read.encode()
	p.mu.Unlock()
	err := errors.Join(p.Set(stateKey, read), p.Storage.Close())
	p.tables.mu.Lock()
	defer p.tables.mu.Unlock()
	if p.tables.parts[p.partition] == p {
		delete(p.tables.parts, p.partition)
	}
	return err
}
