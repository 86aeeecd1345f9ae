package volume

import (
	"context"
	"errors"

	"github.com/millrace/millrace/internal/document"
)

// count fills total, facets and histograms.
func (s *searcher) count(ctx context.Context, res *Result) error {
	p := s.plan
	t := &tally{allowed: p.allowed, limit: p.spec.Limit}
	if p.spec.Facets {
		t.streams = make([]int64, len(p.streams))
	}
	if p.spec.Facets || len(p.spec.Histograms) > 0 {
		t.limit = -1
	}
	whole, minutes := true, true // buckets that begin and end on seconds, on minutes
	for _, h := range p.spec.Histograms {
		whole = whole && h.Interval%1000 == 0 && h.Offset%1000 == 0
		minutes = minutes && h.Interval%60_000 == 0 && h.Offset%60_000 == 0
	}
	var fine []map[int64]int64 // histograms below a second
	if whole {
		t.hists = s.histograms()
	} else {
		fine = make([]map[int64]int64, len(p.spec.Histograms))
		for i := range fine {
			fine[i] = make(map[int64]int64)
		}
	}
	var err error
	switch {
	case !whole || len(p.residual) > 0 || p.ids != nil:
		err = s.countByScan(ctx, t, fine)
	case p.cover.ok:
		err = s.countByIndex(ctx, t)
	default:
		err = s.countByRollup(ctx, t, minutes)
	}
	if err != nil && t.limit >= 0 && t.total > t.limit {
		err = nil // counted enough; SQLite reports the end of the function as an error of its own
	}
	if err != nil {
		return err
	}
	s.collect(res, t, fine)
	return nil
}

// histograms makes empty counts that span the day.
func (s *searcher) histograms() []histogram {
	base := s.f.Day * dayMillis
	hists := make([]histogram, len(s.plan.spec.Histograms))
	for i, h := range s.plan.spec.Histograms {
		first := int((h.Start(base) - base) / 1000)
		width := int(h.Interval / 1000)
		hists[i] = histogram{base: first, width: width, counts: make([]int64, (daySeconds-first)/width+1)}
	}
	return hists
}

// collect turns a tally into values.
func (s *searcher) collect(res *Result, t *tally, fine []map[int64]int64) {
	res.Total = t.total
	base := s.f.Day * dayMillis
	for i := range res.Histograms {
		if fine != nil {
			res.Histograms[i] = fine[i]
			continue
		}
		h := t.hists[i]
		res.Histograms[i] = make(map[int64]int64)
		for b, n := range h.counts {
			if n > 0 {
				res.Histograms[i][base+int64(h.base+b*h.width)*1000] = n
			}
		}
	}
	if t.streams == nil {
		return
	}
	res.Facets = make(map[string]map[string]int64)
	for i, n := range t.streams {
		if n > 0 {
			s.facet(res.Facets, s.plan.streams[i].leaves, n)
		}
	}
}

// facet counts each distinct value of a field once for a document.
func (s *searcher) facet(facets map[string]map[string]int64, leaves []document.Leaf, n int64) {
	for i, l := range leaves {
		repeated := false
		for _, before := range leaves[:i] {
			repeated = repeated || before.Path == l.Path && before.Text == l.Text
		}
		if repeated {
			continue
		}
		if facets[l.Path] == nil {
			facets[l.Path] = make(map[string]int64)
		}
		facets[l.Path][l.Text] += n
	}
}

// countByScan looks at each row.
func (s *searcher) countByScan(ctx context.Context, t *tally, fine []map[int64]int64) error {
	from, to := s.plan.seconds()
	base := s.f.Day * dayMillis
	return s.scan(ctx, from, to, false, func(hit *found) error {
		for i := range fine {
			fine[i][s.plan.spec.Histograms[i].Start(base+hit.millis)]++
		}
		return t.add(hit.row, 1)
	})
}

// countByIndex has the full-text index tell the rows. The seconds in which the time range begins and ends are scanned,
// since rows know whole seconds only.
func (s *searcher) countByIndex(ctx context.Context, t *tally) error {
	p := s.plan
	from, to, err := s.edges(ctx, t)
	if err != nil || from >= to {
		return err
	}
	if p.cover.inverse {
		return s.run(ctx, t, "SELECT tally(?, rowid) FROM d WHERE rowid BETWEEN ? AND ? AND rowid NOT IN "+excluded,
			firstOf(from), lastOf(to), p.cover.expr, firstOf(from), lastOf(to))
	}
	return s.run(ctx, t, "SELECT tally(?, rowid) FROM f WHERE f MATCH ? AND rowid BETWEEN ? AND ?", p.cover.expr, firstOf(from), lastOf(to))
}

// countByRollup reads whole minutes from the rollup and the rest from the rows.
func (s *searcher) countByRollup(ctx context.Context, t *tally, minutes bool) error {
	from, to, err := s.edges(ctx, t)
	if err != nil || from >= to {
		return err
	}
	const byRow = "SELECT tally(?, rowid) FROM d WHERE rowid BETWEEN ? AND ?"
	first, last := (from+59)/60, to/60
	if !minutes || first >= last {
		return s.run(ctx, t, byRow, firstOf(from), lastOf(to))
	}
	if from < first*60 {
		if err := s.run(ctx, t, byRow, firstOf(from), lastOf(first*60)); err != nil {
			return err
		}
	}
	if last*60 < to {
		if err := s.run(ctx, t, byRow, firstOf(last*60), lastOf(to)); err != nil {
			return err
		}
	}
	// A cell stands for its documents at the first second of the minute, which is in the same bucket.
	return s.run(ctx, t, "SELECT tally(?, ((minute*60)<<24)|(stream<<10), n) FROM rollup WHERE minute BETWEEN ? AND ?", first, last-1)
}

// edges counts the seconds that the time range covers in part, and returns those that it covers whole.
func (s *searcher) edges(ctx context.Context, t *tally) (from, to int, err error) {
	p := s.plan
	from, to = int((p.lo+999)/1000), int(p.hi/1000)
	add := func(hit *found) error { return t.add(hit.row, 1) }
	if first := int(p.lo / 1000); first < from {
		if err := s.scan(ctx, first, first+1, false, add); err != nil {
			return 0, 0, err
		}
	}
	if last := to; int64(last)*1000 < p.hi && last >= from {
		if err := s.scan(ctx, last, last+1, false, add); err != nil {
			return 0, 0, err
		}
	}
	return from, to, nil
}

func (s *searcher) run(ctx context.Context, t *tally, query string, args ...any) error {
	if t.limit >= 0 && t.total > t.limit {
		return nil
	}
	handle := s.f.tallies.register(t)
	defer s.f.tallies.release(handle)
	var none any
	err := s.conn.QueryRowContext(ctx, query, append([]any{handle}, args...)...).Scan(&none)
	switch {
	case errors.Is(err, errEnough):
		return nil
	case t.broken != nil:
		return t.broken
	}
	return err
}
