package volume

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/standalone/search/dsl"
)

// Compare orders hits by a sort: negative when a comes first. The order is total, since _id and _index end it.
func Compare(s *dsl.Sort, a, b *Hit) int {
	if c := cmp.Compare(a.Time, b.Time); c != 0 {
		return direct(c, !s.Ascending)
	}
	switch s.Tie {
	case dsl.TieOffset:
		if c := compareOffset(a, b, s.TieDescending); c != 0 {
			return c
		}
	case dsl.TieID:
		if c := strings.Compare(a.ID, b.ID); c != 0 {
			return direct(c, s.TieDescending)
		}
	}
	if c := strings.Compare(a.ID, b.ID); c != 0 {
		return c
	}
	return strings.Compare(a.Index, b.Index)
}

func direct(c int, turned bool) int {
	if turned {
		return -c
	}
	return c
}

// compareOffset puts documents without an offset last, as Elasticsearch does.
func compareOffset(a, b *Hit, descending bool) int {
	switch {
	case a.HasOffset && b.HasOffset:
		return direct(cmp.Compare(a.Offset, b.Offset), descending)
	case a.HasOffset:
		return -1
	case b.HasOffset:
		return 1
	}
	return 0
}

// behind says whether a hit comes strictly after the cursor.
func behind(s *dsl.Sort, h *Hit) bool {
	c := s.After
	if c == nil {
		return true
	}
	if h.Time != c.Time {
		return direct(cmp.Compare(h.Time, c.Time), !s.Ascending) > 0
	}
	switch {
	case !c.HasTie:
		return false
	case s.Tie == dsl.TieID:
		return direct(strings.Compare(h.ID, c.ID), s.TieDescending) > 0
	}
	return compareOffset(h, &Hit{Offset: c.Offset, HasOffset: c.Offset != MissingOffset(s)}, s.TieDescending) > 0
}

// MissingOffset is the sort value of a document without log.offset, which comes last in either order.
func MissingOffset(s *dsl.Sort) int64 {
	if s.TieDescending {
		return math.MinInt64
	}
	return math.MaxInt64
}

// list finds the first Need hits behind the cursor, with their sources.
func (s *searcher) list(ctx context.Context) ([]Hit, error) {
	p := s.plan
	if c := p.spec.Sort.After; c != nil {
		s.skipTo(c.Time)
	}
	l := &lister{s: s, sort: &p.spec.Sort, need: p.spec.Need, second: -1}
	from, to := p.seconds()
	var err error
	if p.some != nil && !p.cover.ok && p.ids == nil {
		err = s.listByMinute(ctx, l, from, to)
	} else {
		err = s.scan(ctx, from, to, !l.sort.Ascending, l.add)
	}
	if err != nil {
		return nil, err
	}
	l.flush()
	return s.fetch(ctx, l.hits[:min(len(l.hits), p.spec.Need)])
}

// skipTo narrows the time range to what can lie behind a cursor.
func (s *searcher) skipTo(ms int64) {
	ms -= s.f.Day * dayMillis
	if s.plan.spec.Sort.Ascending {
		s.plan.lo = max(s.plan.lo, min(ms, dayMillis))
	} else {
		s.plan.hi = min(s.plan.hi, max(ms+1, 0))
	}
}

// lister collects hits second by second: rows are in the order of seconds, and within one the order is made here.
type lister struct {
	s      *searcher
	sort   *dsl.Sort
	need   int
	hits   []Hit // complete seconds, in order
	second int
	open   []Hit // of the current second
}

// add takes a row, and ends the scan when enough complete seconds are there.
func (l *lister) add(row *found) error {
	if sec := row.row.second(); sec != l.second {
		l.flush()
		if len(l.hits) >= l.need {
			return errEnough
		}
		l.second = sec
	}
	h := Hit{Time: l.s.f.Day*dayMillis + row.millis, ID: row.id, Index: row.index, Offset: row.offset.Int64, HasOffset: row.offset.Valid, row: row.row}
	if !behind(l.sort, &h) {
		return nil
	}
	l.open = append(l.open, h)
	// A second may have very many documents; only the first ones can be needed.
	if rest := l.need - len(l.hits); len(l.open) > 2*rest+1000 {
		l.order()
		l.open = l.open[:rest]
	}
	return nil
}

