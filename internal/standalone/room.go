package standalone

import (
	"context"
	"fmt"
	"syscall"
)

// leastRoom is what must be left on the file system. With less the next write may fail:
// nothing is lost then, and nothing goes on.
const leastRoom = 16 << 20

// Room is a readiness check: an error says that the file system of the data is full.
func (s *Servers) Room(context.Context) error { return room(s.cfg.DataDir, leastRoom) }

func room(dir string, least uint64) error {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("standalone: data folder %s: %w", dir, err)
	}
	if left := fs.Bavail * uint64(fs.Bsize); left < least {
		return fmt.Errorf("standalone: only %d MiB are left on the file system of %s: lines wait where they are until there is room", left>>20, dir)
	}
	return nil
}
