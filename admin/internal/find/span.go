package find

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// span is what a histogram stretches over.
type span struct {
	from, to time.Time // to excluded
	width    time.Duration
}

// first is where the first bucket begins, in milliseconds.
func (s span) first() int64 {
	w := s.width.Milliseconds()
	ms := s.from.UnixMilli()
	ms -= ms % w
	if ms > s.from.UnixMilli() { // before 1970
		ms -= w
	}
	return ms
}

// span decides over what the histogram stretches: from and to of the search, where
// those are missing the oldest event, and now; without either the oldest and the
// newest event. It is nil when no histogram is wanted or nothing is there.
func (f *Finder) span(ctx context.Context, r *request, now time.Time) (*span, error) {
	if r.buckets == 0 || r.after != nil {
		return nil, nil
	}
	s := &span{}
	switch {
	case r.from != nil:
		s.from = *r.from
	default:
		t, err := f.edge(ctx, r, "asc")
		if t == nil || err != nil {
			return nil, err
		}
		s.from = *t
	}
	switch {
	case r.to != nil:
		s.to = *r.to
	case r.from != nil:
		s.to = now
	default:
		t, err := f.edge(ctx, r, "desc")
		if t == nil || err != nil {
			return nil, err
		}
		s.to = t.Add(time.Millisecond)
	}
	if err := s.divide(r); err != nil {
		return nil, err
	}
	return s, nil
}

// divide sets the width of the buckets.
func (s *span) divide(r *request) error {
	if !s.from.Before(s.to) { // from lies in the future
		s.to = s.from.Add(time.Millisecond)
	}
	length := s.to.Sub(s.from)
	s.width = r.width
	if s.width == 0 {
		s.width = step(length, r.buckets)
	}
	if length/MaxBuckets > s.width {
		return &ParamError{Param: "histogram", Message: fmt.Sprintf("with %s there would be more than %d buckets: give a larger width or a shorter time", width(s.width), MaxBuckets)}
	}
	return nil
}

// edge is the time of the oldest (asc) or newest (desc) event, nil when there is
// none.
func (f *Finder) edge(ctx context.Context, r *request, direction string) (*time.Time, error) {
	raw, err := f.send(ctx, r.indices(), object{
		"query": r.dsl(), "sort": order(direction), "size": 1, "track_total_hits": false, "_source": false,
	})
	if err != nil || len(raw.Hits.Hits) == 0 {
		return nil, err
	}
	var at cursor
	if !at.read(raw.Hits.Hits[0].Sort) {
		sort, _ := json.Marshal(raw.Hits.Hits[0].Sort) // raw JSON always encodes
		return nil, fmt.Errorf("%w: a hit has the sort values %s", ErrUnavailable, sort)
	}
	t := time.UnixMilli(at.time).UTC()
	return &t, nil
}
