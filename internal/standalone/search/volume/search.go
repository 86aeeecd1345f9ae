package volume

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math"

	"github.com/millrace/millrace/internal/document"
	"github.com/millrace/millrace/internal/standalone/search/dsl"
)

// Spec is one search of a volume.
type Spec struct {
	// Parts must all match.
	Parts []dsl.Query
	// Lo and Hi bound @timestamp: Lo <= t < Hi, in milliseconds.
	Lo, Hi int64
	// Live chooses the indices by UUID.
	Live func(uuid string) bool
	// Sort orders the hits; up to Need of them behind Sort.After are returned.
	Sort dsl.Sort
	Need int
	// Limit ends counting: above it the total is Limit+1. Negative means exact; 0 with neither facets nor histograms
	// means no counting at all.
	Limit      int64
	Facets     bool
	Histograms []*dsl.Histogram
	// Budget is shared by the volumes of one search.
	Budget *Budget
}

// Budget bounds the documents that a search may decompress and look at because no index answers its filters. It is used
// by one goroutine.
type Budget struct{ Left int64 }

// ErrBudget is returned when a search would have to look at more documents than its budget allows.
var ErrBudget = errors.New("volume: too many documents to look at")

func (b *Budget) spend() error {
	if b == nil {
		return nil
	}
	if b.Left--; b.Left < 0 {
		return ErrBudget
	}
	return nil
}

// Hit is a document found.
type Hit struct {
	Time      int64
	ID        string
	Index     string
	Offset    int64 // log.offset, when the order asks for it
	HasOffset bool
	Source    []byte

	row rowid
}

// Result is what a search of one volume found.
type Result struct {
	Hits  []Hit
	Total int64
	// Facets counts by the values of the stream's fields: field → value → count.
	Facets map[string]map[string]int64
	// Histograms counts by the start of the bucket, in the order of the Spec.
	Histograms []map[int64]int64
	// Short says why documents may be missing from the result, or is nil. It wraps ErrUnreadable.
	Short error
}

// plan is how one volume answers a Spec.
type plan struct {
	spec     *Spec
	streams  []stream
	allowed  []bool
	some     []int // the allowed stream numbers, nil when all are
	lo, hi   int64 // milliseconds within the day, lo <= t < hi
	cover    cover
	residual []dsl.Query // what the cover does not decide
	ids      []string    // when the search names documents
}

// Search finds the documents of a Spec. Close ends it with ErrClosed.
func (f *File) Search(ctx context.Context, spec *Spec) (*Result, error) {
	ctx, leave, err := f.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	res, err := f.search(ctx, spec)
	if err != nil && errors.Is(context.Cause(ctx), ErrClosed) {
		return nil, ErrClosed
	}
	return res, err
}

func (f *File) search(ctx context.Context, spec *Spec) (*Result, error) {
	res := &Result{Histograms: make([]map[int64]int64, len(spec.Histograms)), Short: f.short}
	conn, err := f.db.Conn(ctx)
	if err != nil {
		return nil, f.fail("search", err)
	}
	defer func() { _ = conn.Close() }() // it only read
	defer func() {
		if _, err := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); err != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // do not reuse a connection in an unknown state
		}
	}()
	// One transaction: hits, counts and facets are of one moment. It begins before the plan, so that the plan knows every
	// stream that the snapshot has.
	if err := snapshot(ctx, conn); err != nil {
		return nil, f.fail("search", err)
	}
	p := f.plan(spec)
	if p == nil {
		return res, nil
	}
	s := &searcher{f: f, conn: conn, plan: p}
	if spec.Limit != 0 || spec.Facets || len(spec.Histograms) > 0 {
		if err := s.count(ctx, res); err != nil {
			return nil, f.fail("count", err)
		}
	}
	if spec.Need > 0 {
		if res.Hits, err = s.list(ctx); err != nil {
			return nil, f.fail("list", err)
		}
	}
	if s.broken != nil {
		res.Short = f.fail("read", s.broken)
	}
	return res, nil
}

// snapshot begins a reading transaction; the first read fixes what it sees.
func snapshot(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	var n int
	return conn.QueryRowContext(ctx, "SELECT count(*) FROM dict").Scan(&n)
}

// plan splits the parts into what streams decide, what the full-text index decides, and the rest. It returns nil when
// nothing can match.
func (f *File) plan(spec *Spec) *plan {
	f.mu.RLock()
	streams := f.streams
	f.mu.RUnlock()
	base := f.Day * dayMillis
	p := &plan{spec: spec, streams: streams, lo: max(0, spec.Lo-base), hi: min(dayMillis, spec.Hi-base), allowed: make([]bool, len(streams))}
	if spec.Lo-base > dayMillis || p.lo >= p.hi {
		return nil
	}
	var hot, rest []dsl.Query
	for _, part := range spec.Parts {
		switch ids, ok := part.(dsl.IDs); {
		case onlyHot(part):
			hot = append(hot, part)
		case ok && p.ids == nil:
			p.ids = append([]string{}, ids.IDs...)
		default:
			rest = append(rest, part)
		}
	}
	if !p.allow(hot) {
		return nil
	}
	covers, listed := make([]cover, len(rest)), *f.enums.Load()
	for i, part := range rest {
		if covers[i] = coverOf(listed.spell(part), f.partial.Load()); !covers[i].exact || p.ids != nil {
			p.residual = append(p.residual, part)
		}
	}
	if len(rest) > 0 && p.ids == nil {
		p.cover = andAll(covers)
	}
	if p.cover.inverse && p.cover.expr == nothing {
		p.cover = unknown // everything: no expression is needed
	}
	return p
}

// allow finds the streams that the hot parts let through, and says whether there are any.
func (p *plan) allow(hot []dsl.Query) bool {
	for i := range p.streams {
		s := &p.streams[i]
		ok := p.spec.Live(s.index.UUID)
		for _, q := range hot {
			ok = ok && dsl.Match(q, s)
		}
		if p.allowed[i] = ok; ok {
			p.some = append(p.some, i)
		}
	}
	if len(p.some) == 0 {
		return false
	}
	if len(p.some) == len(p.streams) {
		p.some = nil
	}
	return true
}

// onlyHot says whether streams alone decide a query. A query over no field at all is a constant, which they decide too.
func onlyHot(q dsl.Query) bool {
	hot := true
	dsl.Fields(q, func(field string) { hot = hot && isHot(field) })
	return hot
}

// Get returns the source of a document, or nil.
func (f *File) Get(ctx context.Context, ix Index, id string) (source []byte, err error) {
	spec := Spec{
		Parts: []dsl.Query{dsl.IDs{IDs: []string{id}}}, Lo: math.MinInt64 / 2, Hi: math.MaxInt64 / 2, Need: 1,
		Live: func(uuid string) bool { return uuid == ix.UUID },
	}
	res, err := f.Search(ctx, &spec)
	if err != nil || len(res.Hits) == 0 {
		return nil, err
	}
	return res.Hits[0].Source, nil
}

// view shows a document with its id and index to a query.
type view struct {
	doc       *document.Doc
	id, index string
}

func (v view) Each(fn func(document.Leaf) bool) {
	if !fn(document.Leaf{Path: "_id", Text: v.id}) || !fn(document.Leaf{Path: "_index", Text: v.index}) {
		return
	}
	for _, l := range v.doc.Leaves {
		if !fn(l) {
			return
		}
	}
}
