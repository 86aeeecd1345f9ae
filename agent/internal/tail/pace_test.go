package tail

import (
	"testing"
	"time"
)

func TestAPaceFollowsWhatIsRead(t *testing.T) {
	var p pace
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	if p.at(now) != 0 {
		t.Errorf("at rest: %g", p.at(now))
	}
	for range 600 { // a minute of 10,000 bytes a second
		now = now.Add(100 * time.Millisecond)
		p.add(1000, now)
	}
	if r := p.at(now); r < 9_500 || r > 10_500 {
		t.Errorf("of 10,000 bytes a second: %g", r)
	}
	if r := p.at(now.Add(10 * time.Second)); r < 3_400 || r > 4_000 {
		t.Errorf("after ten seconds of silence: %g", r)
	}
	if r := p.at(now.Add(10 * time.Minute)); r != 0 {
		t.Errorf("after ten minutes of silence: %g", r)
	}
	if r := p.at(now.Add(-time.Hour)); r > 10_500 {
		t.Errorf("with a clock put back: %g", r)
	}
}
