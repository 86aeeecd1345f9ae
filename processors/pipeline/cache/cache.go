// Package cache remembers answers for texts, in bounded memory and without a list to keep: a table in which the hash of a
// text says where it stands, beside a few others, of which those stay that were asked for lately. A hit allocates nothing,
// and reads little more than the text and its neighbours. A cache belongs to one goroutine and answers what was put into it,
// so it can never change a result.
package cache

import "hash/maphash"

// Cache maps texts to values. The zero value is not usable; call New.
type Cache[V any] struct {
	seed   maphash.Seed
	places []place[V] // their number is a power of two
	most   int
	known  int
}

// ways is how many texts share a place. Fewer, and some that are in use at the same time would drive each other out.
const ways = 4

// place holds texts, roughly in the order in which they were asked for last.
type place[V any] [ways]entry[V]

// entry is a text; its hash is 0 if there is none.
type entry[V any] struct {
	hash  uint64
	text  string
	value V
}

// New returns a cache of at most size texts, a power of two from 4 on. Its table is small until it must be larger.
func New[V any](size int) *Cache[V] {
	return &Cache[V]{seed: maphash.MakeSeed(), places: make([]place[V], 1), most: size / ways}
}

// Get returns the value of a text.
func (c *Cache[V]) Get(text []byte) (v V, ok bool) {
	hash := c.hash(text)
	p := c.place(hash)
	for i := range p {
		if e := &p[i]; e.hash == hash && e.text == string(text) {
			v = e.value
			if i > 0 {
				p[i-1], p[i] = p[i], p[i-1]
			}
			return v, true
		}
	}
	return v, false
}

// Put keeps the value of a text that is not known, and the text.
func (c *Cache[V]) Put(text string, v V) {
	hash := c.hash([]byte(text))
	for c.place(hash)[ways-1].hash != 0 && len(c.places) < c.most {
		c.grow()
	}
	c.put(&entry[V]{hash, text, v})
}

// Len returns how many texts are known.
func (c *Cache[V]) Len() int { return c.known }

// hash is not 0.
func (c *Cache[V]) hash(text []byte) uint64 { return maphash.Bytes(c.seed, text) | 1 }

func (c *Cache[V]) place(hash uint64) *place[V] {
	return &c.places[hash>>1&uint64(len(c.places)-1)]
}

func (c *Cache[V]) put(e *entry[V]) {
	p := c.place(e.hash)
	if p[ways-1].hash == 0 {
		c.known++
	}
	copy(p[1:], p[:])
	p[0] = *e
}

// grow doubles the places.
func (c *Cache[V]) grow() {
	old := c.places
	c.places, c.known = make([]place[V], 2*len(old)), 0
	for i := range old {
		for nth := ways - 1; nth >= 0; nth-- { // in the order in which they came
			if e := &old[i][nth]; e.hash != 0 {
				c.put(e)
			}
		}
	}
}
