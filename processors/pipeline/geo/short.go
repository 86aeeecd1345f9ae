package geo

import "encoding/binary"

// short is the text of an address in one word, if it is short, as those of IPv4 are: it can be compared without looking for
// it in memory. The text is made of dots, digits and others near them, so that half a byte is enough for each, and does not
// end in a dot: what lies behind the end looks like dots.
type short uint64

// shorten makes a word of a text.
func shorten(text []byte) (s short, ok bool) {
	const (
		least, most = 8, 15
		dots        = 0x2e2e2e2e2e2e2e2e
		halves      = 0xf0f0f0f0f0f0f0f0
	)
	n := len(text)
	if n < least || n > most {
		return 0, false
	}
	first, last := binary.LittleEndian.Uint64(text)-dots, binary.LittleEndian.Uint64(text[n-8:])-dots
	if (first|last)&halves != 0 || last>>56 == 0 {
		return 0, false
	}
	return short(first | last>>(8*(16-n))<<4), true
}

// shortTable remembers what is known of short addresses. It is as large as it must
// be to know most of those that are asked for, and no larger: what is asked for seldom is not near when it is. The zero
// value is empty.
type shortTable struct {
	sets          []shortSet // 1<<bits, none at first
	bits          int
	asked, missed int // since the size was looked at
}

const (
	leastBits = 3
	mostBits  = 12 // 16,384 addresses in 256 KiB
	// often is how often an address must be asked for, on average, for the table to be large enough.
	often = 16
)

// shortSet is a line of the processor's cache: addresses that have the same place, the newest first.
type shortSet [4]shortEntry

// shortEntry is an address and what is known of it: the zero pair where there is none.
type shortEntry struct {
	key  short
	pair pair
}

// get returns the zero pair for an address that is not there.
func (t *shortTable) get(key short) pair {
	t.asked++
	if len(t.sets) == 0 {
		return pair{}
	}
	s := t.set(key)
	for i := range s {
		if s[i].key == key {
			return s[i].pair
		}
	}
	return pair{}
}

// put adds an address that get has not found.
func (t *shortTable) put(key short, p pair) {
	if t.missed++; t.missed > len(shortSet{})*len(t.sets) {
		t.review()
	}
	t.set(key).put(shortEntry{key, p})
}

// review doubles the table if it misses too often. As many addresses as it has room for have come since the last time.
func (t *shortTable) review() {
	if t.sets == nil || t.bits < mostBits && t.asked < often*t.missed {
		t.grow()
	}
	t.asked, t.missed = 0, 0
}

// set is where an address stands.
func (t *shortTable) set(key short) *shortSet {
	const odd = 0x9e3779b97f4a7c15
	return &t.sets[uint64(key)*odd>>(64-t.bits)]
}

func (s *shortSet) put(e shortEntry) {
	copy(s[1:], s[:])
	s[0] = e
}

func (t *shortTable) grow() {
	old := t.sets
	t.bits = max(leastBits, t.bits+1)
	t.sets = make([]shortSet, 1<<t.bits)
	for i := range old {
		for nth := range old[i] {
			if e := old[i][len(old[i])-1-nth]; e.pair != (pair{}) { // in the order in which they came
				t.set(e.key).put(e)
			}
		}
	}
}
