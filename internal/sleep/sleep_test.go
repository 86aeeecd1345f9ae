package sleep

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestForWaitsAsLongAsItIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if !For(t.Context(), time.Minute) {
			t.Error("ctx is alive")
		}
		if took := time.Since(began); took != time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}

func TestForEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for _, d := range []time.Duration{time.Minute, time.Minute, 0} {
			if For(ctx, d) {
				t.Errorf("ctx has ended, and %s go on", d)
			}
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %s", took)
		}
	})
}
