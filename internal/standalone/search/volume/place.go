package volume

import "context"

// maxSeconds bounds the memory of sequence numbers in use; forgotten ones are read from the file again.
const maxSeconds = 4096

// second knows where the next document of each stream goes within one second. A fresh second has no rows from before it
// was first written by this process, so a stream it does not know starts at zero.
type second struct {
	fresh bool
	next  map[int]slot // by the first number of a stream
}

// slot is a place among the numbers of one stream: its n-th number and the next sequence number there.
type slot struct{ alias, sequence int }

// undo is how to take back a placement.
type undo struct {
	second, first int
	before        slot
}

// place gives a document its row number. ok is false when the volume has no stream number left for it.
func (w *writer) place(sec int, key streamKey) (id rowid, ok bool, err error) {
	numbers := w.numbers[key]
	if len(numbers) == 0 {
		if ok, err := w.addStream(key); !ok || err != nil {
			return 0, false, err
		}
		numbers = w.numbers[key]
	}
	s := w.second(sec)
	first := numbers[0]
	at, known := s.next[first]
	if !known && !s.fresh {
		if at, err = w.probe(sec, numbers); err != nil {
			return 0, false, err
		}
	}
	before := at
	if at.sequence >= w.f.limits.PerSecond {
		at = slot{alias: at.alias + 1}
	}
	if at.alias >= len(numbers) {
		if ok, err := w.addStream(key); !ok || err != nil {
			return 0, false, err
		}
		numbers = w.numbers[key]
	}
	w.undos = append(w.undos, undo{sec, first, before})
	s.next[first] = slot{at.alias, at.sequence + 1}
	return makeRowid(sec, numbers[at.alias], at.sequence), true, nil
}

func (w *writer) second(sec int) *second {
	s := w.seconds[sec]
	if s != nil {
		return s
	}
	if len(w.seconds) >= maxSeconds {
		clear(w.seconds)
	}
	s = &second{fresh: !w.seen[sec], next: make(map[int]slot)}
	w.seconds[sec] = s
	w.seen[sec] = true
	return s
}

// probe finds the next free place of a stream in a second that may have rows.
func (w *writer) probe(sec int, numbers []int) (slot, error) {
	for alias := len(numbers) - 1; alias >= 0; alias-- {
		lo := makeRowid(sec, numbers[alias], 0)
		var last *int64
		if err := w.lastRow.QueryRowContext(context.Background(), int64(lo), int64(lo|maxSequence)).Scan(&last); err != nil {
			return slot{}, err
		}
		if last != nil {
			return slot{alias, int(*last)&maxSequence + 1}, nil
		}
	}
	return slot{}, nil
}

// rewind takes back all placements in undos, newest first.
func (w *writer) rewind() {
	for i := len(w.undos) - 1; i >= 0; i-- {
		u := w.undos[i]
		if s := w.seconds[u.second]; s != nil {
			s.next[u.first] = u.before
		}
	}
	w.undos = w.undos[:0]
}

// addStream takes a number for a stream: its first, or a further one. Searches see it at once, before any document has
// it, so that a committed document's stream is never unknown.
func (w *writer) addStream(key streamKey) (ok bool, err error) {
	number := len(w.f.streams)
	if number >= w.f.limits.Streams {
		return false, nil
	}
	err = w.exec(`INSERT INTO stream(id, ix, key) VALUES(?,?,?)`, number, key.index, string(key.key))
	if err != nil {
		return false, err
	}
	w.f.mu.Lock()
	defer w.f.mu.Unlock()
	w.f.streams = append(w.f.streams, newStream(w.f.ixs[key.index], key.key))
	w.numbers[key] = append(w.numbers[key], number)
	return true, nil
}

// index returns the number of an index in the volume, taking one where it is new.
func (w *writer) index(ix Index) (int, error) {
	if n, ok := w.indices[ix.UUID]; ok {
		return n, nil
	}
	n := len(w.f.ixs)
	if err := w.exec(`INSERT INTO ix(id, uuid, name) VALUES(?,?,?)`, n, ix.UUID, ix.Name); err != nil {
		return 0, err
	}
	w.f.mu.Lock()
	defer w.f.mu.Unlock()
	w.f.ixs = append(w.f.ixs, ix)
	w.indices[ix.UUID] = n
	return n, nil
}
