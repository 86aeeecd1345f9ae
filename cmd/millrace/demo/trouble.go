package demo

import (
	"math/rand/v2"
	"strings"
	"time"
)

const (
	// firstTrouble is when the first incident begins: soon enough to be seen.
	firstTrouble = 70 * time.Second
	// calm is the shortest time between two incidents; up to as much again is added.
	calm = 3 * time.Minute
	// lasting is how long an incident lasts; up to as much again is added.
	lasting = 30 * time.Second
	// warming is the part of an incident in which it only begins to show.
	warming = 0.25
)

// cause is what can break.
type cause struct {
	paths         []string // prefixes of the requests that it breaks
	share         float64  // of them, at its height
	status        int
	took          time.Duration
	logger        string
	kind, message string
	trace         string
	worker        string // what the workers say meanwhile
}

// trouble is the incident that is going on or comes next.
type trouble struct {
	cause      *cause
	begin, end time.Time
	now        float64 // how bad it is: 0 to 1
}

// plan chooses the next incident.
func (t *trouble) plan(r *rand.Rand, at time.Time, after time.Duration) {
	t.cause = &causes[r.IntN(len(causes))]
	t.begin = at.Add(after)
	t.end = t.begin.Add(lasting + time.Duration(r.Float64()*float64(lasting)))
	t.now = 0
}

// advance tells it the time.
func (t *trouble) advance(r *rand.Rand, at time.Time) {
	if at.After(t.end) {
		t.plan(r, at, calm+time.Duration(r.Float64()*float64(calm)))
	}
	if at.Before(t.begin) {
		t.now = 0
		return
	}
	gone := float64(at.Sub(t.begin)) / float64(t.end.Sub(t.begin))
	t.now = min(1, gone/warming)
}

// strikes returns what breaks a request, or nil.
func (t *trouble) strikes(r *rand.Rand, h hit) *cause {
	if t.now == 0 || h.status != 0 {
		return nil
	}
	for _, path := range t.cause.paths {
		if strings.HasPrefix(h.path, path) && r.Float64() < t.now*t.cause.share {
			return t.cause
		}
	}
	return nil
}
