package dsl

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/document"
)

// MaxBuckets is the most buckets one aggregation may have, as search.max_buckets in Elasticsearch.
const MaxBuckets = 65_536

// Agg is a named aggregation; one of Histogram and Terms is set.
type Agg struct {
	Name      string
	Histogram *Histogram
	Terms     *Terms
}

// Histogram counts hits by time. All values are in milliseconds.
type Histogram struct {
	Interval int64
	// Offset moves the edges of the buckets.
	Offset   int64
	MinCount int64
	// Extended asks for buckets from Low to High even where there are no hits.
	Extended  bool
	Low, High int64
	// Millis writes keys as numbers in key_as_string, Zone is added to the written time.
	Millis bool
	Zone   int64
}

// Start is where the bucket of a time begins.
func (h *Histogram) Start(ms int64) int64 {
	d := (ms - h.Offset) % h.Interval
	if d < 0 {
		d += h.Interval
	}
	return ms - d
}

// Terms counts hits by the values of a field.
type Terms struct {
	Field     string
	Size      int
	MinCount  int64
	ByKey     bool
	Ascending bool
}

// TermFields are the fields that Terms can count: those a volume keeps its streams by.
var termFields = map[string]bool{"service.name": true, "host.name": true, "log.level": true, "_index": true}

type aggFunc func(r *reader, body json.RawMessage, into *Agg) error

func aggregations() map[string]aggFunc {
	return map[string]aggFunc{"date_histogram": (*reader).histogram, "terms": (*reader).termsAgg}
}

func (r *reader) aggs(raw json.RawMessage) ([]Agg, error) {
	o, err := toObject(raw, "aggs")
	if err != nil {
		return nil, err
	}
	aggs := make([]Agg, 0, len(o))
	for _, name := range known(o) {
		a := Agg{Name: name}
		if err := r.agg(o[name], &a); err != nil {
			return nil, err
		}
		aggs = append(aggs, a)
	}
	return aggs, nil
}

func (r *reader) agg(raw json.RawMessage, into *Agg) error {
	o, err := toObject(raw, into.Name)
	if err != nil {
		return err
	}
	kinds := aggregations()
	found := false
	for kind, body := range o {
		read, ok := kinds[kind]
		switch {
		case kind == "meta":
		case kind == "aggs" || kind == "aggregations":
			if string(body) != "{}" {
				return parsing("aggregation [%s] has sub-aggregations, which are not supported by this store", into.Name)
			}
		case !ok:
			return parsing("Unknown aggregation type [%s] in [%s]; supported are: %s", kind, into.Name, strings.Join(known(kinds), ", "))
		case found:
			return parsing("Found two aggregation type definitions in [%s]", into.Name)
		default:
			found = true
			if err := read(r, body, into); err != nil {
				return err
			}
		}
	}
	if !found {
		return parsing("Missing definition for aggregation [%s]", into.Name)
	}
	return nil
}

func (r *reader) histogram(raw json.RawMessage, into *Agg) error {
	o, err := toObject(raw, "date_histogram")
	if err == nil {
		err = o.only("date_histogram", "field", "fixed_interval", "calendar_interval", "min_doc_count", "extended_bounds", "time_zone", "offset", "format", "keyed")
	}
	if err != nil {
		return err
	}
	if name, err := scalar(o["field"], "date_histogram"); err != nil || name != document.TimeField {
		return parsing("[date_histogram] needs the field @timestamp")
	}
	h := &Histogram{}
	into.Histogram = h
	if h.Interval, err = interval(o); err != nil {
		return err
	}
	if raw, ok := o["time_zone"]; ok {
		if h.Zone, err = zone(raw); err != nil {
			return err
		}
		h.Offset = -h.Zone
	}
	if _, ok := o["offset"]; ok {
		return parsing("[date_histogram] does not support [offset]")
	}
	if raw, ok := o["keyed"]; ok && string(raw) != "false" {
		return parsing("[date_histogram] does not support [keyed]")
	}
	if raw, ok := o["min_doc_count"]; ok {
		n, err := integer(raw, "min_doc_count")
		if err != nil {
			return err
		}
		h.MinCount = int64(n)
	}
	if raw, ok := o["format"]; ok {
		format, err := scalar(raw, "format")
		if err != nil {
			return err
		}
		h.Millis = format == "epoch_millis"
		if !h.Millis && !strings.HasPrefix(format, "strict_date") && !strings.HasPrefix(format, "date_optional_time") {
			return parsing("[date_histogram] supports the formats strict_date_optional_time and epoch_millis, not [%s]", format)
		}
	}
	return r.extended(o["extended_bounds"], h)
}

