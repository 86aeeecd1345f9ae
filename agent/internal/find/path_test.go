package find

import (
	"errors"
	"io/fs"
	"os"
	"testing"
)

// The kernel says of a name that is gone that it is deleted, whether or not the file has others.
func TestAFileWhoseNameIsGoneHasNoPath(t *testing.T) {
	root := tree(t, "a.log", "kept (deleted)")
	f, err := os.Open(root + "/a.log")
	must(t, err)
	defer f.Close()
	must(t, os.Link(root+"/a.log", root+"/other"))
	must(t, os.Remove(root+"/a.log"))
	if path, err := PathOf(f); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("path %q, error %v", path, err)
	}
	g, err := os.Open(root + "/kept (deleted)")
	must(t, err)
	defer g.Close()
	if path, err := PathOf(g); err != nil || path != g.Name() {
		t.Errorf("path %q, error %v", path, err)
	}
}
