package index

import (
	"errors"
	"testing"
	"time"
)

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestNamesComeBackAsTheirParts(t *testing.T) {
	at := time.Date(2026, 11, 22, 23, 59, 59, 0, time.FixedZone("", -3600)) // the 23rd in UTC
	cases := []struct {
		app    string
		period Period
		name   string
		start  string
		end    string
	}{
		{"shop", Day, "logs-shop-prod-2026.11.23", "2026-11-23", "2026-11-24"},
		{"shop", "", "logs-shop-prod-2026.11.23", "2026-11-23", "2026-11-24"},
		{"shop-eu-1", Week, "logs-shop_eu_1-prod-2026.w48", "2026-11-23", "2026-11-30"},
		{"shop", Month, "logs-shop-prod-2026.11", "2026-11-01", "2026-12-01"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := Name(c.app, "prod", c.period, at); got != c.name {
				t.Fatalf("got %s", got)
			}
			p, err := Parse(c.name)
			if err != nil || p.App != c.app || p.Env != "prod" || !p.Start.Equal(day(c.start)) || !p.End.Equal(day(c.end)) {
				t.Errorf("got %+v, error %v", p, err)
			}
		})
	}
}

func TestEveryWeekComesBack(t *testing.T) {
	for d := day("2019-12-20"); d.Before(day("2032-01-15")); d = d.AddDate(0, 0, 1) {
		p, err := Parse(Name("a", "prod", Week, d))
		if err != nil || d.Before(p.Start) || !d.Before(p.End) || p.Start.Weekday() != time.Monday {
			t.Fatalf("%s lies in %+v, error %v", d, p, err)
		}
	}
}

func TestParseRefusesOtherNames(t *testing.T) {
	for _, name := range []string{
		"", "logs", "logs-a-prod", "logs-a-prod-2026", "logs-a-prod-2026.13.01", "logs-a-prod-2026.1.2", "logs-a-prod-2026.w54", "logs-a-prod-2026.w00",
		"logs-a-b-prod-2026.11.22", "metrics-a-prod-2026.11.22", "logs-A-prod-2026.11.22", "logs-a-pre_prod-2026.11.22", "logs-a-prod-2025.w53",
	} {
		if p, err := Parse(name); !errors.Is(err, ErrName) {
			t.Errorf("%q: %+v, error %v", name, p, err)
		}
	}
}

func TestClampKeepsWildTimesNearTheReadTime(t *testing.T) {
	at, week := day("2026-11-22"), 7*24*time.Hour
	cases := map[string]string{"1970-01-01": "2026-11-15", "2026-11-20": "2026-11-20", "2026-11-23": "2026-11-23", "2099-01-01": "2026-11-23"}
	for event, want := range cases {
		if got := Clamp(day(event), at, week); !got.Equal(day(want)) {
			t.Errorf("%s became %s", event, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("logs-shop_eu-prod-2026.w47")
	f.Add("logs-shop-prod-2026.11.22")
	f.Fuzz(func(t *testing.T, name string) {
		p, err := Parse(name)
		if err != nil {
			return
		}
		if Name(p.App, p.Env, p.Period, p.Start) != name || !p.Start.Before(p.End) {
			t.Fatalf("%q became %+v", name, p)
		}
	})
}
