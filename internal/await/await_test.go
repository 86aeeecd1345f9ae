package await_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/await"
)

// recorder is a test that fails without ending.
type recorder struct {
	testing.TB
	said string
}

type ended struct{}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.said = fmt.Sprintf(format, args...)
	panic(ended{})
}

// outcome is what a wait says when it fails, empty when it does not.
func outcome(t *testing.T, wait func(testing.TB)) string {
	t.Helper()
	r := &recorder{TB: t}
	func() {
		defer func() {
			if p := recover(); p != nil && p != (ended{}) {
				panic(p)
			}
		}()
		wait(r)
	}()
	return r.said
}

func TestAwait(t *testing.T) {
	tries := 0
	third := func() error {
		if tries++; tries < 3 {
			return errors.New("too early")
		}
		return nil
	}
	for name, tc := range map[string]struct {
		wait func(testing.TB)
		want string
	}{
		"goes on when there is no error any more": {func(t testing.TB) { await.NoError(t, time.Minute, third) }, ""},
		"tries once even without time":            {func(t testing.TB) { await.NoError(t, 0, func() error { return nil }) }, ""},
		"says the last error":                     {func(t testing.TB) { await.NoError(t, time.Nanosecond, func() error { return errors.New("2 of 3") }) }, "not within 1ns: 2 of 3"},
		"goes on when the condition holds":        {func(t testing.TB) { await.True(t, time.Minute, "x", func() bool { return true }) }, ""},
		"says the condition":                      {func(t testing.TB) { await.True(t, time.Nanosecond, "all files", func() bool { return false }) }, "not within 1ns: all files"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := outcome(t, tc.wait); got != tc.want {
				t.Errorf("said %q, want %q", got, tc.want)
			}
		})
	}
}
