package document

import (
	"strconv"
	"strings"
	"time"
)

// The times a document may have: what fits four digits of year.
var (
	minTime = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	maxTime = time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC).UnixMilli()
)

// layouts are the forms of Elasticsearch's strict_date_optional_time, with the span that a missing rest stands for: that
// of whole seconds is for times without a fraction.
var layouts = []struct {
	layout string
	span   time.Duration
}{
	{time.RFC3339Nano, time.Second},
	{"2006-01-02T15:04:05.999999999", time.Second},
	{"2006-01-02T15:04:05.999999999Z0700", time.Second},
	{"2006-01-02T15:04Z07:00", time.Minute},
	{"2006-01-02T15:04", time.Minute},
	{"2006-01-02T15", time.Hour},
	{time.DateOnly, 24 * time.Hour},
}

// IsDate says whether a field holds times: those that the index template maps as date.
func IsDate(field string) bool {
	switch field {
	case TimeField, "event.created", "event.start", "event.end", "event.ingested":
		return true
	}
	return false
}

// ParseTime reads a date, or digits as milliseconds since the epoch. Parts of a millisecond are cut off.
func ParseTime(s string) (int64, bool) {
	if ms, ok := rfc3339(s); ok {
		return ms, true
	}
	ms, _, ok := ParseSpan(s)
	return ms, ok
}

// ParseSpan reads a date and also returns the span of milliseconds it stands for: a whole day for 2026-11-22.
func ParseSpan(s string) (ms, span int64, ok bool) {
	for _, l := range layouts {
		if t, err := time.Parse(l.layout, s); err == nil {
			span := l.span
			if strings.ContainsAny(s, ".,") {
				span = time.Millisecond
			}
			return t.UnixMilli(), span.Milliseconds(), true
		}
	}
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) > 4 && ms >= minTime && ms <= maxTime {
		return ms, 1, true
	}
	return 0, 0, false
}

// rfc3339 reads the usual form, 2026-11-22T10:00:00[.123]Z, without the cost of time.Parse.
func rfc3339(s string) (int64, bool) {
	if len(s) < 20 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[len(s)-1] != 'Z' {
		return 0, false
	}
	year, month, day := number(s[0:4]), number(s[5:7]), number(s[8:10])
	hour, minute, second := number(s[11:13]), number(s[14:16]), number(s[17:19])
	if year < 0 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return 0, false
	}
	if day > 28 && day > daysIn(year, month) {
		return 0, false
	}
	millis := 0
	if frac := s[19 : len(s)-1]; frac != "" {
		if frac[0] != '.' || len(frac) < 2 || len(frac) > 10 || number(frac[1:]) < 0 {
			return 0, false
		}
		millis = number((frac[1:] + "00")[:3])
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	return t.Unix()*1000 + int64(millis), true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// number is the value of a run of digits, or -1.
func number(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = n*10 + int(s[i]-'0')
	}
	return n
}
