package process_test

import (
	"runtime"
	"testing"

	"github.com/millrace/millrace/internal/process"
)

// wait is how large the heap may grow before it is collected.
func wait() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.NextGC
}

func TestGiveHeapRoom(t *testing.T) {
	const much = 150 << 20
	for name, tc := range map[string]struct {
		environ []string
		room    bool
	}{
		"lets a small heap grow":                {nil, true},
		"leaves alone what GOGC says":           {[]string{"A=1", "GOGC=off"}, false},
		"leaves alone what GOMEMLIMIT says":     {[]string{"GOMEMLIMIT=1GiB"}, false},
		"is not misled by names that look like": {[]string{"MY_GOGC=off", "GOGCX=1"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			undo := process.GiveHeapRoom(&process.Env{Environ: tc.environ})
			if got := wait(); (got > much) != tc.room {
				t.Errorf("the heap is collected at %d bytes", got)
			}
			undo()
			if got := wait(); got > much {
				t.Errorf("undone, the heap is collected at %d bytes", got)
			}
		})
	}
}
