package search

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/internal/standalone/search/volume"
)

// groupDocs is how many documents one commit takes at most: larger ones gain nothing and delay their first requests.
const groupDocs = 10_000

// request is what the writer is asked for: to write documents, or to run a function between commits.
type request struct {
	items []*item
	fn    func() error
	done  chan error // buffered: the writer never waits for who asked
}

// item is a document to write and what came of it.
type item struct {
	doc     *volume.Doc
	replace bool // the action index with an _id: an earlier document gives way

	replaced bool
	full     string // why the document has no place
	orphan   bool   // its index was deleted while it waited
}

// do runs fn on the writer, where no transaction is open.
func (s *Store) do(ctx context.Context, fn func() error) error {
	return s.ask(ctx, request{fn: fn, done: make(chan error, 1)})
}

// put writes items. When it returns nil all of them are on disk or say why not.
func (s *Store) put(ctx context.Context, items []*item) error {
	if len(items) == 0 {
		return nil
	}
	return s.ask(ctx, request{items: items, done: make(chan error, 1)})
}

func (s *Store) ask(ctx context.Context, r request) error {
	select {
	case s.requests <- r:
	case <-s.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	// Taken: the items belong to the writer until it answers, whatever becomes of the request.
	return <-r.done
}

// write is the writing goroutine. It ends when Close closes s.closing.
func (s *Store) write() {
	defer close(s.ended)
	for {
		select {
		case r := <-s.requests:
			for r.done != nil {
				r = s.group(r)
			}
		case <-s.closing:
			return
		}
	}
}

// group serves a request together with those that came while the last commit ran. It returns a request that it took
// but that has to go by itself.
func (s *Store) group(first request) (next request) {
	if first.fn != nil {
		first.done <- first.fn()
		return request{}
	}
	taken := []request{first}
	items := first.items
	for len(items) < groupDocs && next.done == nil {
		select {
		case r := <-s.requests:
			if r.fn != nil || len(items)+len(r.items) > groupDocs {
				next = r
				continue
			}
			taken = append(taken, r)
			items = append(items[:len(items):len(items)], r.items...)
			continue
		default:
		}
		break
	}
	err := s.commit(items)
	for _, r := range taken {
		r.done <- err
	}
	return next
}

// commit writes items in one transaction for each file. After an error nothing of them may be taken as written; what
// other files have committed is found as existing when it is sent again.
func (s *Store) commit(items []*item) error {
	start := time.Now()
	tx, err := s.attempt(items)
	for n := 1; isUnreadable(err) && n < maxVolumes; n++ {
		tx, err = s.attempt(items) // now without the volume that was found damaged
	}
	if err != nil {
		s.opts.Logger.Error("a commit failed; its documents will be refused", "error", err)
		return err
	}
	s.metrics.committed(items, time.Since(start))
	return tx.rest()
}

// attempt writes items, or leaves nothing.
func (s *Store) attempt(items []*item) (*transaction, error) {
	tx := &transaction{s: s}
	if err := tx.apply(items); err != nil {
		return tx, errors.Join(err, tx.rollback())
	}
	return tx, tx.commit()
}

// rest gives back the memory of the other days' writers when a day is new: they are hardly written any more.
func (tx *transaction) rest() error {
	if !tx.opened {
		return nil
	}
	var err error
	for _, files := range tx.s.days {
		for _, f := range files {
			if !tx.began[f] {
				err = errors.Join(err, f.Rest())
			}
		}
	}
	return err
}

// transaction spans the files that a commit touches.
type transaction struct {
	s       *Store
	files   []*volume.File
	began   map[*volume.File]bool
	opened  bool              // a volume is new
	pending map[int64][]*item // not yet added, by day
}

// begin opens the file's transaction once.
func (tx *transaction) begin(f *volume.File) error {
	if tx.began == nil {
		tx.began = make(map[*volume.File]bool)
	}
	if tx.began[f] {
		return nil
	}
	if err := f.Begin(); err != nil {
		return err
	}
	tx.began[f] = true
	tx.files = append(tx.files, f)
	return nil
}

func (tx *transaction) commit() error {
	for i, f := range tx.files {
		if err := f.Commit(); err != nil {
			tx.files = tx.files[i+1:]
			return errors.Join(err, tx.rollback())
		}
	}
	return nil
}

func (tx *transaction) rollback() error {
	var err error
	for _, f := range tx.files {
		err = errors.Join(err, f.Rollback())
	}
	return err
}

// apply adds items day by day. One that replaces is applied in its turn, after all before it.
func (tx *transaction) apply(items []*item) error {
	tx.pending = make(map[int64][]*item)
	alive := tx.s.catalog.uuids() // indices are only deleted on this goroutine
	for _, it := range items {
		it.replaced, it.full, it.doc.Exists = false, "", false // of an attempt before
		if it.orphan = !alive[it.doc.Index.UUID]; it.orphan {
			continue
		}
		if it.replace {
			if err := errors.Join(tx.flush(), tx.remove(it)); err != nil {
				return err
			}
		}
		day := volume.DayOf(it.doc.Time)
		tx.pending[day] = append(tx.pending[day], it)
		if it.replace {
			if err := tx.flush(); err != nil {
				return err
			}
		}
	}
	return tx.flush()
}

func (tx *transaction) flush() error {
	for day, items := range tx.pending {
		if err := tx.addDay(day, items); err != nil {
			return err
		}
	}
	clear(tx.pending)
	return nil
}

// remove deletes the document that an item replaces, on whatever day it is. In a damaged volume it stays.
func (tx *transaction) remove(it *item) error {
	for _, files := range tx.s.days {
		for _, f := range tx.s.sound(files) {
			if err := tx.begin(f); err != nil {
				return err
			}
			found, err := f.Delete(it.doc.Index, it.doc.ID)
			if err != nil {
				return err
			}
			it.replaced = it.replaced || found
		}
	}
	return nil
}

// addDay adds items to the first volume of their day that has room for their streams. An id is unique over all of them:
// since the same id may have been put into any, each is asked before.
func (tx *transaction) addDay(day int64, items []*item) error {
	docs := make([]*volume.Doc, len(items))
	byDoc := make(map[*volume.Doc]*item, len(items))
	for i, it := range items {
		docs[i], byDoc[it.doc] = it.doc, it
	}
	refuse := func(docs []*volume.Doc, why string) {
		for _, d := range docs {
			byDoc[d].full = why
		}
	}
	if tx.s.days[day] == nil && len(tx.s.days) >= tx.s.opts.MaxDays && !tx.s.present(day) {
		refuse(docs, fmt.Sprintf("this store keeps at most %d days, and all of them have documents", tx.s.opts.MaxDays))
		return nil
	}
	for n := 0; len(docs) > 0; n++ {
		if n == maxVolumes {
			refuse(docs, "the day has too many combinations of index, service.name, host.name and log.level")
			return nil
		}
		f, err := tx.volume(day, n)
		if err != nil {
			return err
		}
		if err := tx.begin(f); err != nil {
			return err
		}
		if docs, err = tx.missing(day, f, docs); err != nil {
			return err
		}
		if docs, err = f.Add(docs); err != nil {
			return err
		}
	}
	return nil
}

// present says whether a day is today or next to it.
func (s *Store) present(day int64) bool {
	today := volume.DayOf(s.opts.Now().UnixMilli())
	return today-1 <= day && day <= today+1
}

// missing leaves out documents that another volume of the day than f has. It costs nothing where there is one.
func (tx *transaction) missing(day int64, f *volume.File, docs []*volume.Doc) ([]*volume.Doc, error) {
	for _, other := range tx.s.days[day] {
		if other == f {
			continue
		}
		if !tx.s.flawed(other) {
			if err := tx.begin(other); err != nil {
				return nil, err
			}
		}
		kept := docs[:0:0]
		for _, d := range docs {
			exists, err := other.Has(d.Index, d.ID)
			if err != nil && !isUnreadable(err) { // what cannot be read may come twice: better than not at all
				return nil, err
			}
			if d.Exists = exists; !exists {
				kept = append(kept, d)
			}
		}
		docs = kept
	}
	return docs, nil
}

// volume returns the n-th volume of a day that can be written to, making it where it is new.
func (tx *transaction) volume(day int64, n int) (*volume.File, error) {
	s := tx.s
	if files := s.sound(s.days[day]); n < len(files) {
		return files[n], nil
	}
	f, err := volume.Open(s.dir, day, s.free(day), s.opts.limits)
	if err != nil {
		return nil, err
	}
	tx.opened = true
	s.mu.Lock()
	defer s.mu.Unlock()
	s.days[day] = append(s.days[day], f)
	return f, nil
}
