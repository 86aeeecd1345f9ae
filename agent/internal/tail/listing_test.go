package tail

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/millrace/millrace/agent/internal/find"
)

// Of a folder of very many files, many may go at once. To look through it for each took
// minutes, in which nothing was read at all.
func TestACrowdedFolderIsNotSearchedForEachFileThatGoes(t *testing.T) {
	r := newRig(t)
	const files, gone = 2 * crowded, crowded / 2
	name := func(i int) string { return fmt.Sprintf("app.log.%d", i) }
	for i := range files {
		r.write(name(i), "x\n")
		r.close(r.found(name(i)))
	}
	r.write("app.log", "moved\n")
	moved := r.found("app.log")
	r.close(moved)
	if err := os.Rename(r.path("app.log"), r.path("app.log.moved")); err != nil {
		t.Fatal(err)
	}
	for i := range gone {
		if err := os.Remove(r.path(name(i))); err != nil {
			t.Fatal(err)
		}
	}
	listed := map[*listing]bool{}
	for i := range gone {
		r.take([]find.Event{{Kind: find.Moved, Real: r.path(name(i))}})
		if r.listed != nil {
			r.listed.until = time.Now().Add(time.Hour) // this machine may be slow
			listed[r.listed] = true
		}
	}
	r.take([]find.Event{{Kind: find.Moved, Real: r.path("app.log")}})
	r.readAll(time.Now())
	if listed[r.listed] = true; len(listed) != 1 {
		t.Errorf("the folder was listed %d times", len(listed))
	}
	if moved.real != r.path("app.log.moved") || moved.f == nil {
		t.Errorf("the file that was renamed is thought to be at %q", moved.real)
	}
}
