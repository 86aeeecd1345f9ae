// Package inorder turns work that ends in any order into offsets that may be
// committed in order.
//
// A consumer that commits the highest finished offset loses what is unfinished
// below it when it dies. A Tracker learns the offsets of one partition in the
// order in which they were delivered and gives out only the end of the finished
// prefix. It is pure: no goroutine, no lock, no clock; its owner guards it and
// bounds how many offsets it holds by not delivering more.
package inorder

import "slices"

// Tracker follows one partition of one session. The zero Tracker is ready.
type Tracker struct {
	open []slot // ascending offsets, gaps allowed; open[0] is unfinished
}

type slot struct {
	offset int64
	done   bool
}

// Deliver says that the record at offset was handed out. Offsets must ascend;
// one that does not is ignored, because it is known already.
func (t *Tracker) Deliver(offset int64) {
	if n := len(t.open); n > 0 && t.open[n-1].offset >= offset {
		return
	}
	t.open = append(t.open, slot{offset: offset})
}

// Done says that the record at offset is finished. It returns the offset to
// commit (the one to read next) and true when the finished prefix has grown.
// Unknown and already finished offsets change nothing.
func (t *Tracker) Done(offset int64) (next int64, grown bool) {
	i, found := slices.BinarySearchFunc(t.open, offset, func(s slot, o int64) int {
		return int(min(max(s.offset-o, -1), 1))
	})
	if !found || t.open[i].done {
		return 0, false
	}
	t.open[i].done = true
	if i > 0 {
		return 0, false
	}
	n := 0
	for n < len(t.open) && t.open[n].done {
		n++
	}
	next = t.open[n-1].offset + 1
	t.open = t.open[:copy(t.open, t.open[n:])]
	return next, true
}

// Open is the number of delivered records that cannot be committed yet.
func (t *Tracker) Open() int { return len(t.open) }
