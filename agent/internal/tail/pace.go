package tail

import (
	"math"
	"time"
)

// paceTime is over how long a pace is averaged; what came before fades.
const paceTime = 10 * time.Second

// paceLeast is where a pace has faded to nothing, in bytes a second.
const paceLeast = 0.5

// pace is how many bytes a second are read of a file. Its zero value is at rest.
type pace struct {
	rate  float64
	since time.Time
}

// add counts bytes that were read now.
func (p *pace) add(n int, now time.Time) {
	p.rate, p.since = p.at(now)+float64(n)/paceTime.Seconds(), now
}

// at is what the pace has faded to.
func (p *pace) at(now time.Time) float64 {
	if p.rate == 0 {
		return 0
	}
	rate := p.rate * math.Exp(-max(0, now.Sub(p.since).Seconds())/paceTime.Seconds())
	if rate < paceLeast {
		return 0
	}
	return rate
}
