package dsl

import (
	"errors"
	"reflect"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func FuzzParseSearch(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"query":{"bool":{"must":[{"match":{"message":"a b"}}],"should":{"term":{"a":1}},"minimum_should_match":-1}}}`,
		`{"query":{"range":{"@timestamp":{"gte":"now-15m","lt":"2026-11-22","time_zone":"+02:00"}}},"sort":[{"@timestamp":"desc"},"_id"],"search_after":[1,"x"]}`,
		`{"aggs":{"h":{"date_histogram":{"field":"@timestamp","fixed_interval":"1m","extended_bounds":{"min":0,"max":1}}},"t":{"terms":{"field":"host.name","order":{"_key":"asc"}}}}}`,
		`{"query":{"terms":{"a":[1,true,"x"]}},"_source":["a"],"track_total_hits":5}`, `{"query":{"ids":{"values":"x"}}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		req, err := ParseSearch(body, now)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Type == "" {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		TimeBounds(Conjuncts(req.Query), -1<<60, 1<<60)
		Fields(req.Query, func(string) {})
		for _, a := range req.Aggs {
			if a.Histogram != nil && a.Histogram.Start(now.UnixMilli()) > now.UnixMilli() {
				t.Fatalf("%q: the bucket begins after its content", body)
			}
		}
	})
}

func TestTimeBounds(t *testing.T) {
	for name, tc := range map[string]struct {
		bounds string
		lo, hi time.Time
	}{
		"both ends included":                    {`"gte":"2026-11-22T10:00:00Z","lte":"2026-11-22T11:00:00Z"`, now.Add(-2 * time.Hour), now.Add(-time.Hour + time.Second)},
		"both ends excluded":                    {`"gt":"2026-11-22T10:00:00Z","lt":"2026-11-22T11:00:00Z"`, now.Add(-2*time.Hour + time.Second), now.Add(-time.Hour)},
		"a second with its fraction is exact":   {`"gt":"2026-11-22T10:00:00.0Z","lte":"2026-11-22T11:00:00.000Z"`, now.Add(-2*time.Hour + time.Millisecond), now.Add(-time.Hour + time.Millisecond)},
		"a day as the upper end is whole":       {`"gte":"2026-11-22","lte":"2026-11-22"`, now.Add(-12 * time.Hour), now.Add(12 * time.Hour)},
		"after a day means after its end":       {`"gt":"2026-11-21","lt":"2026-11-23"`, now.Add(-12 * time.Hour), now.Add(12 * time.Hour)},
		"milliseconds":                          {`"gte":1795348800000,"lt":"1795348801000"`, now, now.Add(time.Second)},
		"now with an offset":                    {`"gte":"now-1h+5m","lt":"now"`, now.Add(-55 * time.Minute), now},
		"dates without a zone are in time_zone": {`"gte":"2026-11-22T12:00","lt":"2026-11-22T13:00:00Z","time_zone":"+02:00"`, now.Add(-2 * time.Hour), now.Add(time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := ParseSearch([]byte(`{"query":{"bool":{"filter":[{"range":{"@timestamp":{`+tc.bounds+`}}},{"term":{"a":"b"}}]}}}`), now)
			if err != nil {
				t.Fatal(err)
			}
			lo, hi, rest := TimeBounds(Conjuncts(req.Query), 0, 1<<60)
			if lo != tc.lo.UnixMilli() || hi != tc.hi.UnixMilli() {
				t.Errorf("got %v to %v", time.UnixMilli(lo).UTC(), time.UnixMilli(hi).UTC())
			}
			if want := []Query{Term{Field: "a", Values: []string{"b"}}}; !reflect.DeepEqual(rest, want) {
				t.Errorf("rest is %#v", rest)
			}
		})
	}
}
