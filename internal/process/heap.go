package process

import (
	"runtime/debug"
	"slices"
	"strings"
)

// heapGrowth is how much the heap may grow between two collections, in percent.
const heapGrowth = 400

// RelaxHeap is for a process that holds little and allocates much: its small heap would
// be collected twenty times a second. The heap grows to five times what is in use, but
// not above limit bytes as long as less is in use. GOGC and GOMEMLIMIT of the environment
// win. It returns what undoes it.
func RelaxHeap(env *Env, limit int64) (undo func()) {
	given := func(name string) bool {
		return slices.ContainsFunc(env.Environ, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
	}
	if given("GOGC") || given("GOMEMLIMIT") {
		return func() {}
	}
	growth, most := debug.SetGCPercent(heapGrowth), debug.SetMemoryLimit(limit)
	return func() {
		debug.SetGCPercent(growth)
		debug.SetMemoryLimit(most)
	}
}
