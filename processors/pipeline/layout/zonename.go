package layout

import (
	"bytes"
	"sync"
	"time"
	_ "time/tzdata" // a name must mean the same on every machine
)

// zoneNames are the abbreviations that mean one thing in logs, each with its offset and the region it is the civil time of.
// Longer ones stand before those they begin with.
var zoneNames = []struct {
	name   string
	hours  int
	region string
}{
	{"UTC", 0, ""},
	{"GMT", 0, ""},
	{"UT", 0, ""},
	{"WEST", 1, "Europe/Lisbon"},
	{"WET", 0, "Europe/Lisbon"},
	{"BST", 1, "Europe/London"},
	{"CEST", 2, "Europe/Paris"},
	{"CET", 1, "Europe/Paris"},
	{"EEST", 3, "Europe/Athens"},
	{"EET", 2, "Europe/Athens"},
	{"MSK", 3, "Europe/Moscow"},
	{"EST", -5, "America/New_York"},
	{"EDT", -4, "America/New_York"},
	{"CST", -6, "America/Chicago"},
	{"CDT", -5, "America/Chicago"},
	{"MST", -7, "America/Denver"},
	{"MDT", -6, "America/Denver"},
	{"PST", -8, "America/Los_Angeles"},
	{"PDT", -7, "America/Los_Angeles"},
	{"JST", 9, "Asia/Tokyo"},
	{"AEST", 10, "Australia/Sydney"},
	{"AEDT", 11, "Australia/Sydney"},
}

// zoneName reads an abbreviation and returns it, its offset, and how many bytes it took.
func zoneName(b []byte) (name string, offset, n int) {
	for _, z := range zoneNames {
		if len(b) >= len(z.name) && bytes.EqualFold(b[:len(z.name)], []byte(z.name)) {
			n = len(z.name)
			if more, m := zone(b[n:]); m > 1 && z.region == "" {
				return "", more, n + m // GMT+01:00
			}
			return z.name, z.hours * 3600, n
		}
	}
	return "", 0, 0
}

// settleName corrects an instant that was read with the offset of an abbreviation which its region does not keep at that
// time of the year: "EST" in July is taken for New York's time, as Elastic's date processor and Java take it.
func settleName(t time.Time, name string) time.Time {
	for _, z := range zoneNames {
		if z.name != name || z.region == "" {
			continue
		}
		region := regions()[z.region]
		if _, offset := t.In(region).Zone(); offset != z.hours*3600 {
			return t.Add(time.Duration(z.hours*3600-offset) * time.Second)
		}
		return t
	}
	return t
}

// regions are the regions of zoneNames, loaded when the first of them is needed.
var regions = sync.OnceValue(func() map[string]*time.Location {
	found := map[string]*time.Location{}
	for _, z := range zoneNames {
		loc, err := time.LoadLocation(z.region)
		if err != nil {
			loc = time.FixedZone(z.name, z.hours*3600) // never: the zones are built in
		}
		found[z.region] = loc
	}
	return found
})
