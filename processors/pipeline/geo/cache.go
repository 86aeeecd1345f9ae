package geo

import (
	"net/netip"
	"unsafe"

	"github.com/millrace/millrace/processors/pipeline/cache"
)

const (
	// size is how many addresses are remembered beside the short ones.
	size = 1 << 14
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
	files   []*DB
	short   shortTable
	long    *cache.Cache[Answer]
	own     *cache.Cache[Address]
	records records
}

// Lookup is Set.Lookup with memory. It reports whether the text is an IP address at all.
func (c *Cache) Lookup(set *Set, name string, text []byte) (a Answer, ok bool) {
	m := c.memory(set, name)
	key, isShort := shorten(text)
	if !isShort {
		return m.lookup(text)
	}
	p := m.short.get(key)
	if p == (pair{}) {
		addr, ok := parse(text)
		if !ok {
			return a, false
		}
		p = m.find(addr)
		m.short.put(key, p)
	}
	return m.records.answer(p), true
}

// find looks an address up in the files.
func (m *memory) find(addr netip.Addr) pair {
	if m.records.full() {
		m.short, m.records = shortTable{}, newRecords(m.files)
	}
	return m.records.pair(addr)
}

// lookup looks a text up that is not short.
func (m *memory) lookup(text []byte) (a Answer, ok bool) {
	if a, ok = m.long.Get(text); ok {
		return a, true
	}
	addr, ok := parse(text)
	if !ok {
		return a, false
	}
	a = m.records.answer(m.find(addr))
	if len(text) <= longest {
		m.long.Put(string(text), a)
	}
	return a, true
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
	own := newAddress(addr, network(set.files(name), addr))
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
	files := set.files(name)
	m := &memory{name: name, files: files, long: cache.New[Answer](size), own: cache.New[Address](size), records: newRecords(files)}
	c.memories = append(c.memories, m)
	return m
}
