package tail

import (
	"testing"
	"time"
)

func TestABrakeKeepsToItsShareOfACore(t *testing.T) {
	for name, limit := range map[string]float64{"a twentieth": 0.05, "a quarter": 0.25, "a core": 1, "one and a half": 1.5} {
		t.Run(name, func(t *testing.T) {
			var used time.Duration
			b := brake{limit: limit, used: func() time.Duration { return used }}
			began := time.Unix(1000, 0)
			now := began
			for now.Sub(began) < time.Minute {
				if b.holds(now) {
					now = b.until
					continue
				}
				now = now.Add(5 * time.Millisecond)
				used += 10 * time.Millisecond // two cores, as long as it may
			}
			share := used.Seconds() / now.Sub(began).Seconds()
			if share > limit*1.05 || share < limit*0.9 {
				t.Errorf("%.3f cores of %.3f", share, limit)
			}
			if b.delayed == 0 || b.delayed > time.Minute {
				t.Errorf("delayed by %s", b.delayed)
			}
		})
	}
}

func TestABrakeIsLooseBelowItsLimit(t *testing.T) {
	var used time.Duration
	b := brake{limit: 0.5, used: func() time.Duration { return used }}
	now := time.Unix(1000, 0)
	for range 1000 {
		if b.holds(now) {
			t.Fatal("it holds")
		}
		now = now.Add(25 * time.Millisecond)
		used += 10 * time.Millisecond
	}
	now, used = now.Add(time.Hour), used+400*time.Millisecond // a burst after a rest
	if b.holds(now) {
		t.Error("nothing was saved up")
	}
	if now = now.Add(brakeLook); b.holds(now) {
		t.Error("it holds before what was saved up is used")
	}
	used += 2 * time.Second
	if now = now.Add(brakeLook); !b.holds(now) || b.until.Sub(now) != brakeMost {
		t.Errorf("it holds for %s after a long burst", b.until.Sub(now))
	}
	for range 100 { // other work takes all there is
		used += brakeMost
		if now = b.until; b.holds(now) || b.holds(now.Add(brakeLook-1)) {
			t.Fatal("nothing is ever read")
		}
		if now = now.Add(brakeLook); !b.holds(now) || b.until.Sub(now) > brakeMost {
			t.Fatalf("it holds for %s", b.until.Sub(now))
		}
	}
	free := brake{used: func() time.Duration { t.Error("without a limit nobody looks"); return 0 }}
	if free.holds(now) {
		t.Error("it holds without a limit")
	}
}
