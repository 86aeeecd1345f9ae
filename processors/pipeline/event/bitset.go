package event

import "math/bits"

// bitset is a set of small numbers.
type bitset []uint64

func (b bitset) set(i int)      { b[i>>6] |= 1 << (i & 63) }
func (b bitset) clear(i int)    { b[i>>6] &^= 1 << (i & 63) }
func (b bitset) has(i int) bool { return b[i>>6]&(1<<(i&63)) != 0 }

func (b bitset) count() (n int) {
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// insert makes room for one more number at i, which is not in the set; size is how many numbers there are then.
func (b bitset) insert(i, size int) bitset {
	for len(b)*64 < size {
		b = append(b, 0)
	}
	first := i >> 6
	for w := len(b) - 1; w > first; w-- {
		b[w] = b[w]<<1 | b[w-1]>>63
	}
	low := uint64(1)<<(i&63) - 1
	b[first] = b[first]&low | (b[first]&^low)<<1
	return b
}
