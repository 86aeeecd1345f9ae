package geo

import "encoding/binary"

// short is the text of an address in two words, if it is short, as those of IPv4 are: it can be compared without looking for
// it in memory.
type short struct{ head, rest uint64 }

// shorten makes two words of a text. They say all of it: its first eight bytes, then those behind them and its length.
func shorten(text []byte) (s short, ok bool) {
	const least, most = 8, 15
	n := len(text)
	if n < least || n > most {
		return s, false
	}
	rest := binary.LittleEndian.Uint64(text[n-8:]) >> (8 * (16 - n))
	return short{binary.LittleEndian.Uint64(text), rest | uint64(n)<<56}, true
}

// shortTable remembers the answers of short addresses, at most 16,384 in half a mebibyte; it is small until it must be
// larger. The zero value is empty.
type shortTable struct {
	places []shortPlace // 1<<bits, none at first
	bits   int
}

const leastBits, mostBits = 4, 13

// shortPlace is one line of the processor's cache: two addresses that came here, the newer one first.
type shortPlace [2]shortEntry

// shortEntry is an address with its answer; a key of zeros is none.
type shortEntry struct {
	key    short
	answer Answer
}

func (t *shortTable) get(key short) (a Answer, ok bool) {
	if t.places == nil {
		return a, false
	}
	p := t.place(key)
	if p[0].key == key {
		return p[0].answer, true
	}
	if p[1].key == key {
		return p[1].answer, true
	}
	return a, false
}

func (t *shortTable) put(key short, a Answer) {
	if t.places == nil {
		t.places, t.bits = make([]shortPlace, 1<<leastBits), leastBits
	}
	for t.bits < mostBits && t.place(key)[1].key != (short{}) {
		t.grow()
	}
	t.place(key).put(shortEntry{key, a})
}

// place is where an address stands.
func (t *shortTable) place(key short) *shortPlace {
	const odd = 0x9e3779b97f4a7c15
	hash := (key.head*odd ^ key.rest) * odd
	return &t.places[hash>>(64-t.bits)]
}

func (p *shortPlace) put(e shortEntry) { p[0], p[1] = e, p[0] }

// grow doubles the places.
func (t *shortTable) grow() {
	old := t.places
	t.bits++
	t.places = make([]shortPlace, 1<<t.bits)
	for i := range old {
		for _, e := range [...]shortEntry{old[i][1], old[i][0]} { // in the order in which they came
			if e.key != (short{}) {
				t.place(e.key).put(e)
			}
		}
	}
}
