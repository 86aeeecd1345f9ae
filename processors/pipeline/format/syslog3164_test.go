package format

import (
	"strings"
	"testing"
	"time"
)

func TestTheYearOfATimeThatWasReadBeforeIsFoundAnew(t *testing.T) {
	p := newParser(t, "syslog")
	const line = "Dec 31 23:59:59 web-1 app: up"
	for _, c := range []struct {
		at   time.Time
		zone *time.Location
		want string
	}{
		{time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), time.UTC, "2026-12-31T23:59:59.000Z"},
		{time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), time.FixedZone("", 3600), "2026-12-31T22:59:59.000Z"},
		{time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), time.UTC, "2025-12-31T23:59:59.000Z"},
	} {
		p.in.At, p.in.Location = c.at, c.zone
		if got, err := p.parse(line); err != nil || !strings.Contains(got, c.want) {
			t.Errorf("read at %s: %s, %v; want %s", c.at, got, err, c.want)
		}
	}
}
