package flow

import (
	"time"

	"github.com/millrace/millrace/schemas/stage"
)

// window is the time over which rates are averaged.
const window = 10 * time.Second

// instance is one instance of a stage.
type instance struct {
	beats []*stage.Beat // those of the window, oldest first; at least one
	heard time.Time     // when the newest came
	moved time.Time     // when it last showed that something had come in
}

func (i *instance) newest() *stage.Beat { return i.beats[len(i.beats)-1] }

// add takes a beat. One that is not newer by its own clock is a repetition.
func (i *instance) add(b *stage.Beat, now time.Time) {
	i.heard = now
	if len(i.beats) > 0 {
		last := i.newest()
		if !b.At.After(last.At) {
			return
		}
		if b.In != last.In {
			i.moved = now
		}
		if b.In < last.In || b.Out < last.Out { // it counts anew
			i.beats = nil
		}
	}
	i.beats = append(i.beats, b)
	for len(i.beats) > 2 && b.At.Sub(i.beats[1].At) >= window {
		i.beats = i.beats[1:]
	}
}

// rates are events a second over the window; nought until there are two beats.
func (i *instance) rates() (in, out float64) {
	first, last := i.beats[0], i.newest()
	seconds := last.At.Sub(first.At).Seconds()
	if seconds <= 0 {
		return 0, 0
	}
	return float64(last.In-first.In) / seconds, float64(last.Out-first.Out) / seconds
}

// addTo adds the instance to its stage.
func (i *instance) addTo(s *Stage, now time.Time) {
	b := i.newest()
	in, out := i.rates()
	s.count(len(i.beats) > 1)
	s.In, s.Out = s.In+b.In, s.Out+b.Out
	s.RateIn, s.RateOut = s.RateIn+in, s.RateOut+out
	addUp(s.Dropped, b.Dropped)
	addUp(s.DeadLettered, b.DeadLettered)
	s.trouble(b.LastError, b.LastErrorAt)
	// Whoever takes nothing although there is something falls behind with the clock.
	if s.LagRecords > 0 {
		stuck := now.Sub(i.moved) - stage.Every
		s.LagSeconds = max(s.LagSeconds, b.DelaySeconds+max(0, stuck.Seconds()))
	}
}

func addUp(sum, part map[string]uint64) {
	for reason, n := range part {
		sum[reason] += n
	}
}
