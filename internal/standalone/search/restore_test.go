package search

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Without its catalogue the store would know no index, find nothing, and remove the files of all days with the next
// deletion.
func TestALostCatalogueIsRestored(t *testing.T) {
	sound := newRig(t, Options{})
	if status, body := sound.call("PUT", "/_index_template/a", `{"index_patterns":["logs-*"],"template":{"mappings":{"_meta":{"by":"us"}}}}`); status != 200 {
		t.Fatal(status, body)
	}
	if status, body := sound.call("PUT", "/logs-shop-prod-2026.11", `{"mappings":{"_meta":{"days":30}}}`); status != 200 {
		t.Fatal(status, body)
	}
	threeDays(sound)
	sound.load([]entry{{"logs-other", eventID(1), event(noon, "other", "one")}})
	sound.close()
	for name, damage := range map[string]func(path string) error{
		"gone":                  os.Remove,
		"empty":                 func(path string) error { return os.Truncate(path, 0) },
		"cut":                   func(path string) error { return os.Truncate(path, 40) },
		"of null":               func(path string) error { return os.WriteFile(path, []byte(`{"indices":null}`), 0o600) },
		"of zeros":              func(path string) error { return os.WriteFile(path, make([]byte, 500), 0o600) },
		"both, with the former": func(path string) error { return os.Remove(path + before) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			r.close()
			if err := os.RemoveAll(r.dir); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(r.dir, os.DirFS(sound.dir)); err != nil {
				t.Fatal(err)
			}
			if err := damage(filepath.Join(r.dir, catalogFile)); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(name, "both") {
				if err := os.Remove(filepath.Join(r.dir, catalogFile)); err != nil {
					t.Fatal(err)
				}
			}
			r.open()
			if n := r.total("logs-*", obj{"match_all": obj{}}); n != 3*perDay+1 {
				t.Errorf("%d documents are found", n)
			}
			if _, body := r.call("GET", "/logs-shop-prod-2026.11/_mapping", ""); !strings.HasPrefix(name, "both") && !strings.Contains(body, `"days":30`) {
				t.Errorf("the index forgot what was said of it: %s", body)
			}
			if status, _ := r.call("DELETE", "/logs-other", ""); status != 200 {
				t.Error("an index that came back cannot be deleted")
			}
			r.reopen()
			if n := r.total("logs-*", obj{"match_all": obj{}}); n != 3*perDay {
				t.Errorf("%d documents are found after a deletion", n)
			}
		})
	}
}
