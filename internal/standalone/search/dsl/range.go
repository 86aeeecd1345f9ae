package dsl

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/internal/document"
	"github.com/millrace/millrace/internal/query/address"
)

func (r *reader) rangeClause(raw json.RawMessage) (Query, error) {
	name, o, err := field(raw, "range", "", "gte", "gt", "lte", "lt", "from", "to", "include_lower", "include_upper", "format", "time_zone", "relation")
	if err != nil {
		return nil, err
	}
	r.zone = 0
	if tz, ok := o["time_zone"]; ok {
		if r.zone, err = zone(tz); err != nil {
			return nil, err
		}
	}
	q := Range{Field: name}
	for _, end := range []struct {
		key            string
		bound          *Bound
		upper, include bool
	}{{"gte", &q.From, false, true}, {"gt", &q.From, true, false}, {"lte", &q.To, true, true}, {"lt", &q.To, false, false}} {
		raw, ok := o[end.key]
		if !ok || string(raw) == "null" {
			continue
		}
		if *end.bound, err = r.bound(raw, name, end.upper); err != nil {
			return nil, err
		}
		end.bound.Include = end.include
	}
	for _, key := range []string{"from", "to", "include_lower", "include_upper"} {
		if _, ok := o[key]; ok {
			return nil, parsing("[range] does not support [%s]; use gte, gt, lte, lt", key)
		}
	}
	return q, nil
}

// bound reads one end of a range. A date without its smaller parts stands for its first millisecond, or for its last
// where upper is set, as in Elasticsearch.
func (r *reader) bound(raw json.RawMessage, name string, upper bool) (Bound, error) {
	text, err := scalar(raw, "range")
	if err != nil {
		return Bound{}, err
	}
	b := Bound{Set: true, Text: text}
	if _, ok := address.Parse(text); !ok && address.Field(name) {
		return b, illegal("[%s] is of type ip, and [%s] is no IP address", name, text)
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(f) {
		b.Number, b.IsNumber = f, true
	}
	if ms, span, ok := r.date(text); ok {
		if upper {
			ms += span - 1
		}
		b.Time, b.IsTime = ms, true
	}
	if document.IsDate(name) && !b.IsTime {
		return b, noDate(text)
	}
	return b, nil
}

// date reads a date, milliseconds since the epoch, or now with an offset.
func (r *reader) date(text string) (ms, span int64, ok bool) {
	rest, relative := strings.CutPrefix(text, "now")
	if !relative {
		if ms, err := strconv.ParseInt(text, 10, 64); err == nil && (len(text) > 4 || ms <= 0) {
			return ms, 1, true
		}
		ms, span, ok := document.ParseSpan(text)
		if !hasZone(text) {
			ms -= r.zone
		}
		return ms, span, ok
	}
	ms = r.now
	for rest != "" {
		n, unit, tail, ok := offset(rest)
		if !ok {
			return 0, 0, false
		}
		ms += n * unit
		rest = tail
	}
	return ms, 1, true
}

// hasZone says whether a date names its zone.
func hasZone(date string) bool {
	_, clock, _ := strings.Cut(date, "T")
	return strings.ContainsAny(clock, "Z+-")
}

// offset reads the first step of date math, such as -15m.
func offset(s string) (n, unit int64, rest string, ok bool) {
	i := 1
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	if (s[0] != '-' && s[0] != '+') || i == 1 || i == len(s) || i > 10 {
		return 0, 0, "", false
	}
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'H': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	d, ok := units[s[i]]
	n, err := strconv.ParseInt(s[:i], 10, 64)
	return n, d.Milliseconds(), s[i+1:], ok && err == nil
}

// zone reads a time zone as its offset in milliseconds. Zones whose offset changes over the year are not supported.
func zone(raw json.RawMessage) (int64, error) {
	s, err := scalar(raw, "time_zone")
	if err != nil {
		return 0, err
	}
	if s == "UTC" || s == "Z" || s == "GMT" || s == "Etc/UTC" {
		return 0, nil
	}
	t, err := time.Parse("-07:00", s)
	if err != nil {
		return 0, illegal("[time_zone] must be UTC or an offset like +02:00, not [%s]", s)
	}
	_, seconds := t.Zone()
	return int64(seconds) * 1000, nil
}
