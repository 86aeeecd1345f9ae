// Package inorder turns work that ends in any order into offsets that may be
// committed in order.
//
// A consumer that commits the highest finished offset loses what is unfinished
// below it when it dies. A Tracker learns the offsets of one partition in the
// order in which they were delivered and gives out only the end of the finished
// prefix. It is pure: no goroutine, no lock, no clock; its owner guards it and
// bounds how much it holds by not delivering more.
package inorder

import "sort"

// Tracker follows one partition of one session. The zero Tracker is ready.
type Tracker struct {
	entries []entry // by offset, gaps allowed; those before head are gone
	head    int
	bytes   int
}

type entry struct {
	offset int64
	size   int
	done   bool
}

// Deliver says that the record at offset was handed out. Offsets must ascend;
// one that does not is ignored, because it is known already.
func (t *Tracker) Deliver(offset int64, size int) {
	if n := len(t.entries); n > t.head && offset <= t.entries[n-1].offset {
		return
	}
	if t.head > 0 && len(t.entries) == cap(t.entries) { // make room before growing
		n := copy(t.entries, t.entries[t.head:])
		t.entries, t.head = t.entries[:n], 0
	}
	t.entries = append(t.entries, entry{offset: offset, size: size})
	t.bytes += size
}

// Done says that the record at offset is finished. It returns the offset to
// commit (the one to read next) and true when the finished prefix has grown.
// Unknown and already finished offsets change nothing.
func (t *Tracker) Done(offset int64) (next int64, grown bool) {
	live := t.entries[t.head:]
	i := sort.Search(len(live), func(i int) bool { return live[i].offset >= offset })
	if i == len(live) || live[i].offset != offset {
		return 0, false
	}
	live[i].done = true
	for t.head < len(t.entries) && t.entries[t.head].done {
		e := t.entries[t.head]
		next, grown = e.offset+1, true
		t.bytes -= e.size
		t.head++
	}
	if t.head == len(t.entries) {
		t.entries, t.head = t.entries[:0], 0
	}
	return next, grown
}

// Open is the number of delivered records that cannot be committed yet.
func (t *Tracker) Open() int { return len(t.entries) - t.head }

// Bytes is the size of those records.
func (t *Tracker) Bytes() int { return t.bytes }
