package tail

import (
	"errors"
	"io/fs"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/millrace/millrace/agent/internal/source"
)

// Two files change their names with each other all the time, as those of a rotation that
// shifts them do: what is opened is the file that was asked for, or none. One that was
// taken for another looked truncated, and was read once more as something new.
func TestAFileThatIsRenamedWhileItIsOpenedIsNotTakenForAnother(t *testing.T) {
	r := newRig(t)
	r.write("app.log", "one\n")
	r.write("app.log.1", "two\n")
	f := r.found("app.log")
	r.found("app.log.1")
	stop, stopped := make(chan struct{}), make(chan error, 1)
	end := sync.OnceValue(func() error {
		close(stop)
		return <-stopped
	})
	t.Cleanup(func() { _ = end() })
	go func() {
		for {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			if err := unix.Renameat2(unix.AT_FDCWD, r.path("app.log"), unix.AT_FDCWD, r.path("app.log.1"), unix.RENAME_EXCHANGE); err != nil {
				stopped <- err
				return
			}
		}
	}()
	opened := 0
	for range 20_000 {
		r.close(f)
		if err := r.openFile(f); err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			continue
		}
		info, err := source.Stat(int(f.f.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		if !info.Key.Same(f.src.Key) {
			t.Fatalf("the other file was opened, the %dth time", opened)
		}
		opened++
	}
	if err := end(); err != nil {
		t.Skip("SKIPPED: the file system cannot exchange names: ", err)
	}
	if opened == 0 {
		t.Error("the file was never opened")
	}
}
