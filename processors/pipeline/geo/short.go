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

// shortTable remembers the answers of short addresses: 16,384 of them in half a mebibyte, which it takes with the first. The
// zero value is empty.
type shortTable struct{ places []shortPlace }

// placeBits name a place.
const placeBits = 13

// shortPlace is one line of the processor's cache: two addresses that came here, the newer one first.
type shortPlace struct {
	keys    [2]short
	answers [2]*Answer
	_       [2]uint64
}

// place is where an address stands.
func (t *shortTable) place(key short) *shortPlace {
	const odd = 0x9e3779b97f4a7c15
	hash := (key.head*odd ^ key.rest) * odd
	return &t.places[hash>>(64-placeBits)]
}

func (t *shortTable) get(key short) *Answer {
	if t.places == nil {
		return nil
	}
	p := t.place(key)
	if p.keys[0] == key {
		return p.answers[0]
	}
	if p.keys[1] == key {
		return p.answers[1]
	}
	return nil
}

func (t *shortTable) put(key short, a *Answer) {
	if t.places == nil {
		t.places = make([]shortPlace, 1<<placeBits)
	}
	p := t.place(key)
	p.keys[0], p.keys[1] = key, p.keys[0]
	p.answers[0], p.answers[1] = a, p.answers[0]
}
