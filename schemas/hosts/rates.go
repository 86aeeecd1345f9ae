package hosts

import (
	"math"
	"time"
)

// windows are the time constants of the rates, in seconds.
var windows = [...]float64{60, 300, 900}

// Rates are lines a second, averaged as Unix averages its load: what came long
// ago weighs exponentially less, over 1, 5 and 15 minutes.
type Rates struct {
	M1, M5, M15 float64
}

// RatesAt is what the app's rates have become by the time now, if nothing came
// since the newest record. A now before that record gives the rates then.
func (a *App) RatesAt(now time.Time) Rates {
	r := decayed(a.rates, now.Sub(a.At))
	return Rates{M1: float64(r[0]), M5: float64(r[1]), M15: float64(r[2])}
}

// add counts one record: each line adds 1/window, and that fades.
//
// Because fading is a product, the order of two records does not matter to the
// result: one that is older than the newest is added as faded as it now is.
func (a *App) add(at time.Time, c Counts) {
	a.count(c)
	var lines [len(windows)]float32
	for i, seconds := range windows {
		lines[i] = float32(float64(c.Lines) / seconds)
	}
	a.blend(lines, at)
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
	a.blend(b.rates, b.At)
}

// blend adds rates that stand for the time at.
func (a *App) blend(rates [len(windows)]float32, at time.Time) {
	switch ahead := at.Sub(a.At); {
	case a.At.IsZero() || ahead < -ClockStep:
		a.rates, a.At = rates, at.UTC()
		return
	case ahead >= 0:
		a.rates, a.At = decayed(a.rates, ahead), at.UTC()
	default:
		rates = decayed(rates, -ahead)
	}
	for i := range a.rates {
		a.rates[i] += rates[i]
	}
}

// decayed is what rates have become after some time. The inner conversion keeps
// compilers from fusing the product into a sum, which would make two machines
// disagree about re-delivered records.
func decayed(rates [len(windows)]float32, by time.Duration) [len(windows)]float32 {
	if by <= 0 {
		return rates
	}
	for i, seconds := range windows {
		rates[i] = float32(float64(rates[i]) * math.Exp(-by.Seconds()/seconds))
	}
	return rates
}
