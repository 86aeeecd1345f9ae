package produce

// books are the messages under way, in the order in which they were sent. Guarded by the
// producer's lock.
type books struct {
	first, last *item
	count       int
}

// place is where an item stands in books.
type place struct {
	books          *books // nil: in none
	before, behind *item
}

func (b *books) add(it *item) {
	it.books, it.before = b, b.last
	if b.last == nil {
		b.first = it
	} else {
		b.last.behind = it
	}
	b.last = it
	b.count++
}

func (b *books) has(it *item) bool { return it.books == b }

// take strikes an item off and reports whether it was there.
func (b *books) take(it *item) bool {
	if it.books != b {
		return false
	}
	if it.before == nil {
		b.first = it.behind
	} else {
		it.before.behind = it.behind
	}
	if it.behind == nil {
		b.last = it.before
	} else {
		it.behind.before = it.before
	}
	b.count--
	it.place = place{}
	return true
}
