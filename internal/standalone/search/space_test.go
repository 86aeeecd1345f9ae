package search

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// openFiles are the files below a folder that this process has open, deleted ones among them.
func openFiles(t *testing.T, dir string) (open []string) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("skipped: there is no /proc to look into: ", err)
	}
	for _, e := range entries {
		if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(target, dir) {
			open = append(open, target)
		}
	}
	return open
}

// A file that is deleted and still open keeps its space until the process ends, so that retention frees nothing.
func TestADeletedDayGivesItsSpaceBack(t *testing.T) {
	r := newRig(t, Options{})
	r.load([]entry{{"logs-a", "1", event(noon, "a", "one")}, {"logs-b", "1", event(noon.AddDate(0, 0, 1), "b", "one")}})
	r.total("logs-*", obj{"match": obj{"message": "one"}})
	if status, body := r.call("DELETE", "/logs-a", ""); status != 200 {
		t.Fatal(status, body)
	}
	for _, name := range openFiles(t, r.dir) {
		if strings.Contains(name, "2026-11-22") {
			t.Errorf("%s is still open", name)
		}
	}
	if n := r.total("logs-*", obj{"match": obj{"message": "one"}}); n != 1 {
		t.Errorf("%d documents are left", n)
	}
	r.close()
	if open := openFiles(t, r.dir); len(open) > 0 {
		t.Errorf("the closed store has %v open", open)
	}
	if left, err := filepath.Glob(filepath.Join(r.dir, "*.db-*")); err != nil || len(left) > 0 {
		t.Errorf("%v, %v lie beside the files of a closed store", left, err)
	}
}
