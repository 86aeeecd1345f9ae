package find

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 22, 19, 30, 0, 0, time.UTC)

func TestParseTime(t *testing.T) {
	for text, want := range map[string]string{
		"2026-11-22T10:00:00Z":        "2026-11-22T10:00:00.000Z",
		"2026-11-22T10:00:00.5+02:00": "2026-11-22T08:00:00.500Z",
		"2026-11-22T10:00:00":         "2026-11-22T10:00:00.000Z",
		"2026-11-22":                  "2026-11-22T00:00:00.000Z",
		"0":                           "1970-01-01T00:00:00.000Z",
		"1795341600123":               "2026-11-22T10:00:00.123Z",
		"now":                         "2026-11-22T19:30:00.000Z",
		"now-15m":                     "2026-11-22T19:15:00.000Z",
		"now-1d+2h":                   "2026-11-21T21:30:00.000Z",
		"now+1w":                      "2026-11-29T19:30:00.000Z",
		"":                            "",
		"yesterday":                   "",
		"now-":                        "",
		"now15m":                      "",
		"now-15":                      "",
		"now-15x":                     "",
		"now--1m":                     "",
		"now-99999999999999999999d":   "",
		"now-101w+4294967295w":        "",
		"99999999999999999":           "",
		"2026-13-01T00:00:00Z":        "",
		"now-36500d-36500d-36500d":    "1727-02-03T19:30:00.000Z",
	} {
		got := ""
		if at, ok := parseTime(text, now); ok {
			got = stamp(at)
		}
		if got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	f.Add("now-15m+1h")
	f.Add("2026-11-22T10:00:00Z")
	f.Fuzz(func(t *testing.T, text string) {
		if at, ok := parseTime(text, now); ok && (at.Year() < 0 || at.Year() > maxYear) {
			t.Errorf("%q is read as %v", text, at)
		}
	})
}

func TestStepsGiveAtMostAsManyBucketsAsWanted(t *testing.T) {
	for _, span := range []time.Duration{time.Millisecond, time.Second, time.Minute, time.Hour + 1, 36 * time.Hour, 100 * day, 20 * year, maxSpan} {
		for _, n := range []int{1, 10, 60, MaxBuckets} {
			s := step(span, n)
			if span/time.Duration(n) > s {
				t.Errorf("%v in steps of %v are more than %d buckets", span, s, n)
			}
			if d, ok := parseSpan(width(s)); s <= maxSpan && (!ok || d != s) {
				t.Errorf("%v is written as %s", s, width(s))
			}
		}
	}
}

func TestACursorGoesOnBehindWhatWasShown(t *testing.T) {
	hit := func(ms int64, offset string) rawHit {
		return rawHit{Sort: []json.RawMessage{json.RawMessage(strconv.FormatInt(ms, 10)), json.RawMessage(offset)}}
	}
	for name, c := range map[string]struct {
		before *cursor
		hits   []rawHit
		want   cursor
	}{
		"a last hit unlike the others":         {nil, []rawHit{hit(2, "9"), hit(1, "5")}, cursor{1, 5, 1}},
		"three of the same at the end":         {nil, []rawHit{hit(2, "9"), hit(1, "5"), hit(1, "5"), hit(1, "5")}, cursor{1, 5, 3}},
		"a page of the same as the one before": {&cursor{1, 5, 3}, []rawHit{hit(1, "5"), hit(1, "5")}, cursor{1, 5, 5}},
		"a page that leaves the same behind":   {&cursor{1, 5, 3}, []rawHit{hit(1, "5"), hit(1, "4")}, cursor{1, 4, 1}},
		"an event without an offset":           {nil, []rawHit{hit(1, "null")}, cursor{1, math.MinInt64, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := c.before.next(c.hits)
			if !ok || got != c.want {
				t.Fatalf("got %+v, %v; want %+v", got, ok, c.want)
			}
			sig := signature(Params{Q: "x"})
			back, err := parseCursor(got.text(sig), sig)
			if err != nil || *back != got {
				t.Errorf("it comes back as %+v, %v", back, err)
			}
			if _, err := parseCursor(got.text(sig), signature(Params{App: "x"})); err == nil {
				t.Error("another search takes it")
			}
		})
	}
}

func FuzzParseCursor(f *testing.F) {
	sig := signature(Params{})
	f.Add(cursor{1, 2, 3}.text(sig))
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := parseCursor(text, sig); err == nil && c.text(sig) != text && len(text) != 38 {
			t.Errorf("%q is taken and written as %q", text, c.text(sig))
		}
	})
}