func (l *lister) order() {
	slices.SortFunc(l.open, func(a, b Hit) int { return Compare(l.sort, &a, &b) })
}

func (l *lister) flush() {
	l.order()
	l.hits = append(l.hits, l.open...)
	l.open = l.open[:0]
}

// listByMinute lets the rollup choose the minutes that have documents of the allowed streams, hour by hour: a rare stream
// is found without reading what lies between its documents.
func (s *searcher) listByMinute(ctx context.Context, l *lister, from, to int) error {
	const hour = 3600
	hours := make([]int, 0, 24)
	for h := from / hour; h*hour < to; h++ {
		hours = append(hours, h)
	}
	if !l.sort.Ascending {
		slices.Reverse(hours)
	}
	for _, h := range hours {
		minutes, err := s.minutes(ctx, h*60, h*60+60)
		if err != nil {
			return err
		}
		if l.sort.Ascending {
			sort.Ints(minutes)
		} else {
			sort.Sort(sort.Reverse(sort.IntSlice(minutes)))
		}
		for _, m := range minutes {
			lo, hi := max(from, m*60), min(to, m*60+60)
			if lo >= hi {
				continue
			}
			if err := s.scan(ctx, lo, hi, !l.sort.Ascending, l.add); err != nil {
				return err
			}
			l.flush()
			if len(l.hits) >= l.need {
				return nil
			}
		}
	}
	return nil
}

func (s *searcher) minutes(ctx context.Context, from, to int) ([]int, error) {
	rows, err := s.conn.QueryContext(ctx,
		"SELECT DISTINCT minute FROM rollup WHERE minute >= ? AND minute < ? AND n > 0 AND stream IN (SELECT value FROM json_each(?))",
		from, to, s.plan.streamList())
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	var minutes []int
	for rows.Next() {
		var m int
		if err := rows.Scan(&m); err != nil {
			return nil, err
		}
		minutes = append(minutes, m)
	}
	return minutes, rows.Err()
}

// fetch reads the sources of hits.
func (s *searcher) fetch(ctx context.Context, hits []Hit) ([]Hit, error) {
	if len(hits) == 0 {
		return nil, nil
	}
	stmt, err := s.conn.PrepareContext(ctx, "SELECT src FROM d WHERE rowid=?")
	if err != nil {
		return nil, err
	}
	defer func() { _ = stmt.Close() }() // it only read
	for i := range hits {
		h := &hits[i]
		var packed []byte
		if err := stmt.QueryRowContext(ctx, int64(h.row)).Scan(&packed); err != nil {
			return nil, err
		}
		source, err := s.source(packed)
		if err != nil {
			source = s.standIn(h, err)
		}
		h.Source = source
	}
	return hits, nil
}

// source unpacks a document and looks whether it is one: answers hold it as it is.
func (s *searcher) source(packed []byte) ([]byte, error) {
	source, err := s.f.codec.Load().unpack(nil, packed)
	if err == nil {
		err = s.parser.Parse(string(source), &s.doc)
	}
	return source, err
}

// standIn is shown in the place of a document that cannot be read: a page with a hole would look like the last one.
func (s *searcher) standIn(h *Hit, why error) []byte {
	s.cannotRead(h.row, why)
	text, err := json.Marshal(why.Error())
	if err != nil { // strings always marshal
		text = []byte(`""`)
	}
	return fmt.Appendf(nil, `{"@timestamp":"%s","message":"This event cannot be read: its file is damaged.","error":{"message":%s},"tags":["_unreadable"]}`,
		time.UnixMilli(h.Time).UTC().Format("2006-01-02T15:04:05.000Z"), text)
}
