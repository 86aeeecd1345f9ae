package geo

import (
	"net/netip"
	"unsafe"

	"github.com/millrace/millrace/processors/pipeline/cache"
	"github.com/millrace/millrace/processors/pipeline/event"
)

const (
	// size is how many addresses are remembered beside the short ones.
	size = 1 << 14
	// most is how many records, of which each serves all addresses of some networks, are remembered before all are forgotten.
	most = 1 << 13
	// longest is the text of an address with a zone that is worth remembering.
	longest = 64
)

// Cache remembers the answers of a set for one goroutine. The zero value is empty.
type Cache struct {
	set      *Set
	memories []*memory // few: one for each name that was asked for
}

// memory is what is remembered of the databases that a name stands for.
type memory struct {
	name    string
	short   shortTable
	long    *cache.Cache[*Answer]
	own     *cache.Cache[Address]
	records records
}

// Lookup is Set.Lookup with memory. The text is an IP address; one that is none gives nil.
func (c *Cache) Lookup(set *Set, name string, text []byte) *Answer {
	m := c.memory(set, name)
	key, isShort := shorten(text)
	if !isShort {
		return m.lookup(text)
	}
	if answer := m.short.get(key); answer != nil {
		return answer
	}
	addr, ok := parse(text)
	if !ok {
		return nil
	}
	answer := m.records.answer(addr)
	m.short.put(key, answer)
	return answer
}

// lookup looks a text up that is not short.
func (m *memory) lookup(text []byte) *Answer {
	if answer, ok := m.long.Get(text); ok {
		return answer
	}
	addr, ok := parse(text)
	if !ok {
		return nil
	}
	answer := m.records.answer(addr)
	if len(text) <= longest {
		m.long.Put(string(text), answer)
	}
	return answer
}

// Address returns what is of an address alone. The text is one for which Lookup has found something.
func (c *Cache) Address(set *Set, name string, text []byte) Address {
	m := c.memory(set, name)
	if own, ok := m.own.Get(text); ok {
		return own
	}
	addr, ok := parse(text)
	if !ok {
		return Address{}
	}
	own := newAddress(addr, network(m.records.files, addr))
	if len(text) <= longest {
		m.own.Put(string(text), own)
	}
	return own
}

func parse(text []byte) (addr netip.Addr, ok bool) {
	addr, err := netip.ParseAddr(unsafe.String(unsafe.SliceData(text), len(text))) // which only the error would keep
	return addr.WithZone("").Unmap(), err == nil
}

func (c *Cache) memory(set *Set, name string) *memory {
	if c.set != set {
		*c = Cache{set: set}
	}
	for _, m := range c.memories {
		if m.name == name {
			return m
		}
	}
	m := &memory{
		name: name, long: cache.New[*Answer](size), own: cache.New[Address](size), records: records{files: set.files(name)},
	}
	c.memories = append(c.memories, m)
	return m
}

// records are those that were asked for, each rendered once.
type records struct {
	files   []*DB
	first   branch // of the first file
	count   int
	words   event.Words
	offsets []uintptr // scratch
}

// branch leads by where the record of an address lies in a file to the branch of the next one, and behind the last to the
// answer.
type branch struct {
	next   map[uintptr]*branch
	answer *Answer
}

func (r *records) answer(addr netip.Addr) *Answer {
	r.offsets = offsets(r.offsets[:0], r.files, addr)
	if r.count >= most {
		r.first, r.count = branch{}, 0
	}
	at := &r.first
	for _, offset := range r.offsets {
		at = at.to(offset)
	}
	if at.answer == nil {
		at.answer = r.read()
		r.count++
	}
	return at.answer
}

func (b *branch) to(offset uintptr) *branch {
	next := b.next[offset]
	if next == nil {
		if b.next == nil {
			b.next = map[uintptr]*branch{}
		}
		next = &branch{}
		b.next[offset] = next
	}
	return next
}

// read makes the answer of the record at the offsets.
func (r *records) read() *Answer {
	if record, found := recordAt(r.files, r.offsets); found {
		return newAnswer(&record, &r.words)
	}
	return &Answer{}
}
