package tail

import (
	"testing"
	"time"

	"github.com/millrace/millrace/agent/internal/frame"
	"github.com/millrace/millrace/schemas/collect"
)

func TestALimitKeepsItsRate(t *testing.T) {
	cases := []struct {
		name         string
		rates        collect.Limits
		lines, bytes int // of one block
		least, most  int // blocks that pass in 100 s
	}{
		{"lines", collect.Limits{LinesPerSecond: 100, Burst: collect.Duration(10 * time.Second)}, 10, 1, 1000, 1120},
		{"bytes", collect.Limits{BytesPerSecond: 1000, Burst: collect.Duration(time.Second)}, 1, 100, 1000, 1030},
		{"both: the first one that is reached counts", collect.Limits{LinesPerSecond: 10, BytesPerSecond: 1 << 20, Burst: collect.Duration(time.Second)}, 1, 10, 990, 1020},
		{"a block larger than the allowance is paid back", collect.Limits{LinesPerSecond: 10, Burst: collect.Duration(time.Second)}, 500, 1, 2, 4},
		{"no more than is there", collect.Limits{LinesPerSecond: 1000, Burst: collect.Duration(time.Second)}, 1, 1, 10000, 10000},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			now := time.Unix(1_700_000_000, 0)
			l := &limit{rates: c.rates, lines: saved(c.rates.LinesPerSecond, c.rates.Burst), bytes: saved(c.rates.BytesPerSecond, c.rates.Burst), at: now}
			passed, all := 0, 0
			for range 10_000 {
				now = now.Add(10 * time.Millisecond)
				l.refill(now)
				if all++; l.take(&frame.Cut{Len: c.bytes, Events: c.lines}, false, now) {
					passed++
				}
			}
			if passed < c.least || passed > c.most {
				t.Errorf("%d of %d passed", passed, all)
			}
			if n := l.skippedLines; n != uint64((all-passed)*c.lines) {
				t.Errorf("%d lines are counted as skipped", n)
			}
		})
	}
}

func TestALongLineIsNotCutByALimit(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	l := &limit{rates: collect.Limits{BytesPerSecond: 10}, bytes: 10, at: now}
	for part := range uint32(5) {
		if !l.take(&frame.Cut{Len: 100, Events: 1, Part: part + 1}, false, now) {
			t.Errorf("part %d was skipped", part+1)
		}
	}
	if l.take(&frame.Cut{Len: 1, Events: 1}, false, now) {
		t.Error("the line behind it was not skipped")
	}
}
