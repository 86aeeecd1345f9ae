package inorder

import "sort"

// Bounds of what is delivered and not finished, for each partition.
const (
	// MaxRecords keeps about a second of small records, and what is delivered again
	// after a kill small.
	MaxRecords = 256
	// MaxBytes bounds memory where records are large: a record under way weighs
	// several times its own bytes in what it leads to. Thirty full raw records are
	// far more than a round trip to Kafka takes.
	MaxBytes = 8 << 20
)

// Tracker knows which of a partition's records are delivered and which of those
// are finished. Offsets ascend and may have gaps (compaction, control records). It
// has no lock. Its zero value is ready, with the bounds above.
type Tracker struct {
	entries []entry // by offset; those before head are gone
	head    int
	bytes   int
}

type entry struct {
	offset int64
	size   int
	done   bool
}

// Deliver takes note of a record that is handed over. An offset that is not above
// all before it is ignored.
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

// Done takes note of a finished record. If that finishes the oldest one, it returns
// the offset to commit: that of the record after the finished prefix.
func (t *Tracker) Done(offset int64) (commit int64, ok bool) {
	live := t.entries[t.head:]
	i := sort.Search(len(live), func(i int) bool { return live[i].offset >= offset })
	if i == len(live) || live[i].offset != offset {
		return 0, false
	}
	live[i].done = true
	for t.head < len(t.entries) && t.entries[t.head].done {
		e := t.entries[t.head]
		commit, ok = e.offset+1, true
		t.bytes -= e.size
		t.head++
	}
	if t.head == len(t.entries) {
		t.entries, t.head = t.entries[:0], 0
	}
	return commit, ok
}

// Full reports whether no further record may be delivered now.
func (t *Tracker) Full() bool { return t.Len() >= MaxRecords || t.bytes >= MaxBytes }

// Len is the number of records that are delivered and not behind the finished prefix.
func (t *Tracker) Len() int { return len(t.entries) - t.head }
