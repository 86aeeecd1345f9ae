package process_test

import (
	"runtime/debug"
	"testing"

	"github.com/millrace/millrace/internal/process"
)

// heap is how the collector is set.
func heap() (growth int, limit int64) {
	growth = debug.SetGCPercent(100)
	debug.SetGCPercent(growth)
	return growth, debug.SetMemoryLimit(-1)
}

func TestRelaxHeap(t *testing.T) {
	growth, limit := heap()
	for name, tc := range map[string]struct {
		environ []string
		growth  int
		limit   int64
	}{
		"lets the heap grow up to a limit":      {nil, 400, 1 << 30},
		"leaves alone what GOGC says":           {[]string{"A=1", "GOGC=off"}, growth, limit},
		"leaves alone what GOMEMLIMIT says":     {[]string{"GOMEMLIMIT=1GiB"}, growth, limit},
		"is not misled by names that look like": {[]string{"MY_GOGC=off", "GOGCX=1"}, 400, 1 << 30},
	} {
		t.Run(name, func(t *testing.T) {
			undo := process.RelaxHeap(&process.Env{Environ: tc.environ}, 1<<30)
			if g, l := heap(); g != tc.growth || l != tc.limit {
				t.Errorf("the heap may grow by %d %% up to %d, want %d %% and %d", g, l, tc.growth, tc.limit)
			}
			undo()
			if g, l := heap(); g != growth || l != limit {
				t.Errorf("undone, the heap may grow by %d %% up to %d, want %d %% and %d", g, l, growth, limit)
			}
		})
	}
}
