package demo

import (
	"fmt"
	"slices"
	"time"
)

// job is something that a worker does for an order a little later.
type job struct {
	at    time.Time
	name  string
	pid   int
	text  string
	order int
	tries int
}

// maxTries is how often a job is tried while there is trouble.
const maxTries = 4

// schedule plans the jobs of an order.
func (s *Shop) schedule(at time.Time, order int) {
	for i, kind := range workers {
		if i > 0 && s.chance(0.3) {
			continue
		}
		s.jobs = append(s.jobs, job{at: at.Add(time.Duration(400+s.random.IntN(5200)) * time.Millisecond), name: kind.name, pid: kind.pid, text: kind.text, order: order})
	}
	slices.SortStableFunc(s.jobs, func(a, b job) int { return a.at.Compare(b.at) })
}

// finishJobs writes the lines of the jobs that are due. In trouble a job is tried again.
func (s *Shop) finishJobs(now time.Time) {
	for len(s.jobs) > 0 && !s.jobs[0].at.After(now) {
		j := s.jobs[0]
		s.jobs = s.jobs[1:]
		if s.trouble.now > 0.5 && j.tries < maxTries {
			j.tries++
			s.work(j, "warn", fmt.Sprintf("order %d: %s; try %d of %d", j.order, s.trouble.cause.worker, j.tries, maxTries))
			j.at = j.at.Add(time.Duration(j.tries) * 3 * time.Second)
			at, _ := slices.BinarySearchFunc(s.jobs, j, func(a, b job) int { return a.at.Compare(b.at) })
			s.jobs = slices.Insert(s.jobs, at, j)
			continue
		}
		s.work(j, "info", fmt.Sprintf("order %d: %s in %d ms", j.order, j.text, 20+s.random.IntN(400)))
	}
}

func (s *Shop) work(j job, level, text string) {
	s.write(Worker, fmt.Sprintf("%s worker-1 %s[%d]: %s %s", j.at.Format("2006-01-02T15:04:05.000000-07:00"), j.name, j.pid, level, text))
}
