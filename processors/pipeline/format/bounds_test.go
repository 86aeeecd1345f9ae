package format

import (
	"strings"
	"testing"
)

// A sender that repeats one name gets a list, not a copy of the list for each of its values.
func TestARepeatedNameTakesNoMoreMemoryThanItsLine(t *testing.T) {
	for _, format := range []string{"syslog", "auto"} {
		for count, want := range map[int]string{1000: `"b":["","",`, 40_000: `"structured_data":{"text":"[x b=`} {
			p := newParser(t, format)
			got, err := p.parse(`<34>1 2026-11-22T18:14:15Z h a 7 - [x` + strings.Repeat(` b=""`, count) + `] up`)
			if err != nil || !strings.Contains(got, want) {
				t.Errorf("%s: %d values give %.300s, %v", format, count, got, err)
			}
			if size := cap(p.in.Event.Scratch()); size > 1<<20 {
				t.Errorf("%s: %d values take %d bytes", format, count, size)
			}
		}
	}
}
