package standalone

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// ErrInUse is wrapped by Start's error when another process has the data folder.
var ErrInUse = errors.New("is in use")

// ErrForeign is wrapped by Start's error when the folder holds what Millrace did not put
// there. It was left as it is.
var ErrForeign = errors.New("holds files that are not Millrace's")

const lockFile = "lock"

// lock takes the folder for this process until the file is closed or the process
// ends, however it ends.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("standalone: data folder %s: %w", dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		owner := make([]byte, 32)
		n, _ := f.ReadAt(owner, 0) // only a hint for people
		_ = f.Close()              // nothing was written
		return nil, fmt.Errorf("standalone: data folder %s %w by another millrace%s: stop it, or choose another folder with --data",
			dir, ErrInUse, hint(string(owner[:n])))
	}
	if err := f.Truncate(0); err == nil {
		_, _ = fmt.Fprintf(f, "%d\n", os.Getpid()) // only a hint for people
	}
	return f, nil
}

func hint(pid string) string {
	if pid = strings.TrimSpace(pid); pid == "" {
		return ""
	}
	return " (process " + pid + ")"
}
