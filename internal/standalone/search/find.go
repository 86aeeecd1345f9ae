package search

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/millrace/millrace/internal/standalone/search/dsl"
	"github.com/millrace/millrace/internal/standalone/search/volume"
)

// answer is what a search found over all days.
type answer struct {
	hits    []volume.Hit
	total   int64
	atLeast bool // total is a lower bound
	facets  map[string]map[string]int64
	// histograms by the name of the aggregation: bucket start to count.
	histograms map[string]map[int64]int64
	short      reasons // why documents may be missing
}

// find runs a search over indices, day by day in the order of the hits.
func (s *Store) find(ctx context.Context, indices []*index, req *dsl.Request) (*answer, error) {
	start := time.Now()
	defer func() { s.metrics.searches.Observe(time.Since(start).Seconds()) }()
	live := make(map[string]bool, len(indices))
	for _, ix := range indices {
		live[ix.UUID] = true
	}
	q := &finder{req: req, ans: &answer{facets: map[string]map[string]int64{}, histograms: map[string]map[int64]int64{}}}
	lo, hi, rest := dsl.TimeBounds(dsl.Conjuncts(req.Query), math.MinInt64/2, math.MaxInt64/2)
	q.spec = volume.Spec{
		Parts: rest, Lo: lo, Hi: hi, Live: func(uuid string) bool { return live[uuid] },
		Sort: req.Sort, Limit: int64(req.TrackTotal), Budget: &volume.Budget{Left: s.opts.MaxScan},
	}
	for _, a := range req.Aggs {
		if a.Histogram != nil {
			q.spec.Histograms = append(q.spec.Histograms, a.Histogram)
			q.ans.histograms[a.Name] = make(map[int64]int64)
		} else {
			q.spec.Facets = true
		}
	}
	if len(live) == 0 || lo >= hi {
		return q.finish(), nil
	}
	for _, day := range s.between(lo, hi, !req.Sort.Ascending) {
		if q.done() {
			break
		}
		if err := q.day(ctx, day); err != nil {
			return nil, err
		}
		for _, f := range day.files {
			s.flawed(f) // which says so
		}
	}
	select {
	case <-s.closing: // days may have been closed under the search
		return nil, ErrClosed
	default:
	}
	return q.finish(), nil
}

// finder gathers the answer of one search.
type finder struct {
	req  *dsl.Request
	spec volume.Spec
	ans  *answer
}

// wanted is how many hits are still to be found.
func (q *finder) wanted() int {
	if q.req.Size == 0 {
		return 0
	}
	return q.req.From + q.req.Size - len(q.ans.hits)
}

func (q *finder) aggregates() bool { return len(q.req.Aggs) > 0 }

// counted says whether no more counting is asked for.
func (q *finder) counted() bool {
	limit := int64(q.req.TrackTotal)
	return !q.aggregates() && limit >= 0 && q.ans.total >= limit+min(limit, 1)
}

func (q *finder) done() bool { return q.wanted() <= 0 && q.counted() }

// day adds the volumes of one day. Days do not overlap in time, so the hits of one come all before those of the next.
func (q *finder) day(ctx context.Context, day daily) error {
	spec := q.spec
	spec.Need = q.wanted()
	if limit := int64(q.req.TrackTotal); limit > 0 {
		spec.Limit = max(limit-q.ans.total, 1) // 0 would mean that no counting is asked for
	}
	if q.counted() {
		spec.Limit = 0
	}
	var hits []volume.Hit
	for _, l := range day.lost {
		q.ans.short.add(l.reason)
	}
	for _, f := range day.files {
		res, err := f.Search(ctx, &spec)
		if errors.Is(err, volume.ErrClosed) {
			continue // the day was removed under the search; find sees to it when the store is closing
		}
		if isUnreadable(err) {
			q.ans.short.add(err)
			continue
		}
		if err != nil {
			return err
		}
		hits = append(hits, res.Hits...)
		q.ans.short.add(res.Short)
		q.add(res)
	}
	if len(day.files) > 1 {
		slices.SortFunc(hits, func(a, b volume.Hit) int { return volume.Compare(&q.spec.Sort, &a, &b) })
	}
	q.ans.hits = append(q.ans.hits, hits[:min(len(hits), max(spec.Need, 0))]...)
	return nil
}

func (q *finder) add(res *volume.Result) {
	q.ans.total += res.Total
	for field, values := range res.Facets {
		if q.ans.facets[field] == nil {
			q.ans.facets[field] = make(map[string]int64)
		}
		for v, n := range values {
			q.ans.facets[field][v] += n
		}
	}
	i := 0
	for _, a := range q.req.Aggs {
		if a.Histogram == nil {
			continue
		}
		if res.Histograms != nil {
			for start, n := range res.Histograms[i] {
				q.ans.histograms[a.Name][start] += n
			}
		}
		i++
	}
}

// finish cuts the page out, and the total to what was asked for.
func (q *finder) finish() *answer {
	q.ans.hits = q.ans.hits[min(q.req.From, len(q.ans.hits)):]
	if limit := int64(q.req.TrackTotal); limit >= 0 && q.ans.total > limit {
		q.ans.total, q.ans.atLeast = limit, true
	}
	return q.ans
}
