package tail

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/millrace/millrace/agent/internal/source"
)

// lostEnd reports whether a file has grown past what was read of it since the machine was
// started, but does not hold what was read last: it had lost its newest bytes before.
func (t *Tailer) lostEnd(f *file, info source.Info) bool {
	n := f.src.LastLen
	if !t.state.Rebooted() || f.proven || f.zip != nil || n == 0 || info.Size <= f.off {
		return false
	}
	f.proven = true
	if !f.lastRead.IsZero() {
		return false // it was looked at since
	}
	return !hashesOn(f.f, f.off-n, make([]byte, n), f.src.LastSum, f.running)
}

// shrunk handles a file that lost its newest bytes in a power failure: it is shorter than
// what was read of it, or holds something else there, and begins as it did, so the same
// generation goes on. Where nobody has written to it since the machine started, it goes on
// at its end. Else nobody knows
// where the old bytes end and new ones begin, and all of it is read once more: lines that
// were shipped before have the ids that they had.
func (t *Tailer) shrunk(f *file, info source.Info, now time.Time) bool {
	same, err := f.sameHead(t.scratch[:])
	if err != nil || !same {
		return false
	}
	from, off := f.off, uint64(0)
	if up, err := uptime(); err == nil && info.Size < from && info.Mtime < now.Add(-up).UnixNano() {
		off = info.Size
	}
	t.log.Warn("file lost its end in a power failure", "path", f.name, "read", from, "size", info.Size, "offset", off)
	f.off, f.part, f.whole, f.running = off, 0, off == 0, 0
	f.mark, f.markOff, f.unsaved = 0, 0, true // it may lie in what is lost
	f.proven = true
	return true
}

// uptime is how long ago the machine was started.
func uptime() (time.Duration, error) {
	var up unix.Timespec
	err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &up)
	return time.Duration(up.Nano()), err
}
