package dsl

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/document"
)

const (
	// MaxWindow is the most hits one request can reach with from and size, as index.max_result_window in Elasticsearch.
	MaxWindow = 10_000
	// DefaultSize is how many hits are given when nobody asks, as in Elasticsearch.
	DefaultSize = 10
	// DefaultTotal is how far hits are counted when nobody asks, as in Elasticsearch.
	DefaultTotal = 10_000
)

// Exact as Request.TrackTotal counts all hits.
const Exact = -1

// Request is a search.
type Request struct {
	Query      Query
	From, Size int
	Sort       Sort
	// TrackTotal is how far hits are counted: Exact, 0 for not at all, or a limit.
	TrackTotal int
	Source     SourceFilter
	Aggs       []Agg
}

// SourceFilter chooses the parts of a document that are sent back.
type SourceFilter struct {
	None               bool
	Includes, Excludes []string
}

// ParseSearch reads the body of a search; an empty one matches everything. now is what date math is relative to.
func ParseSearch(body []byte, now time.Time) (*Request, error) {
	req := &Request{Query: All{}, Size: DefaultSize, TrackTotal: DefaultTotal}
	if len(strings.TrimSpace(string(body))) == 0 {
		return req, nil
	}
	o, err := toObject(body, "search")
	if err != nil {
		return nil, err
	}
	r := newReader(now)
	for key, raw := range o {
		if err := r.part(req, key, raw); err != nil {
			return nil, err
		}
	}
	if req.Sort.After != nil && req.From > 0 {
		return nil, illegal("[from] must be 0 with [search_after]")
	}
	if err := req.Sort.check(); err != nil {
		return nil, err
	}
	err = req.CheckWindow()
	return req, err
}

// CheckWindow says whether from and size are within what can be reached.
func (req *Request) CheckWindow() error {
	switch {
	case req.From < 0:
		return illegal("[from] parameter cannot be negative but was [%d]", req.From)
	case req.Size < 0:
		return illegal("[size] parameter cannot be negative, found [%d]", req.Size)
	case req.From > MaxWindow || req.Size > MaxWindow || req.From+req.Size > MaxWindow:
		return illegal("Result window is too large, from + size must be less than or equal to: [%d] but was [%d]. Use search_after to go further", MaxWindow, req.From+req.Size)
	}
	return nil
}

func newReader(now time.Time) *reader { return &reader{now: now.UnixMilli(), clauses: clauses()} }

// part reads one top-level key of a search.
func (r *reader) part(req *Request, key string, raw json.RawMessage) (err error) {
	switch key {
	case "query":
		req.Query, err = r.query(raw)
	case "from":
		req.From, err = integer(raw, key)
	case "size":
		req.Size, err = integer(raw, key)
	case "sort":
		err = req.Sort.parse(raw)
	case "search_after":
		req.Sort.After, err = after(raw)
	case "track_total_hits":
		req.TrackTotal, err = TrackTotal(strings.Trim(string(raw), `"`))
	case "_source":
		req.Source, err = source(raw)
	case "aggs", "aggregations":
		req.Aggs, err = r.aggs(raw)
	case "timeout", "version", "track_scores", "stats", "profile": // of no consequence here
	default:
		err = parsing("unknown key [%s] in a search; it is not supported by this store", key)
	}
	return err
}

// ParseCount reads the body of a count.
func ParseCount(body []byte, now time.Time) (Query, error) {
	if len(strings.TrimSpace(string(body))) == 0 {
		return All{}, nil
	}
	o, err := toObject(body, "count")
	if err == nil {
		err = o.only("count", "query")
	}
	if err != nil {
		return nil, err
	}
	if o["query"] == nil {
		return All{}, nil
	}
	return newReader(now).query(o["query"])
}

// TrackTotal reads true, false or a limit.
func TrackTotal(s string) (int, error) {
	switch s {
	case "true":
		return Exact, nil
	case "false":
		return 0, nil
	}
	n, err := integer(json.RawMessage(`"`+s+`"`), "track_total_hits")
	if err == nil && n < 0 {
		err = illegal("[track_total_hits] parameter must be positive or equals to -1, got %d", n)
	}
	return n, err
}

func source(raw json.RawMessage) (f SourceFilter, err error) {
	switch raw[0] {
	case 't', 'f':
		keep, err := boolean(raw, "_source")
		return SourceFilter{None: !keep}, err
	case '{':
		o, err := toObject(raw, "_source")
		if err == nil {
			err = o.only("_source", "includes", "excludes", "include", "exclude")
		}
		if err != nil {
			return f, err
		}
		for _, part := range []struct {
			key  string
			into *[]string
		}{{"includes", &f.Includes}, {"include", &f.Includes}, {"excludes", &f.Excludes}, {"exclude", &f.Excludes}} {
			if o[part.key] == nil {
				continue
			}
			if *part.into, err = scalars(o[part.key], "_source"); err != nil {
				return f, err
			}
		}
		return f, nil
	}
	f.Includes, err = scalars(raw, "_source")
	return f, err
}

// TimeBounds narrows [from, to) in milliseconds to what the parts allow, and returns the parts that this does not cover.
func TimeBounds(parts []Query, from, to int64) (lo, hi int64, rest []Query) {
	for _, part := range parts {
		q, ok := part.(Range)
		if !ok || q.Field != document.TimeField {
			rest = append(rest, part)
			continue
		}
		if q.From.Set {
			from = max(from, next(q.From.Time, !q.From.Include))
		}
		if q.To.Set {
			to = min(to, next(q.To.Time, q.To.Include))
		}
	}
	return from, to, rest
}

// next is t, or the millisecond after it.
func next(t int64, after bool) int64 {
	if after {
		return t + 1
	}
	return t
}
