package volume

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// rowsPerInsert is how many document rows one statement takes. A statement of many rows is cheaper, but opens a savepoint
// that makes FTS5 write out its hash: so documents go in many at a time first, and their tokens one by one after.
const rowsPerInsert = 50

// writer is the writing half of a File: one connection, its statements, and what is known about rows in use. It belongs
// to the goroutine that writes.
type writer struct {
	f    *File
	db   *sql.DB
	conn *sql.Conn

	one, many, text, untext, lastRow, find, roll, drop *sql.Stmt

	open bool // a transaction is open

	indices map[string]int      // numbers of indices by UUID
	numbers map[streamKey][]int // stream numbers by key
	seconds map[int]*second
	seen    [daySeconds]bool // seconds that may have rows
	undos   []undo
	args    []any
}

func (w *writer) forget() {
	w.indices, w.numbers, w.seconds = make(map[string]int), make(map[streamKey][]int), make(map[int]*second)
	w.undos = nil
}

// connect opens the connection. synchronous FULL makes each commit reach the disk.
func (w *writer) connect(f *File, path string) error {
	w.f = f
	w.forget()
	w.db = sql.OpenDB(connector{f.driver, dsn(path,
		"busy_timeout(10000)", "page_size(4096)", "journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(4000)",
		"cache_size(-64000)", "temp_store(MEMORY)", "journal_size_limit(67108864)")})
	conn, err := w.db.Conn(context.Background())
	w.conn = conn
	return err
}

// prepare makes the statements; the schema must be there.
func (w *writer) prepare() error {
	row := "(?,?,?,?,?,?)"
	insert := "INSERT INTO d(rowid, id, ix, ms, off, src) VALUES"
	for _, s := range []struct {
		into **sql.Stmt
		text string
	}{
		{&w.one, insert + row},
		{&w.many, insert + strings.Repeat(row+",", rowsPerInsert-1) + row},
		{&w.text, `INSERT INTO f(rowid, m) VALUES(?,?)`},
		{&w.untext, `INSERT INTO f(f, rowid, m) VALUES('delete',?,?)`},
		{&w.lastRow, `SELECT max(rowid) FROM d WHERE rowid BETWEEN ? AND ?`},
		{&w.find, `SELECT rowid FROM d WHERE id=? AND ix=?`},
		{&w.roll, `INSERT INTO rollup(minute, stream, n) VALUES(?,?,?) ON CONFLICT DO UPDATE SET n=n+excluded.n`},
		{&w.drop, `DELETE FROM d WHERE rowid=?`},
	} {
		stmt, err := w.conn.PrepareContext(context.Background(), s.text)
		if err != nil {
			return fmt.Errorf("%.30s: %w", s.text, err)
		}
		*s.into = stmt
	}
	return nil
}

// close ends the connection. A statement that stays open would keep it, the file and its space.
func (w *writer) close() error {
	var err error
	for _, stmt := range []*sql.Stmt{w.one, w.many, w.text, w.untext, w.lastRow, w.find, w.roll, w.drop} {
		if stmt != nil {
			err = errors.Join(err, stmt.Close())
		}
	}
	if w.conn != nil {
		err = w.conn.Close()
	}
	if w.db != nil {
		err = errors.Join(err, w.db.Close())
	}
	return err
}

func (w *writer) exec(stmt string, args ...any) error {
	_, err := w.conn.ExecContext(context.Background(), stmt, args...)
	return err
}

// transact runs fn in a transaction of its own.
func (w *writer) transact(fn func() error) error {
	if err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return errors.Join(err, w.exec("ROLLBACK"))
	}
	return w.exec("COMMIT")
}

// rows calls fn with each row of a query on the writer's connection.
func (w *writer) rows(query string, fn func(*sql.Rows) error, args ...any) (err error) {
	rows, err := w.conn.QueryContext(context.Background(), query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// isDuplicate says whether an insert failed because a unique value, not a row number, is there already.
func isDuplicate(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}
