package search

import (
	"fmt"
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

// What cannot be read for the moment is not damaged: it keeps its name, and all is there once it can be read.
func TestACatalogueThatCannotBeReadNowStays(t *testing.T) {
	for _, name := range []string{catalogFile, catalogFile + before} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			threeDays(r)
			r.load([]entry{{"logs-other", eventID(1), event(noon, "other", "one")}}) // a second change: now there is one before
			r.close()
			path, away := filepath.Join(r.dir, name), filepath.Join(t.TempDir(), "away")
			if err := os.Rename(path, away); err != nil {
				t.Fatal(err)
			}
			if name != catalogFile {
				if err := os.Remove(filepath.Join(r.dir, catalogFile)); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Mkdir(path, 0o700); err != nil { // which is not read either, not even by root
				t.Fatal(err)
			}
			if store, err := Open(r.dir, r.opts); err == nil {
				t.Error("the store opens without its list of indices")
				if err := store.Close(); err != nil {
					t.Error(err)
				}
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(away, path); err != nil {
				t.Fatal(err)
			}
			r.open()
			if n := r.total("logs-*", obj{"match_all": obj{}}); n != 3*perDay+1 {
				t.Errorf("%d documents are found", n)
			}
		})
	}
}

// A file that was moved away and is put back is found again, but for what was deleted before, and the next deletion does
// not take it for one of deleted indices.
func TestAFileThatIsPutBackIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		lose bool // the catalogue, with what it knew of deletions, while the file is away
		want int64
	}{"by the catalogue": {false, perDay + 1}, "by itself": {true, perDay + 2}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			threeDays(r)
			r.load([]entry{
				{"logs-gone", eventID(9001), event(noon, "gone", "one")},
				{"logs-only", eventID(9002), event(noon, "only", "one")},
				{"logs-other", eventID(9003), event(noon.AddDate(0, 0, 3), "other", "one")},
			})
			r.call("DELETE", "/logs-gone", "")
			r.close()
			away := filepath.Join(t.TempDir(), "away")
			if err := os.Rename(dayFile(r.dir), away); err != nil {
				t.Fatal(err)
			}
			if c.lose {
				for _, file := range []string{catalogFile, catalogFile + before} {
					if err := os.Remove(filepath.Join(r.dir, file)); err != nil {
						t.Fatal(err)
					}
				}
			}
			r.open()
			r.call("DELETE", "/logs-other", "")
			r.close()
			if err := os.Rename(away, dayFile(r.dir)); err != nil {
				t.Fatal(err)
			}
			r.open()
			day := obj{"range": obj{"@timestamp": obj{"gte": "2026-11-22", "lte": "2026-11-22"}}}
			if n := r.total("logs-*", day); n != c.want {
				t.Errorf("%d documents of the day are found, want %d", n, c.want)
			}
			r.load([]entry{{"logs-new", eventID(9004), event(noon.AddDate(0, 0, 4), "new", "one")}})
			for _, name := range []string{"logs-new", "logs-shop-prod-2026.11"} {
				if status, body := r.call("DELETE", "/"+name, ""); status != 200 {
					t.Error(status, body)
				}
			}
			r.reopen()
			if n := r.total("logs-*", day); n != c.want-perDay {
				t.Errorf("%d documents of the day are found after deletions, want %d", n, c.want-perDay)
			}
		})
	}
}

func TestDeletedIndicesAreRememberedWithinBounds(t *testing.T) {
	d := contents{Deleted: map[string]int64{}}
	held := map[string]bool{"0": true}
	for i := range maxDeleted + 10 {
		d.Deleted[fmt.Sprint(i)] = int64(i)
	}
	d.forget(held)
	if _, ok := d.Deleted["0"]; !ok || len(d.Deleted) != maxDeleted+1 {
		t.Errorf("%d are remembered, and of that which a volume holds %v", len(d.Deleted), ok)
	}
	if _, ok := d.Deleted["9"]; ok {
		t.Error("the oldest are not those that are forgotten")
	}
}