func (r *reader) extended(raw json.RawMessage, h *Histogram) error {
	if raw == nil {
		return nil
	}
	o, err := toObject(raw, "extended_bounds")
	if err == nil {
		err = o.only("extended_bounds", "min", "max")
	}
	if err != nil {
		return err
	}
	for _, end := range []struct {
		key  string
		into *int64
	}{{"min", &h.Low}, {"max", &h.High}} {
		text, err := scalar(o[end.key], "extended_bounds")
		if err != nil {
			return err
		}
		ms, _, ok := r.date(text)
		if !ok {
			return parsing("[extended_bounds] has [%s], which is no date", text)
		}
		*end.into = ms
	}
	if h.Low > h.High {
		return parsing("[extended_bounds.min] must not be greater than [extended_bounds.max]")
	}
	h.Extended = true
	return nil
}

// maxInterval is the longest interval in milliseconds, a thousand years: times can still be added to it.
const maxInterval = 1000 * 366 * 24 * 3600 * 1000

// interval reads fixed_interval, or the calendar intervals that always have the same length in UTC and in fixed offsets.
func interval(o object) (int64, error) {
	raw, name := o["fixed_interval"], "fixed_interval"
	if raw == nil {
		raw, name = o["calendar_interval"], "calendar_interval"
	}
	text, err := scalar(raw, "date_histogram interval")
	if err != nil {
		return 0, err
	}
	if name == "calendar_interval" {
		fixed := map[string]string{"minute": "1m", "1m": "1m", "hour": "1h", "1h": "1h", "day": "1d", "1d": "1d"}
		if text = fixed[text]; text == "" {
			return 0, parsing("[calendar_interval] supports minute, hour and day; use [fixed_interval] otherwise")
		}
	}
	units := []struct {
		suffix string
		length time.Duration
	}{{"ms", time.Millisecond}, {"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}, {"d", 24 * time.Hour}}
	for _, u := range units {
		digits, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 32)
		if err == nil && n > 0 && n <= maxInterval/u.length.Milliseconds() {
			return n * u.length.Milliseconds(), nil
		}
	}
	return 0, illegal("failed to parse setting [date_histogram.%s] with value [%s] as a time value", name, text)
}

func (r *reader) termsAgg(raw json.RawMessage, into *Agg) error {
	o, err := toObject(raw, "terms")
	if err == nil {
		err = o.only("terms", "field", "size", "order", "min_doc_count", "shard_size", "execution_hint", "show_term_doc_count_error")
	}
	if err != nil {
		return err
	}
	t := &Terms{Size: 10, MinCount: 1}
	into.Terms = t
	if t.Field, err = scalar(o["field"], "terms"); err != nil {
		return err
	}
	if !termFields[t.Field] {
		return parsing("[terms] can count by %s here, not by [%s]", strings.Join(known(termFields), ", "), t.Field)
	}
	for key, set := range map[string]func(int){"size": func(n int) { t.Size = n }, "min_doc_count": func(n int) { t.MinCount = int64(n) }} {
		if o[key] == nil {
			continue
		}
		n, err := integer(o[key], key)
		if err != nil {
			return err
		}
		if n < 1 || n > MaxBuckets {
			return illegal("[%s] in [terms] must be from 1 to %d, not [%d]", key, MaxBuckets, n)
		}
		set(n)
	}
	return t.order(o["order"])
}

func (t *Terms) order(raw json.RawMessage) error {
	if raw == nil {
		return nil
	}
	o, err := toObject(raw, "order")
	if err != nil || len(o) != 1 {
		return parsing("[order] in [terms] must name one of _count and _key")
	}
	for key, dir := range o {
		text, err := scalar(dir, "order")
		if err != nil {
			return err
		}
		if (key != "_count" && key != "_key") || (text != "asc" && text != "desc") {
			return parsing("[order] in [terms] must be asc or desc by _count or _key")
		}
		t.ByKey, t.Ascending = key == "_key", text == "asc"
	}
	return nil
}
