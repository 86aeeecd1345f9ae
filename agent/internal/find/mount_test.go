package find

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A volume may be mounted over a folder that is watched, and taken away again, and the
// kernel tells of neither. What is written there must not wait for scans from then on.
func TestAFolderThatIsMountedOverIsWatchedAnew(t *testing.T) {
	root := tree(t, "vol/below.log")
	vol := root + "/vol"
	next, written, _ := listenAll(t, root, 50*time.Millisecond, "/vol/*.log")
	writeTo := func(path string) {
		t.Helper()
		must(t, os.WriteFile(path, []byte("x"), 0o600))
		next(func(e Event) bool { return e.Kind == Match && e.Name == path && e.Scan > 0 })
		next(func(e Event) bool { return e.Kind == Scanned })
		next(func(e Event) bool { return e.Kind == Scanned })
		must(t, os.WriteFile(path, []byte("xx"), 0o600))
		written(path)
	}
	writeTo(vol + "/below.log")
	for range 2 {
		if err := unix.Mount("none", vol, "tmpfs", 0, ""); err != nil {
			t.Skip("SKIPPED: nothing can be mounted here: ", err)
		}
		mounted := true
		t.Cleanup(func() {
			if mounted {
				must(t, unix.Unmount(vol, unix.MNT_DETACH))
			}
		})
		writeTo(vol + "/above.log")
		must(t, unix.Unmount(vol, unix.MNT_DETACH))
		mounted = false
	}
	writeTo(vol + "/below.log")
}
