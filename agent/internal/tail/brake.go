package tail

import (
	"time"

	"golang.org/x/sys/unix"
)

const (
	// brakeLook is how often the CPU time is looked at while there is something to read.
	// So long is read after each wait, even if other work has used up the allowance.
	brakeLook = 20 * time.Millisecond
	// brakeMost is how long reading waits at once: other work must not starve it, and a
	// beat tells of it meanwhile.
	brakeMost = time.Second
	// brakeSaves is how much of the allowance is saved up that was not used.
	brakeSaves = time.Second
)

// brake holds reading back while the process takes more CPU time than it may. It only
// delays: what is not read stays in its file.
type brake struct {
	limit float64              // cores; 0: none
	used  func() time.Duration // CPU time of the process

	looked  time.Time // zero: not yet
	last    time.Duration
	debt    time.Duration // CPU time that was taken too much; negative: saved
	until   time.Time     // when reading may go on
	delayed time.Duration // in all
}

func newBrake(limit float64) brake { return brake{limit: limit, used: cpuTime} }

// cpuTime is what the process has used so far.
func cpuTime() time.Duration {
	var used unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &used); err != nil {
		return 0 // every Linux has this clock
	}
	return time.Duration(used.Nano())
}

// holds reports whether reading has to wait now.
func (b *brake) holds(now time.Time) bool {
	if b.limit == 0 {
		return false
	}
	if free := later(b.looked, b.until); !now.Before(free) && (free.IsZero() || now.Sub(free) >= brakeLook) {
		b.look(now)
	}
	return now.Before(b.until)
}

func (b *brake) look(now time.Time) {
	used := b.used()
	if !b.looked.IsZero() {
		b.debt += used - b.last - b.share(now.Sub(b.looked))
		b.debt = min(max(b.debt, -b.share(brakeSaves)), b.share(brakeMost))
	}
	b.looked, b.last = now, used
	if b.debt > 0 {
		wait := time.Duration(float64(b.debt) / b.limit)
		b.until = now.Add(wait)
		b.delayed += wait
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// share is what may be used in a time.
func (b *brake) share(d time.Duration) time.Duration { return time.Duration(b.limit * float64(d)) }
