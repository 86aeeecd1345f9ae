package find

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/millrace/millrace/schemas/collect"
)

// A folder may be reached by several names, of which several collections take one each. A
// notice tells of none of them, and the first collection gets the file, as it does by a scan.
func TestAFileOfAFolderWithSeveralNamesBelongsToTheFirstCollection(t *testing.T) {
	for name, tc := range map[string]struct {
		glob string
		make func(t *testing.T, root string)
	}{
		"a file that is made": {"/*.log", func(t *testing.T, root string) {
			must(t, os.WriteFile(root+"/real/new.log", nil, 0o600))
		}},
		"a file that is moved in": {"/*.log", func(t *testing.T, root string) {
			must(t, os.Rename(root+"/other/new.log", root+"/real/new.log"))
		}},
		"a file that is moved to where no glob matches": {"/*.log", func(t *testing.T, root string) {
			must(t, os.Rename(root+"/real/old.log", root+"/real/new.log.1"))
		}},
		"a file in a folder that is moved in": {"/*/*.log", func(t *testing.T, root string) {
			must(t, os.Rename(root+"/other", root+"/real/other"))
		}},
		"a symlink that is made": {"/*.log", func(t *testing.T, root string) {
			must(t, os.Symlink("../other/new.log", root+"/real/link.log"))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			root := tree(t, "real/old.log", "other/new.log")
			for _, link := range []string{"a", "b", "c"} {
				must(t, os.Symlink("real", filepath.Join(root, link)))
			}
			l := newLate(t, root, "/none")
			l.rules = ranked([]collect.AgentView{
				{Name: "last", Paths: []string{root + "/c" + tc.glob}},
				{Name: "first", Paths: []string{root + "/a" + tc.glob}, Priority: 2},
				{Name: "second", Paths: []string{root + "/b" + tc.glob}, Priority: 1},
			})
			l.runScan(t.Context())
			l.told()
			tc.make(t, root)
			for found := false; !found; {
				l.notices(t.Context(), <-l.watcher.Events, nil)
				for _, e := range l.told() {
					if e.Kind != Match {
						continue
					}
					if found = true; e.View.Name != "first" || filepath.Dir(e.Name) != root+"/a" && filepath.Dir(e.Name) != root+"/a/other" {
						t.Errorf("%s belongs to the collection %s", e.Name, e.View.Name)
					}
				}
			}
		})
	}
}
