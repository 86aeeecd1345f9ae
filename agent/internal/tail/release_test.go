package tail

import (
	"io/fs"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/millrace/millrace/agent/internal/follow"
)

// Whoever replaces a collection may delete it first. A rotated log, to which no glob leads,
// is looked for each time that the collection is back.
func TestARotatedLogIsFoundAgainWheneverItsCollectionIs(t *testing.T) {
	r := newRig(t)
	r.write("app.log", "one\n")
	f := r.found("app.log")
	if err := os.Rename(f.real, r.path("old.log")); err != nil {
		t.Fatal(err)
	}
	r.cutOff(f, time.Now())
	for _, line := range []string{"two\n", "three\n"} {
		r.append("old.log", line) // by a writer that has it open
		r.adopt(follow.Set{})
		r.scanNothing(*r.view)
	}
	if f.behind() > 0 || f.off != uint64(len("one\ntwo\nthree\n")) {
		t.Errorf("it was read to %d", f.off)
	}
}

// A collection that takes fewer paths for a while lets go of files, too.
func TestARotatedLogIsFoundAgainWhenItsPathIsCollectedAgain(t *testing.T) {
	r := newRig(t)
	r.write("app.log", "one\n")
	f := r.found("app.log")
	if err := os.Rename(f.real, r.path("old.log")); err != nil {
		t.Fatal(err)
	}
	r.cutOff(f, time.Now())
	r.append("old.log", "two\n") // by a writer that has it open
	narrow := *r.view
	narrow.Exclude = []string{f.name}
	r.scanNothing(narrow)
	r.scanNothing(*r.view)
	if f.behind() > 0 || f.off != uint64(len("one\ntwo\n")) {
		t.Errorf("it was read to %d", f.off)
	}
}

// A file whose server has forgotten it is stale wherever it is open. Its path may lead to
// it again.
func TestAStaleFileIsOpenedAnew(t *testing.T) {
	r := newRig(t)
	r.write("app.log", "one\n")
	f := r.found("app.log")
	r.trouble(f, &fs.PathError{Op: "read", Path: f.name, Err: unix.ESTALE})
	if f.f != nil {
		t.Error("it is still open")
	}
	r.append("app.log", "two\n")
	r.scanNothing(*r.view)
	if f.f == nil || f.off != uint64(len("one\ntwo\n")) {
		t.Errorf("it was read to %d", f.off)
	}
}

// Nobody knows what is on a volume whose server is away.
func TestAFileHasNotGoneWhileItsFolderCannotBeLookedAt(t *testing.T) {
	r := newRig(t)
	r.write("app.log", "one\n")
	f := r.found("app.log")
	r.trouble(f, &fs.PathError{Op: "read", Path: f.name, Err: unix.ESTALE})
	if err := os.Symlink("loop", r.path("loop")); err != nil {
		t.Fatal(err)
	}
	for folder, gone := range map[string]bool{"loop": false, "none": true} {
		f.real, f.src.Path, f.gone, f.missing = "", r.path(folder)+"/app.log", false, 1
		for range 2 * missingScans {
			r.lookFor(f)
		}
		if f.gone != gone {
			t.Errorf("%s: gone is %v", folder, f.gone)
		}
	}
}
