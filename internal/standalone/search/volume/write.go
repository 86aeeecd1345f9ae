package volume

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"sort"

	"github.com/millrace/millrace/internal/document"
)

// Doc is a document on its way into a volume. Source and Tokens may be slices of a request's body; they are not kept.
type Doc struct {
	Index  Index
	ID     string
	Time   int64 // milliseconds since the epoch, on the volume's day
	Key    Key
	Source string
	// Tokens is what document.AppendTokens gives.
	Tokens []byte
	// Offset is log.offset, if it is a number.
	Offset    int64
	HasOffset bool
	// Enums are the leaves of the fields in document.Enums.
	Enums []document.Leaf

	// Exists is set by Add when the index has a document of this ID already, which is then left as it is.
	Exists bool

	packed   []byte
	packedBy *codec
	ix       int
	row      rowid
}

// Pack compresses the source ahead of Add, so that this happens outside the writing goroutine.
func (f *File) Pack(d *Doc) {
	d.packedBy = f.codec.Load()
	d.packed = d.packedBy.pack(d.Source)
}

// Begin opens a transaction. Commit or Rollback must follow.
func (f *File) Begin() error {
	if f.w.open {
		return nil
	}
	if err := f.w.exec("BEGIN IMMEDIATE"); err != nil {
		return f.fail("begin", err)
	}
	f.w.open = true
	return nil
}

// Commit makes the transaction durable. After an error nothing of it is there.
func (f *File) Commit() error {
	if !f.w.open {
		return nil
	}
	if err := f.w.exec("COMMIT"); err != nil {
		return errors.Join(f.fail("commit", err), f.Rollback())
	}
	f.w.open = false
	return nil
}

// Rollback undoes the transaction and forgets what was learned in it.
func (f *File) Rollback() error {
	if !f.w.open {
		return nil
	}
	f.w.open = false
	// SQLite rolls back by itself after some errors, a full disk among them; then this one fails and says nothing new.
	_ = f.w.exec("ROLLBACK")
	if err := f.reload(); err != nil {
		return f.fail("reload", err)
	}
	return nil
}

// Add inserts documents of this day into the open transaction. It sets Exists on those whose ID is taken, within docs
// too: of two with the same ID the first wins. It returns those for which the volume has no stream number left; they are
// neither inserted nor known to exist.
func (f *File) Add(docs []*Doc) (left []*Doc, err error) {
	if err := f.learn(docs); err != nil {
		return nil, f.fail("dictionary", err)
	}
	if err := f.w.note(docs); err != nil {
		return nil, f.fail("values", err)
	}
	// Row numbers ascend by time; stable, so that documents of one second and stream keep their order.
	docs = append([]*Doc(nil), docs...)
	sort.SliceStable(docs, func(i, j int) bool { return docs[i].Time/1000 < docs[j].Time/1000 })
	var added []*Doc
	for len(docs) > 0 {
		n := min(len(docs), rowsPerInsert)
		chunk, over, err := f.w.insert(docs[:n])
		if err != nil {
			return nil, f.fail("insert", err)
		}
		added, left, docs = append(added, chunk...), append(left, over...), docs[n:]
	}
	if err := f.w.indexText(added); err != nil {
		return nil, f.fail("index", err)
	}
	return left, nil
}

// learn makes the dictionary from the first batch that is large enough, and compresses what is not compressed with it.
func (f *File) learn(docs []*Doc) error {
	if c := f.codec.Load(); len(c.dicts) == 0 {
		if dict := sample(docs); dict != nil {
			if err := f.w.exec(`INSERT INTO dict(id, body) VALUES(?,?)`, 1, dict); err != nil {
				return err
			}
			c, err := newCodec([][]byte{dict})
			if err != nil {
				return err
			}
			f.codec.Store(c)
		}
	}
	for _, d := range docs {
		if d.packedBy != f.codec.Load() {
			f.Pack(d)
		}
	}
	return nil
}

// insert places and inserts the rows of up to rowsPerInsert documents. Only when one of them is a duplicate are they
// looked up one by one.
func (w *writer) insert(docs []*Doc) (added, left []*Doc, err error) {
	w.undos = w.undos[:0]
	for _, d := range docs {
		ok, err := w.assign(d)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			added = append(added, d)
		} else {
			left = append(left, d)
		}
	}
	if len(added) == rowsPerInsert {
		w.args = w.args[:0]
		for _, d := range added {
			w.args = append(w.args, int64(d.row), packID(d.ID), d.ix, d.millis(), d.offset(), d.packed)
		}
		_, err := w.many.ExecContext(context.Background(), w.args...)
		if err == nil {
			return added, left, nil
		}
		if !isDuplicate(err) {
			return nil, nil, err
		}
	}
	w.rewind()
	return w.insertEach(docs)
}

