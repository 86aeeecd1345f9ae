package find

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/query"
	"github.com/millrace/millrace/schemas/index"
	"github.com/millrace/millrace/schemas/topic"
)

// Bounds of a search.
const (
	DefaultSize    = 50
	MaxSize        = 1000
	DefaultBuckets = 60
	MaxBuckets     = 1000
	// facetSize is how many values of a facet are counted.
	facetSize = 20
	// countCap is how far hits of a text query are counted.
	countCap = 10_000
)

// Params are the parameters of a search as they come in. Empty means not given.
type Params struct {
	Q                string
	App, Host, Level string
	From, To         string
	Size             int // DefaultSize when 0
	Cursor           string
	Histogram        string
}

// request is a search that was understood.
type request struct {
	text     query.Node // what q says
	hasText  bool
	terms    map[string]string // field to value
	app      string
	from, to *time.Time // from included, to excluded
	size     int
	after    *cursor
	sig      string

	// buckets are wanted when it is not 0, width when that is not 0.
	buckets int
	width   time.Duration
}

// parse reads the parameters. The error joins a *ParamError for each that is wrong.
func parse(p Params, now time.Time) (*request, error) {
	r := &request{terms: map[string]string{}, app: p.App, size: p.Size, sig: signature(p)}
	var errs []error
	bad := func(param, format string, args ...any) {
		errs = append(errs, &ParamError{Param: param, Message: fmt.Sprintf(format, args...)})
	}
	var err error
	if r.text, err = ParseText(p.Q); err != nil {
		errs = append(errs, err)
	}
	_, everything := r.text.(query.All)
	r.hasText = !everything
	for field, value := range map[string]string{"service.name": p.App, "host.name": p.Host, "log.level": p.Level} {
		if value != "" {
			r.terms[field] = value
		}
	}
	r.from, r.to = readTime("from", p.From, now, bad), readTime("to", p.To, now, bad)
	if r.from != nil && r.to != nil && !r.from.Before(*r.to) {
		bad("to", "must lie after from")
	}
	if r.size == 0 {
		r.size = DefaultSize
	}
	if r.size < 0 || r.size > MaxSize {
		bad("size", "must be 1 to %d, is %d", MaxSize, r.size)
	}
	if p.Cursor != "" {
		var err error
		if r.after, err = parseCursor(p.Cursor, r.sig); err != nil {
			bad("cursor", "%v", err)
		}
	}
	r.parseHistogram(p.Histogram, bad)
	return r, errors.Join(errs...)
}

// ParseText reads the query text of the parameter q. The error is a *ParamError.
func ParseText(text string) (query.Node, error) {
	node, err := query.Parse(text)
	var at *query.Error
	switch {
	case errors.As(err, &at):
		return nil, &ParamError{Param: "q", Message: at.Msg, Column: at.Column}
	case err != nil:
		return nil, &ParamError{Param: "q", Message: err.Error()}
	}
	return node, nil
}

func readTime(param, text string, now time.Time, bad func(string, string, ...any)) *time.Time {
	if text == "" {
		return nil
	}
	t, ok := parseTime(text, now)
	if !ok {
		bad(param, "must be a time such as 2006-01-02T15:04:05Z, milliseconds since 1970, or now-15m; is %q", text)
		return nil
	}
	return &t
}

// parseHistogram reads a number of buckets or their width. Without it there are
// DefaultBuckets where the search is bounded in time.
func (r *request) parseHistogram(text string, bad func(string, string, ...any)) {
	if text == "" {
		if r.from != nil || r.to != nil {
			r.buckets = DefaultBuckets
		}
		return
	}
	if d, ok := parseSpan(text); ok && d > 0 {
		r.buckets, r.width = MaxBuckets, d
		return
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > MaxBuckets {
		bad("histogram", "must be a number of buckets up to %d, or a width such as 30s, 5m, 1h; is %q", MaxBuckets, text)
		return
	}
	r.buckets = n
}

// indices are the indices that can hold hits.
func (r *request) indices() []string {
	if topic.CheckApp(r.app) != nil {
		return []string{index.Pattern}
	}
	return []string{index.Prefix + strings.ReplaceAll(r.app, "-", "_") + "-*"}
}

// filters are the clauses that every hit fulfils.
func (r *request) filters() []any {
	var all []any
	fields := make([]string, 0, len(r.terms))
	for f := range r.terms {
		fields = append(fields, f)
	}
	slices.Sort(fields)
	for _, f := range fields {
		all = append(all, object{"term": object{f: object{"value": r.terms[f]}}})
	}
	if r.from != nil || r.to != nil {
		bounds := object{}
		if r.from != nil {
			bounds["gte"] = stamp(*r.from)
		}
		if r.to != nil {
			bounds["lt"] = stamp(*r.to)
		}
		all = append(all, object{"range": object{timeField: bounds}})
	}
	if r.hasText {
		all = append(all, query.ToDSL(r.text))
	}
	return all
}

const timeField = "@timestamp"

type object = map[string]any

// stamp writes a time as both stores read it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// dsl is the whole condition.
func (r *request) dsl() object {
	filters := r.filters()
	if len(filters) == 0 {
		return object{"match_all": object{}}
	}
	return object{"bool": object{"filter": filters}}
}

// order is newest first; among events of one millisecond, the later in its file
// first. A store without indices knows neither field.
func order(direction string) []any {
	return []any{
		object{timeField: object{"order": direction, "unmapped_type": "date"}},
		object{offsetField: object{"order": direction, "unmapped_type": "long"}},
	}
}

const offsetField = "log.offset"
