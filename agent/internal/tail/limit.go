package tail

import (
	"errors"
	"io"
	"time"

	"github.com/millrace/millrace/agent/internal/frame"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/status"
)

// causeLimit is the rule by which lines are left out that are too many.
const causeLimit = "limits: the collection shipped as much as it may"

// limit holds a collection to its rates. What is not used is saved up to Burst; what was
// taken too much, for a block is taken whole, is paid back. Once it is reached, all is
// skipped until a second's worth is there again, so that few ranges are skipped, and long
// ones.
type limit struct {
	rates  collect.Limits
	lines  float64 // that may be taken now
	bytes  float64
	at     time.Time
	active time.Time // since when lines are skipped; zero: none are
	told   bool      // the log says that lines are skipped

	skippedLines, skippedBytes uint64
}

// limitOf is the limit of a file's collection, or nil.
func (t *Tailer) limitOf(f *file, now time.Time) *limit {
	rates := f.view.Limits
	if rates == nil {
		return nil
	}
	l := t.limits[f.view.Name]
	if l == nil || l.rates != *rates {
		l = &limit{rates: *rates, lines: saved(rates.LinesPerSecond, rates.Burst), bytes: saved(rates.BytesPerSecond, rates.Burst), at: now}
		t.limits[f.view.Name] = l
	}
	l.refill(now)
	switch active := !l.active.IsZero(); {
	case active && !l.told:
		t.log.Warn("the limits of a collection are reached; lines are skipped", "collection", f.view.Name)
	case !active && l.told:
		t.log.Info("the limits of a collection are kept again", "collection", f.view.Name, "lines_skipped", l.skippedLines, "bytes_skipped", l.skippedBytes)
	}
	l.told = !l.active.IsZero()
	return l
}

// saved is what a rate gives in a time, at least in a second.
func saved(rate int, burst collect.Duration) float64 {
	return float64(rate) * max(1, time.Duration(burst).Seconds())
}

// refill adds what the time since the last call gives, and ends the limiting when there
// is enough.
func (l *limit) refill(now time.Time) {
	seconds := max(0, now.Sub(l.at).Seconds())
	l.at = now
	l.lines = min(l.lines+seconds*float64(l.rates.LinesPerSecond), saved(l.rates.LinesPerSecond, l.rates.Burst))
	l.bytes = min(l.bytes+seconds*float64(l.rates.BytesPerSecond), saved(l.rates.BytesPerSecond, l.rates.Burst))
	if !l.active.IsZero() && l.lines >= float64(l.rates.LinesPerSecond) && l.bytes >= float64(l.rates.BytesPerSecond) {
		l.active = time.Time{}
	}
}

// most is how many of n events may be asked for: those that are left, so that a burst is
// cut at the line. All may be, where they are to be skipped.
func (l *limit) most(n int) int {
	if l == nil || l.rates.LinesPerSecond == 0 || !l.active.IsZero() {
		return n
	}
	return max(1, min(n, int(l.lines)))
}

// take pays for what was framed and reports whether it may be shipped. The later parts of
// a line go where its first one went; skipped says where that was.
func (l *limit) take(cut *frame.Cut, skipped bool, now time.Time) bool {
	later := cut.Part > 1
	if l == nil {
		return !later || !skipped
	}
	if later && skipped || !later && !l.active.IsZero() {
		l.skippedLines, l.skippedBytes = l.skippedLines+uint64(cut.Events), l.skippedBytes+uint64(cut.Len)
		return false
	}
	if l.rates.LinesPerSecond > 0 {
		l.lines -= float64(cut.Events)
	}
	if l.rates.BytesPerSecond > 0 {
		l.bytes -= float64(cut.Len)
	}
	if l.lines <= 0 && l.rates.LinesPerSecond > 0 || l.bytes <= 0 && l.rates.BytesPerSecond > 0 {
		l.active = now
	}
	return true
}

// resume finds out whether an earlier life was killed in the midst of a line that was being
// skipped. The rest of it is skipped as its next part, whatever number it has.
func (f *file) resume(framer frame.Framer) {
	if !f.midway {
		return
	}
	f.midway = false
	var end [frame.HeadBytes]byte
	b := end[:min(f.off, frame.HeadBytes)]
	at := f.off - uint64(len(b))
	if n, err := f.readAt(b, at); n < len(b) || err != nil && !errors.Is(err, io.EOF) {
		return
	}
	if framer.LastEnd(b, at) < len(b) {
		f.part, f.skipping = 1, true
	}
}

// tell says how a limit fares.
func (l *limit) tell(c *status.Collection, now time.Time) {
	if l == nil {
		return
	}
	l.refill(now)
	c.SkippedLines, c.SkippedBytes = l.skippedLines, l.skippedBytes
	if since := l.active.UTC(); !l.active.IsZero() {
		c.Limited = &since
	}
}