func (w *writer) insertEach(docs []*Doc) (added, left []*Doc, err error) {
	for _, d := range docs {
		if d.ix, err = w.index(d.Index); err != nil {
			return nil, nil, err
		}
		if d.Exists, err = w.has(d.ID, d.ix); err != nil {
			return nil, nil, err
		}
		if d.Exists {
			continue
		}
		ok, err := w.assign(d)
		if err != nil {
			return nil, nil, err
		}
		if !ok {
			left = append(left, d)
			continue
		}
		// The id is free, so an error here is about the row number, and a bug: place gives each out once.
		if _, err := w.one.ExecContext(context.Background(), int64(d.row), packID(d.ID), d.ix, d.millis(), d.offset(), d.packed); err != nil {
			return nil, nil, err
		}
		added = append(added, d)
	}
	return added, left, nil
}

func (w *writer) assign(d *Doc) (ok bool, err error) {
	if d.ix, err = w.index(d.Index); err != nil {
		return false, err
	}
	d.row, ok, err = w.place(d.second(), streamKey{d.ix, d.Key})
	return ok, err
}

// indexText writes the tokens, in the order of rows, which FTS5 needs to keep them in memory, and adds to the rollup.
func (w *writer) indexText(docs []*Doc) error {
	sort.Slice(docs, func(i, j int) bool { return docs[i].row < docs[j].row })
	type cell struct{ minute, stream int }
	counts := make(map[cell]int)
	for _, d := range docs {
		if _, err := w.text.ExecContext(context.Background(), int64(d.row), d.Tokens); err != nil {
			return err
		}
		counts[cell{d.row.second() / 60, d.row.stream()}]++
		if !w.f.partial.Load() && document.IsPartial(d.Tokens) {
			w.f.partial.Store(true)
		}
	}
	for c, n := range counts {
		if _, err := w.roll.ExecContext(context.Background(), c.minute, c.stream, n); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) has(id string, ix int) (bool, error) {
	rows, err := w.find.QueryContext(context.Background(), packID(id), ix)
	if err != nil {
		return false, err
	}
	found := rows.Next()
	return found, errors.Join(rows.Err(), rows.Close())
}

// Has says whether an index has a document of this ID here, in the open transaction.
func (f *File) Has(ix Index, id string) (bool, error) {
	n, ok := f.w.indices[ix.UUID]
	if !ok {
		return false, nil
	}
	found, err := f.w.has(id, n)
	if err != nil {
		return false, f.fail("look up", err)
	}
	return found, nil
}

// Delete removes a document in the open transaction and says whether it was there.
func (f *File) Delete(ix Index, id string) (bool, error) {
	n, ok := f.w.indices[ix.UUID]
	if !ok {
		return false, nil
	}
	found, err := f.w.delete(n, id)
	if err != nil {
		return false, f.fail("delete", err)
	}
	return found, nil
}

// delete takes a document out of the full-text index by telling it the tokens again: they follow from the source.
func (w *writer) delete(ix int, id string) (bool, error) {
	var row int64
	var packed []byte
	found := false
	err := w.rows(`SELECT rowid, src FROM d WHERE id=? AND ix=?`, func(r *sql.Rows) error {
		found = true
		return r.Scan(&row, &packed)
	}, packID(id), ix)
	if err != nil || !found {
		return false, err
	}
	source, err := w.f.codec.Load().unpack(nil, packed)
	if err != nil {
		return false, err
	}
	var p document.Parser
	var d document.Doc
	if err := p.Parse(string(source), &d); err != nil {
		return false, err
	}
	if _, err := w.untext.ExecContext(context.Background(), row, d.AppendTokens(nil)); err != nil {
		return false, err
	}
	if _, err := w.drop.ExecContext(context.Background(), row); err != nil {
		return false, err
	}
	_, err = w.roll.ExecContext(context.Background(), rowid(row).second()/60, rowid(row).stream(), -1)
	return true, err
}

func (d *Doc) second() int { return int(d.Time-DayOf(d.Time)*dayMillis) / 1000 }

// offset is what the column off holds.
func (d *Doc) offset() any {
	if d.HasOffset {
		return d.Offset
	}
	return nil
}

func (d *Doc) millis() int { return int(d.Time-DayOf(d.Time)*dayMillis) % 1000 }

// packedID is how many characters of base64url are stored as bytes: the form of event ids.
const packedID = 32

// packID is the stored form of an id: bytes where it is 32 characters of base64url, which always decode and encode back
// to the same, and text otherwise.
func packID(id string) any {
	if len(id) == packedID {
		if b, err := base64.RawURLEncoding.DecodeString(id); err == nil && len(b) == packedID/4*3 {
			return b
		}
	}
	return id
}

func unpackID(stored any) string {
	switch v := stored.(type) {
	case []byte:
		return base64.RawURLEncoding.EncodeToString(v)
	case string:
		return v
	}
	return ""
}
