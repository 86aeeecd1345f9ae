// Package cache remembers answers for texts, in bounded memory and without a list to keep: two generations of a map. What is
// asked for moves to the young one; when that is full it becomes the old one, and the old one is forgotten. A hit allocates
// nothing. A cache belongs to one goroutine and answers what was put into it, so it can never change a result.
package cache

// Cache maps texts to values. The zero value is not usable; call New.
type Cache[V any] struct {
	young, old map[string]V
	size       int
}

// New returns a cache of at most 2*size texts.
func New[V any](size int) *Cache[V] {
	return &Cache[V]{young: make(map[string]V), size: size}
}

// Get returns the value of a text.
func (c *Cache[V]) Get(text []byte) (v V, ok bool) {
	if v, ok = c.young[string(text)]; ok {
		return v, true
	}
	if v, ok = c.old[string(text)]; ok {
		c.Put(string(text), v)
	}
	return v, ok
}

// Put keeps the value of a text, and the text.
func (c *Cache[V]) Put(text string, v V) {
	if len(c.young) >= c.size {
		c.old, c.young = c.young, make(map[string]V, c.size)
	}
	c.young[text] = v
}

// Len returns how many texts are known, some of them twice.
func (c *Cache[V]) Len() int { return len(c.young) + len(c.old) }
