package etcd_test

import (
	"fmt"
	"testing"

	"github.com/millrace/millrace/internal/standalone/etcdd"
)

// A store that lost its data, or was put back from a backup, begins at a revision that a
// watch is far beyond. What is there now counts, and not only once the watch has ended.
func TestFollowSeesThatTheStoreHasAnotherHistory(t *testing.T) {
	server := serve(t, etcdd.Config{Dir: t.TempDir()})
	c := dial(t, server)
	for i := range 20 {
		put(t, c, prefix+"a", fmt.Sprint(i))
	}
	put(t, c, prefix+"b", "1")
	f := follow(t, c)
	f.wait(map[string]string{prefix + "a": "19", prefix + "b": "1"})
	server.Close()
	if back := serve(t, etcdd.Config{Dir: t.TempDir(), Port: server.Port()}); back.Port() != server.Port() {
		t.Skip("another process took the port")
	}
	f.wait(map[string]string{})
	put(t, c, prefix+"b", "2")
	f.wait(map[string]string{prefix + "b": "2"})
}
