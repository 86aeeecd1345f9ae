package process

import (
	"runtime"
	"slices"
	"strings"
)

// heapRoom is how much a heap may grow at least between two collections.
const heapRoom = 96 << 20

// GiveHeapRoom is for a process that holds little and allocates much: its small heap
// would be collected twenty times a second. It holds memory that is never touched, and
// so never taken from the machine, but that the collector counts as in use: what it
// waits for doubles with it. A large heap is collected as it would be without. GOGC and
// GOMEMLIMIT of the environment win. It returns what undoes it.
func GiveHeapRoom(env *Env) (undo func()) {
	given := func(name string) bool {
		return slices.ContainsFunc(env.Environ, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
	}
	if given("GOGC") || given("GOMEMLIMIT") {
		return func() {}
	}
	room := make([]byte, heapRoom)
	return func() { runtime.KeepAlive(room) }
}
