package find

import (
	"strconv"
	"strings"
	"time"
)

// layouts of times, the longest first.
var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"}

// maxYear bounds what the search stores understand as a date.
const maxYear = 9999

// parseTime reads RFC 3339 (without a zone: UTC), milliseconds since 1970, or now
// with offsets such as now-15m or now-1d+2h.
func parseTime(text string, now time.Time) (time.Time, bool) {
	if rest, ok := strings.CutPrefix(text, "now"); ok {
		return shift(now, rest)
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), isDate(t.UTC())
		}
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	t := time.UnixMilli(ms).UTC()
	return t, err == nil && isDate(t)
}

// isDate says whether the search stores understand a time; a zone can carry one beyond.
func isDate(t time.Time) bool { return t.Year() >= 0 && t.Year() <= maxYear }

// shift applies offsets such as -15m.
func shift(t time.Time, offsets string) (time.Time, bool) {
	for offsets != "" {
		end := strings.IndexAny(offsets[1:], "+-") + 1
		if end == 0 {
			end = len(offsets)
		}
		d, ok := parseSpan(offsets[1:end])
		switch {
		case !ok:
			return t, false
		case offsets[0] == '-':
			t = t.Add(-d)
		case offsets[0] == '+':
			t = t.Add(d)
		default:
			return t, false
		}
		offsets = offsets[end:]
	}
	return t, isDate(t)
}

// day and year are lengths, not dates.
const (
	day  = 24 * time.Hour
	year = 365 * day
)

var units = map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': day, 'w': 7 * day}

// maxSpan bounds a span, so that it cannot overflow.
const maxSpan = 100 * year

// parseSpan reads a whole number with one unit: s, m, h, d or w.
func parseSpan(text string) (time.Duration, bool) {
	if len(text) < 2 {
		return 0, false
	}
	unit, ok := units[text[len(text)-1]]
	n, err := strconv.ParseUint(text[:len(text)-1], 10, 32)
	if !ok || err != nil || n > uint64(maxSpan/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// steps are the widths of buckets that people can read.
var steps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 7 * day, 30 * day,
}

// step is the smallest readable width with which a span has at most n buckets.
func step(span time.Duration, n int) time.Duration {
	for _, s := range steps {
		if span <= time.Duration(n)*s {
			return s
		}
	}
	years := int((span/time.Duration(n) + year) / year) // a product with n could overflow
	return time.Duration(years) * year
}

// width writes a width as Elasticsearch takes it.
func width(d time.Duration) string {
	switch {
	case d%day == 0:
		return strconv.FormatInt(int64(d/day), 10) + "d"
	case d%time.Hour == 0:
		return strconv.FormatInt(int64(d/time.Hour), 10) + "h"
	case d%time.Minute == 0:
		return strconv.FormatInt(int64(d/time.Minute), 10) + "m"
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + "s"
}
