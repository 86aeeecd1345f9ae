package demo

import (
	"math"
	"math/rand/v2"
	"time"
)

// Stream is one of the shop's logs.
type Stream int

// The logs, by who writes them.
const (
	Access Stream = iota // nginx
	App                  // the application
	Worker               // background jobs
	streams
)

// Line is one line of a log, without its end.
type Line struct {
	Stream Stream
	Text   string
}

const (
	// linesPerRequest is how many lines a request leads to on average: the rate of
	// requests is the rate of lines divided by it. A test holds it true.
	linesPerRequest = 1.46
	// maxSessions bounds the visitors that are on the site at once.
	maxSessions = 60
	// swell is how far the traffic rises and falls, and swellPeriod how slowly.
	swell       = 0.35
	swellPeriod = 17 * time.Minute
)

// Shop is the simulation. Not safe for concurrent use.
type Shop struct {
	random   *rand.Rand
	rate     float64 // lines a second
	next     time.Time
	sessions []*session
	trouble  trouble
	jobs     []job
	order    int
	started  int // visitors so far
	lines    []Line
}

// New makes a shop that opens at start and writes about rate lines a second.
func New(seed uint64, start time.Time, rate float64) *Shop {
	s := &Shop{random: rand.New(rand.NewPCG(seed, 0x5709)), rate: rate, next: start, order: 48210}
	s.trouble.plan(s.random, start, firstTrouble)
	return s
}

// Until returns the lines of everything that has happened since the last call, up to
// now. The lines are valid until the next call.
func (s *Shop) Until(now time.Time) []Line {
	s.lines = s.lines[:0]
	for !s.next.After(now) {
		s.finishJobs(s.next)
		s.trouble.advance(s.random, s.next)
		s.request(s.next)
		s.next = s.next.Add(s.pause(s.next))
	}
	s.finishJobs(now)
	return s.lines
}

// pause is the time to the next request: of a Poisson process whose rate swells.
func (s *Shop) pause(at time.Time) time.Duration {
	phase := 2 * math.Pi * float64(at.Unix()%int64(swellPeriod/time.Second)) / swellPeriod.Seconds()
	perSecond := s.rate / linesPerRequest * (1 + swell*math.Sin(phase))
	return time.Duration(s.random.ExpFloat64() / perSecond * float64(time.Second))
}

func (s *Shop) write(stream Stream, text string) {
	s.lines = append(s.lines, Line{stream, text})
}

// chance is true that often.
func (s *Shop) chance(p float64) bool { return s.random.Float64() < p }

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
