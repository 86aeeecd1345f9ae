package geo

import (
	"net/netip"

	"github.com/millrace/millrace/processors/pipeline/event"
)

// most is how many records of a file, and how many pairs of places, are remembered before they are forgotten.
const most = 1 << 14

// records are those that were asked for, each rendered once.
type records struct {
	files  []fileRecords
	places map[[2]*event.Answer]*event.Answer // what two files know together
	words  event.Words
}

// fileRecords are those of one file, by where they lie in it.
type fileRecords struct {
	db    *DB
	known map[uintptr]Answer
}

func newRecords(files []*DB) records {
	r := records{places: map[[2]*event.Answer]*event.Answer{}}
	for _, db := range files {
		r.files = append(r.files, fileRecords{db: db, known: map[uintptr]Answer{}})
	}
	return r
}

// answer puts together what the files know of an address; the first counts where two know the same.
func (r *records) answer(addr netip.Addr) (a Answer) {
	for i := range r.files {
		next := r.files[i].answer(addr, &r.words)
		a.place = r.join(a.place, next.place)
		if a.owner == nil {
			a.owner = next.owner
		}
	}
	return a
}

// join returns what two places say together.
func (r *records) join(a, b *event.Answer) *event.Answer {
	switch {
	case a == nil || a.Fields() == 0 && b != nil:
		return b
	case b == nil || b.Fields() == 0:
		return a
	}
	both := r.places[[2]*event.Answer{a, b}]
	if both == nil {
		if len(r.places) >= most {
			clear(r.places)
		}
		both = a.With(b)
		r.places[[2]*event.Answer{a, b}] = both
	}
	return both
}

// answer is what this file alone knows.
func (f *fileRecords) answer(addr netip.Addr, words *event.Words) Answer {
	offset := f.db.offset(addr)
	if offset == nowhere {
		return Answer{}
	}
	a, ok := f.known[offset]
	if !ok {
		if len(f.known) >= most {
			clear(f.known)
		}
		a = f.read(offset, words)
		f.known[offset] = a
	}
	return a
}

// read renders the record at an offset.
func (f *fileRecords) read(offset uintptr, words *event.Words) (a Answer) {
	var r Record
	if !f.db.add(offset, &r) {
		return a
	}
	a = Answer{newPlace(&r, words), newOwner(&r, words)}
	if !a.Found() {
		a.place = event.NewAnswer()
	}
	return a
}
