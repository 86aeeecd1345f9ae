// Package await waits in tests for what nothing announces: files, counters, and servers
// that are programs of their own. Each wait has a limit, beyond which the test ends and
// says what was still wrong. It starts no goroutine. Where something can announce itself,
// wait for that instead.
package await

import (
	"testing"
	"time"
)

// A condition is tried again after firstPause, then after ever longer ones: what comes
// soon is seen soon, and a long wait does not keep the machine busy with its trying.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = 100 * time.Millisecond
)

// NoError tries until there is no error, for the given time. It tries once at least.
func NoError(t testing.TB, within time.Duration, try func() error) {
	t.Helper()
	deadline := time.Now().Add(within)
	for pause := firstPause; ; pause = min(pause*3/2, lastPause) {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %v", within, err)
		}
		<-time.After(pause)
	}
}

// True waits until a condition holds, for the given time. What tells of it.
func True(t testing.TB, within time.Duration, what string, ok func() bool) {
	t.Helper()
	NoError(t, within, func() error {
		if ok() {
			return nil
		}
		return missing(what)
	})
}

// missing is a condition that does not hold.
type missing string

// Error implements error.
func (m missing) Error() string { return string(m) }
