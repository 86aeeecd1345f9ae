package hosts

import (
	"math"
	"time"
)

// windows are the time constants of the rates, in seconds.
var windows = [...]float64{60, 300, 900}

// Rates are averages by the second, as Unix averages its load: what came long ago
// weighs exponentially less, over 1, 5 and 15 minutes.
type Rates struct {
	M1, M5, M15 float64
}

// AppRates are the rates of each count of an app.
type AppRates struct {
	Lines, Bytes, Errors, Failures Rates
}

// rates are those of one count, by window.
type rates [len(windows)]float32

// RatesAt is what the app's rates have become by the time now, if nothing came
// since the newest record. A now before that record gives the rates then.
func (a *App) RatesAt(now time.Time) AppRates {
	fade := fading(now.Sub(a.At))
	at := func(count int) Rates {
		r := a.rates[count].faded(&fade)
		return Rates{M1: float64(r[0]), M5: float64(r[1]), M15: float64(r[2])}
	}
	return AppRates{Lines: at(0), Bytes: at(1), Errors: at(2), Failures: at(3)}
}

// add counts one record: each line adds 1/window to the rate of lines, and that fades;
// likewise with the other counts.
//
// Because fading is a product, the order of two records does not matter to the
// result: one that is older than the newest is added as faded as it now is.
func (a *App) add(at time.Time, c Counts) {
	a.count(c)
	var fresh [counts]rates
	for i, n := range c.list() {
		for w, seconds := range windows {
			fresh[i][w] = float32(float64(n) / seconds)
		}
	}
	a.blend(&fresh, at)
}

func (a *App) count(c Counts) {
	a.Lines += c.Lines
	a.Bytes += c.Bytes
	a.Errors += c.Errors
	a.Failures += c.Failures
}

// merge adds another app's counts and rates.
func (a *App) merge(b *App) {
	a.count(b.Counts)
	a.blend(&b.rates, b.At)
}

// blend adds rates that stand for the time at.
func (a *App) blend(more *[counts]rates, at time.Time) {
	ahead := at.Sub(a.At)
	if a.At.IsZero() || ahead < -ClockStep {
		a.rates, a.At = *more, at.UTC()
		return
	}
	ours, theirs := fading(ahead), fading(-ahead) // one of them fades nothing
	for i := range a.rates {
		mine, other := a.rates[i].faded(&ours), more[i].faded(&theirs)
		for w := range mine {
			a.rates[i][w] = mine[w] + other[w]
		}
	}
	if ahead >= 0 {
		a.At = at.UTC()
	}
}

// fading is what is left of a rate after some time, by window.
func fading(after time.Duration) [len(windows)]float64 {
	left := [len(windows)]float64{1, 1, 1}
	if after > 0 {
		for w, seconds := range windows {
			left[w] = math.Exp(-after.Seconds() / seconds)
		}
	}
	return left
}

// faded is r with a part of it left. The inner conversion keeps compilers from fusing
// the product into a sum, which would make two machines disagree about records that are
// delivered again.
func (r rates) faded(left *[len(windows)]float64) rates {
	for w := range r {
		r[w] = float32(float64(r[w]) * left[w])
	}
	return r
}
