package layout

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

var (
	at     = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	berlin = time.FixedZone("+02:00", 7200)
)

func TestTimesAreReadByTheirLayout(t *testing.T) {
	for name, c := range map[string]struct{ layout, text, want string }{
		"common log format":            {"dd/MMM/yyyy:HH:mm:ss Z", "07/Dec/2016:10:43:23 +0100", "2016-12-07T09:43:23Z"},
		"log4j, without a zone":        {"yyyy-MM-dd HH:mm:ss,SSS", "2026-02-03 04:05:06,789", "2026-02-03T02:05:06.789Z"},
		"nanoseconds":                  {"yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSSX", "2026-02-03T04:05:06.123456789Z", "2026-02-03T04:05:06.123456789Z"},
		"month and day of one digit":   {"M/d/yyyy H:m:s", "2/3/2026 4:5:6", "2026-02-03T02:05:06Z"},
		"month and day of two digits":  {"M/d/yyyy H:m:s", "12/30/2025 14:15:16", "2025-12-30T12:15:16Z"},
		"afternoon":                    {"hh:mm a dd.MM.yyyy z", "02:05 pm 03.02.2026 UTC", "2026-02-03T14:05:00Z"},
		"midnight on a 12-hour clock":  {"hh:mm a dd.MM.yyyy z", "12:05 AM 03.02.2026 GMT", "2026-02-03T00:05:00Z"},
		"two digits of the year":       {"yyMMdd HHmmss X", "260203 040506 Z", "2026-02-03T04:05:06Z"},
		"the name of the day":          {"EEE MMM dd HH:mm:ss yyyy", "Tue Feb 03 04:05:06 2026", "2026-02-03T02:05:06Z"},
		"long names":                   {"EEEE, d MMMM yyyy HH:mm z", "Tuesday, 3 February 2026 04:05 PST", "2026-02-03T12:05:00Z"},
		"a literal with letters":       {"yyyy'Y'MM'o''clock'dd X", "2026Y02o'clock03 Z", "2026-02-03T00:00:00Z"},
		"what may be left out, there":  {"yyyy-MM-dd[ HH:mm[:ss]] X", "2026-02-03 04:05:06 Z", "2026-02-03T04:05:06Z"},
		"what may be left out, gone":   {"yyyy-MM-dd[ HH:mm[:ss]] X", "2026-02-03 04:05 Z", "2026-02-03T04:05:00Z"},
		"all of it gone":               {"yyyy-MM-dd[ HH:mm[:ss]] X", "2026-02-03 Z", "2026-02-03T00:00:00Z"},
		"no year, this one":            {"MMM dd HH:mm:ss", "Feb 28 10:00:00", "2026-02-28T08:00:00Z"},
		"no year, the last one":        {"MMM dd HH:mm:ss", "Mar 30 10:00:00", "2025-03-30T08:00:00Z"},
		"no year, hours ahead":         {"MMM dd HH:mm:ss", "Mar 01 18:00:00", "2026-03-01T16:00:00Z"},
		"one space for two":            {"MMM d HH:mm:ss", "Feb  9 21:19:40", "2026-02-09T19:19:40Z"},
		"the 29th of February":         {"MMM dd HH:mm:ss", "Feb 29 10:00:00", "2024-02-29T08:00:00Z"},
		"no date":                      {"HH:mm:ss.SSS", "04:05:06.007", "2026-03-01T02:05:06.007Z"},
		"the day of the year":          {"yyyy-DDD HH:mm X", "2026-034 04:05 Z", "2026-02-03T04:05:00Z"},
		"a leap second":                {"yyyy-MM-dd HH:mm:ss X", "2016-12-31 23:59:60 Z", "2017-01-01T00:00:00Z"},
		"the 31st of April":            {"yyyy-MM-dd", "2026-04-31", ""},
		"text behind it":               {"yyyy-MM-dd", "2026-04-30x", ""},
		"an hour too many":             {"yyyy-MM-dd HH:mm", "2026-04-30 25:00", ""},
		"nothing":                      {"yyyy-MM-dd", "", ""},
		"ISO with a zone":              {"ISO8601", "2026-02-03T04:05:06.789+01:00", "2026-02-03T03:05:06.789Z"},
		"ISO without a zone":           {"ISO8601", "2026-02-03T04:05:06", "2026-02-03T02:05:06Z"},
		"ISO with a comma and a space": {"ISO8601", "2026-02-03 04:05:06,7 +0100", "2026-02-03T03:05:06.7Z"},
		"ISO, a day":                   {"ISO8601", "2026-02-03", "2026-02-02T22:00:00Z"},
		"ISO, wrong":                   {"ISO8601", "2026-02-03Tx", ""},
		"seconds":                      {"UNIX", "1770091506", "2026-02-03T04:05:06Z"},
		"seconds with a fraction":      {"UNIX", "1770091506.25", "2026-02-03T04:05:06.25Z"},
		"seconds before 1970":          {"UNIX", "-1.5", "1969-12-31T23:59:58.5Z"},
		"milliseconds":                 {"UNIX_MS", "1770091506789", "2026-02-03T04:05:06.789Z"},
		"milliseconds and a fraction":  {"UNIX_MS", "1770091506789.5", "2026-02-03T04:05:06.7895Z"},
		"seconds, not a number":        {"UNIX", "17x", ""},
		"seconds, far too many":        {"UNIX", "99999999999999999999", ""},
		"TAI64N":                       {"TAI64N", "@4000000050d506482dbdf024", "2012-12-22T01:00:19.767422500Z"},
		"TAI64N, cut":                  {"TAI64N", "@4000000050d506482dbdf0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := Compile(c.layout)
			if err != nil {
				t.Fatal(err)
			}
			got, err := l.Parse([]byte(c.text), at, berlin)
			if c.want == "" {
				if !errors.Is(err, ErrNoMatch) {
					t.Fatalf("got %s, %v", got, err)
				}
				return
			}
			want, werr := time.Parse(time.RFC3339Nano, c.want)
			if err != nil || werr != nil || !got.Equal(want) {
				t.Errorf("got %s, %v; want %s", got.Format(time.RFC3339Nano), err, c.want)
			}
		})
	}
}

func TestAWrongLayoutSaysWhereItIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":             "the layout is empty",
		"yyyy-QQ":      `the layout has "QQ", which is not known (column 6)`,
		"yyyyy":        `the layout has "yyyyy", which is not known (column 1)`,
		"yyyy'T":       "the layout has a quote that does not end",
		"yyyy[":        "the layout has a [ without its ]",
		"yyyy]":        "the layout has a ] without its [ (column 5)",
		"dd/MMM/yyyyT": `the layout has "T", which is not known (column 12)`,
	} {
		if _, err := Compile(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestZonesAreNamesOrOffsets(t *testing.T) {
	for name, offset := range map[string]int{"UTC": 0, "Z": 0, "+02:00": 7200, "-0730": -27000, "Asia/Tokyo": 32400} {
		loc, err := Zone(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, got := at.In(loc).Zone(); got != offset {
			t.Errorf("%s is %d seconds off", name, got)
		}
	}
	for _, name := range []string{"", "Local", "Nowhere/City", "+2"} {
		if _, err := Zone(name); err == nil {
			t.Errorf("%q is taken for a zone", name)
		}
	}
}

func TestALayoutWritesWhatItReads(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	for _, text := range []string{
		"dd/MMM/yyyy:HH:mm:ss Z", "yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSSXXX", "EEE, d MMM yyyy hh:mm:ss a xxx", "yyyy-DDD HH:mm:ss Z",
		"UNIX", "UNIX_MS", "ISO8601",
	} {
		l, err := Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			want := time.Unix(random.Int64N(4e9), 0).In(berlin)
			out := l.Append(nil, want)
			if got, err := l.Parse(out, at, time.UTC); err != nil || !got.Equal(want) {
				t.Fatalf("%s: wrote %s, read %s, %v", text, out, got, err)
			}
		}
	}
}

func TestFixedReadersAgreeWithPackageTime(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	for range 20000 {
		want := time.Unix(random.Int64N(8e10)-2e10, random.Int64N(1e9)).In(time.FixedZone("", random.IntN(24)*3600-12*3600))
		if got, n := ISO([]byte(want.Format(time.RFC3339Nano)), time.UTC); n == 0 || !got.Equal(want) {
			t.Fatalf("ISO: %s, want %s", got, want)
		}
		clf := want.Format("02/Jan/2006:15:04:05 -0700")
		if got, ok := CommonLog([]byte(clf)); !ok || !got.Equal(want.Truncate(time.Second)) {
			t.Fatalf("common log: %s, want %s", got, clf)
		}
		stamp := want.Format(time.Stamp)
		if got, n := Syslog([]byte(stamp), want, want.Location()); n != len(stamp) || !got.Equal(want.Truncate(time.Second)) {
			t.Fatalf("syslog: %s (%d), want %s", got, n, want)
		}
	}
}

func FuzzLayoutsNeverPanic(f *testing.F) {
	for _, s := range [][2]string{
		{"dd/MMM/yyyy:HH:mm:ss Z", "07/Dec/2016:10:43:23 +0100"},
		{"yyyy[-MM['x'-dd]]", "2026-02"},
		{"ISO8601", "2026-02-03T04:05"},
		{"UNIX", "-12.5"},
		{"TAI64N", "@4000000050d506482dbdf024"},
		{"hh a K k A n", "1 am"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, layout, text string) {
		for _, b := range []string{text, "2026-" + text} {
			ISO([]byte(b), berlin)
			CommonLog([]byte(b))
			Syslog([]byte(b), at, berlin)
			UnixNano([]byte(b))
		}
		l, err := Compile(layout)
		if err != nil {
			return
		}
		got, err := l.Parse([]byte(text), at, berlin)
		if err == nil && (got.Year() < -1 || got.Year() > 10000) {
			t.Fatalf("%q in %q is the year %d", text, layout, got.Year())
		}
		l.Append(nil, got)
	})
}

func BenchmarkCommonLog(b *testing.B) {
	text := []byte("07/Dec/2016:10:43:23 +0100")
	b.ReportAllocs()
	for b.Loop() {
		CommonLog(text)
	}
}

func BenchmarkPattern(b *testing.B) {
	l, err := Compile("yyyy-MM-dd HH:mm:ss,SSS")
	if err != nil {
		b.Fatal(err)
	}
	text := []byte("2026-02-03 04:05:06,789")
	b.ReportAllocs()
	for b.Loop() {
		_, _ = l.Parse(text, at, time.UTC)
	}
}

// TestCommonLogIsReadAsItsPattern breaks times of the common log format in all places.
func TestCommonLogIsReadAsItsPattern(t *testing.T) {
	l, err := Compile(commonLog)
	if err != nil {
		t.Fatal(err)
	}
	check := func(text string) {
		got, gotOK := l.read([]byte(text), at, berlin)
		want, ok := l.java.read([]byte(text), at, berlin)
		if gotOK != ok || !got.Equal(want) {
			t.Errorf("%q: %v, %t; want %v, %t", text, got, gotOK, want, ok)
		}
	}
	for _, text := range []string{
		"07/Dec/2016:10:43:23 +0100", "31/jUN/2016:24:00:60 -1800", "29/FEB/2026:23:59:59 +0000", "00/May/0000:00:00:00 +1860", "07/June/2016:10:43:23 Z",
	} {
		check(text)
		for i := range text {
			for _, c := range []byte("0179 +:/Zajn\xff") {
				check(text[:i] + string([]byte{c}) + text[i+1:])
			}
			check(text[:i])
			check(text[:i] + text[i+1:])
		}
	}
}
