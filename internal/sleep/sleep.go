// Package sleep waits between two tries of the same thing, or ends with its caller. It starts
// no goroutine and holds nothing.
package sleep

import (
	"context"
	"time"
)

// For waits for d, or until ctx ends, and reports whether ctx is still alive.
func For(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}
