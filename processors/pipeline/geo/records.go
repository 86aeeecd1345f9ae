package geo

import (
	"net/netip"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// most is how many places, owners, and records of a file are remembered before they are forgotten.
const most = 1 << 14

// records are those that were asked for, each rendered once.
type records struct {
	files          []fileRecords
	places, owners numbered
	joined         map[[2]uint16]uint16 // what the places of two files are together
}

// pair is what is known of an address, by number: its place and its owner. The zero pair is none.
type pair struct{ place, owner uint16 }

// fileRecords are those of one file, by where they lie in it.
type fileRecords struct {
	db    *DB
	known map[uint32]pair
}

func newRecords(files []*DB) records {
	r := records{joined: map[[2]uint16]uint16{}}
	for _, db := range files {
		r.files = append(r.files, fileRecords{db: db, known: map[uint32]pair{}})
	}
	return r
}

// full reports whether the records should be forgotten before more are asked for.
func (r *records) full() bool {
	for i := range r.files {
		if len(r.files[i].known) >= most {
			return true
		}
	}
	return max(r.places.next, r.owners.next) >= most
}

// pair puts together what the files know of an address; the first counts where two know the same.
func (r *records) pair(addr netip.Addr) pair {
	p := pair{unknown, unknown}
	for i := range r.files {
		next := r.inFile(&r.files[i], addr)
		p.place = r.join(p.place, next.place)
		if p.owner == unknown {
			p.owner = next.owner
		}
	}
	return p
}

// answer is what stands behind the numbers of a pair.
func (r *records) answer(p pair) Answer { return Answer{r.places.get(p.place), r.owners.get(p.owner)} }

// join returns what two places say together.
func (r *records) join(a, b uint16) uint16 {
	switch {
	case b == unknown || a == b:
		return a
	case a == unknown || r.places.get(a).Fields() == 0:
		return b
	case r.places.get(b).Fields() == 0:
		return a
	}
	both, ok := r.joined[[2]uint16{a, b}]
	if !ok {
		both = r.places.add(r.places.get(a).With(r.places.get(b)))
		r.joined[[2]uint16{a, b}] = both
	}
	return both
}

// inFile is what one file alone knows.
func (r *records) inFile(f *fileRecords, addr netip.Addr) pair {
	offset := f.db.offset(addr)
	if offset == nowhere {
		return pair{unknown, unknown}
	}
	p, ok := f.known[uint32(offset)] // the tree has no longer numbers
	if !ok {
		p = r.read(f.db, offset)
		f.known[uint32(offset)] = p
	}
	return p
}

// read renders the record at an offset.
func (r *records) read(db *DB, offset uintptr) pair {
	var record Record
	if !db.add(offset, &record) {
		return pair{unknown, unknown}
	}
	place, owner := newPlace(&record), newOwner(&record)
	if place == nil && owner == nil {
		place = event.NewAnswer()
	}
	return pair{r.places.add(place), r.owners.add(owner)}
}

// numbered are answers by number, those of a chunk side by side in memory, where they stay.
type numbered struct {
	chunks []*[chunk]event.Answer
	next   int
}

const (
	chunk = 64
	// unknown is the number of no answer; nothing has the number 0.
	unknown = 1
)

// add returns the number of an answer.
func (l *numbered) add(a *event.Answer) uint16 {
	if a == nil {
		return unknown
	}
	n := max(l.next, unknown+1)
	if n/chunk == len(l.chunks) {
		l.chunks = append(l.chunks, new([chunk]event.Answer))
	}
	l.chunks[n/chunk][n%chunk] = *a
	l.next = n + 1
	return uint16(n)
}

func (l *numbered) get(n uint16) *event.Answer {
	if n <= unknown {
		return nil
	}
	return &l.chunks[n/chunk][n%chunk]
}
