package volume

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"github.com/millrace/millrace/internal/document"
	"github.com/millrace/millrace/internal/standalone/search/dsl"
)

// searcher runs one plan on one snapshot.
type searcher struct {
	f      *File
	conn   *sql.Conn
	plan   *plan
	parser document.Parser
	doc    document.Doc
	buf    []byte
	broken error // of the first document that cannot be read
}

// found is a row of a scan. source is only valid until the next one.
type found struct {
	row    rowid
	millis int64 // within the day
	id     string
	index  string
	offset sql.NullInt64 // log.offset
}

// seconds returns the seconds [from, to) that hold the plan's time range.
func (p *plan) seconds() (from, to int) { return int(p.lo / 1000), int((p.hi + 999) / 1000) }

// where is the condition on rows of a table for seconds [from, to) and the allowed streams.
func (p *plan) where(table string, from, to int) (string, []any) {
	cond := table + ".rowid BETWEEN ? AND ?"
	args := []any{firstOf(from), lastOf(to)}
	if p.some != nil {
		cond += fmt.Sprintf(" AND ((%s.rowid>>%d)&%d) IN (SELECT value FROM json_each(?))", table, sequenceBits, maxStream)
		args = append(args, p.streamList())
	}
	return cond, args
}

func (p *plan) streamList() string {
	list, err := json.Marshal(p.some)
	if err != nil { // numbers always marshal
		return "[]"
	}
	return string(list)
}

// scan calls fn with each match in seconds [from, to) in the order of rows, until fn returns an error. errEnough ends it
// without one.
func (s *searcher) scan(ctx context.Context, from, to int, descending bool, fn func(*found) error) (err error) {
	p := s.plan
	withDoc := len(p.residual) > 0 // otherwise nobody needs the documents
	query, args := p.scanQuery(from, to, descending, withDoc)
	rows, err := s.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() {
		if errors.Is(err, errEnough) {
			err = nil
		}
		err = errors.Join(err, rows.Close())
	}()
	for rows.Next() {
		hit, err := s.read(rows, withDoc)
		if err != nil {
			return err
		}
		if hit == nil {
			continue
		}
		if err := fn(hit); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (p *plan) scanQuery(from, to int, descending, withDoc bool) (string, []any) {
	columns, order := "d.rowid, d.ms, d.id, d.off", "ASC"
	if withDoc {
		columns += ", d.src"
	}
	if descending {
		order = "DESC"
	}
	switch {
	case p.ids != nil:
		cond, args := p.where("d", from, to)
		marks := make([]string, len(p.ids))
		for i, id := range p.ids {
			marks[i] = "?"
			args = append(args, packID(id))
		}
		return "SELECT " + columns + " FROM d INDEXED BY sqlite_autoindex_d_1 WHERE " + cond + " AND d.id IN (" + strings.Join(marks, ",") + ") ORDER BY d.rowid " + order, args
	case p.cover.ok && !p.cover.inverse:
		cond, args := p.where("f", from, to)
		return "SELECT " + columns + " FROM f CROSS JOIN d ON d.rowid=f.rowid WHERE f.f MATCH ? AND " + cond + " ORDER BY f.rowid " + order,
			append([]any{p.cover.expr}, args...)
	case p.cover.ok:
		cond, args := p.where("d", from, to)
		return "SELECT " + columns + " FROM d WHERE " + cond + " AND d.rowid NOT IN " + excluded + " ORDER BY d.rowid " + order,
			append(args, p.cover.expr, firstOf(from), lastOf(to))
	}
	cond, args := p.where("d", from, to)
	return "SELECT " + columns + " FROM d WHERE " + cond + " ORDER BY d.rowid " + order, args
}

// excluded are the rows that an inverse cover takes out.
const excluded = "(SELECT rowid FROM f WHERE f MATCH ? AND rowid BETWEEN ? AND ?)"

// read takes one row, and returns nil when it does not match after all.
func (s *searcher) read(rows *sql.Rows, withDoc bool) (*found, error) {
	var row, ms int64
	var id any
	var offset sql.NullInt64
	var packed sql.RawBytes
	into := []any{&row, &ms, &id, &offset}
	if withDoc {
		into = append(into, &packed)
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	p := s.plan
	hit := &found{row: rowid(row), offset: offset, millis: int64(rowid(row).second())*1000 + ms}
	n := hit.row.stream()
	if hit.millis < p.lo || hit.millis >= p.hi || n >= len(p.allowed) || !p.allowed[n] {
		return nil, nil
	}
	hit.id, hit.index = unpackID(id), p.streams[n].index.Name
	if !withDoc {
		return hit, nil
	}
	if err := p.spec.Budget.spend(); err != nil {
		return nil, err
	}
	if err := s.decode(packed); err != nil {
		s.cannotRead(hit.row, err)
		return nil, nil
	}
	for _, q := range p.residual {
		if !dsl.Match(q, view{&s.doc, hit.id, hit.index}) {
			return nil, nil
		}
	}
	return hit, nil
}

// cannotRead notes that a document cannot be read.
func (s *searcher) cannotRead(row rowid, err error) {
	if s.broken == nil {
		s.broken = broken("row %d: %v", row, err)
	}
}

func (s *searcher) decode(packed []byte) (err error) {
	if s.buf, err = s.f.codec.Load().unpack(s.buf, packed); err != nil {
		return err
	}
	// The document is only looked at until the next one is decoded, so it need not be copied.
	return s.parser.Parse(unsafe.String(unsafe.SliceData(s.buf), len(s.buf)), &s.doc)
}
