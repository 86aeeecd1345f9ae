package produce

import "time"

const (
	// patience is how long a topic that does not take our records is tried before
	// what goes to it becomes dead letters. It is long enough to make a forgotten
	// topic or to correct its rights.
	patience = 5 * time.Minute
	// probeEvery is how often one message tries a diverted topic again.
	probeEvery = 30 * time.Second
)

// topics knows which topics do not take our records; pure, guarded by the
// producer's lock.
type topics map[string]*trouble

type trouble struct {
	since    time.Time
	diverted bool
	probeAt  time.Time
}

// divert reports whether a message to the topic is to become a dead letter at
// once. Every probeEvery one may try.
func (ts topics) divert(name string, now time.Time) bool {
	t := ts[name]
	if t == nil || !t.diverted {
		return false
	}
	if now.Before(t.probeAt) {
		return true
	}
	t.probeAt = now.Add(probeEvery)
	return false
}

// refused takes note of a refusal and reports whether patience is over.
func (ts topics) refused(name string, now time.Time) bool {
	t := ts[name]
	if t == nil {
		t = &trouble{since: now}
		ts[name] = t
	}
	if !t.diverted && now.Sub(t.since) >= patience {
		t.diverted, t.probeAt = true, now.Add(probeEvery)
	}
	return t.diverted
}

// unclear takes note of a failure that says nothing about the topic itself: what
// was held against it before does not count any more, unless it is diverted.
func (ts topics) unclear(name string) {
	if t := ts[name]; t != nil && !t.diverted {
		delete(ts, name)
	}
}

// wrote takes note of a written message and reports whether that ends a diversion.
func (ts topics) wrote(name string) bool {
	t := ts[name]
	if t == nil {
		return false
	}
	delete(ts, name)
	return t.diverted
}
