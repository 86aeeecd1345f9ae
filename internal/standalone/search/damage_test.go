package search

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/standalone/search/volume"
)

// perDay documents lie on noon's day, of which the file is damaged, and on either day beside it.
const perDay = 200

func dayFile(dir string) string {
	return filepath.Join(dir, volume.Name(volume.DayOf(noon.UnixMilli()), 0))
}

// threeDays loads three days.
func threeDays(r *rig) {
	r.t.Helper()
	for d := -1; d <= 1; d++ {
		entries := make([]entry, perDay)
		for i := range entries {
			at := noon.AddDate(0, 0, d).Add(time.Duration(i) * 7 * time.Second)
			entries[i] = entry{"logs-shop-prod-2026.11", eventID((d+1)*perDay + i), event(at, "shop", fmt.Sprintf("line %d of %x", i, i*7919))}
		}
		r.load(entries)
	}
}

func rewrite(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

var damages = map[string]func(b []byte) []byte{
	"cut to half":         func(b []byte) []byte { return b[:len(b)/2] },
	"cut within a page":   func(b []byte) []byte { return b[:len(b)-100] },
	"cut to its head":     func(b []byte) []byte { return b[:100] },
	"empty":               func([]byte) []byte { return nil },
	"all zeros":           func(b []byte) []byte { return make([]byte, len(b)) },
	"another head":        func(b []byte) []byte { copy(b, "not a database, "); return b },
	"a first page of 0":   func(b []byte) []byte { clear(b[100:4096]); return b },
	"another format":      func(b []byte) []byte { b[63]++; return b },
	"no format":           func(b []byte) []byte { b[63] = 0; return b },
	"pages of noise":      func(b []byte) []byte { noise(b[4096:]); return b },
	"pages of zeros":      func(b []byte) []byte { clear(b[4096:]); return b },
	"zeros in its middle": func(b []byte) []byte { clear(b[len(b)/4 : len(b)/4*3]); return b },
}

func noise(b []byte) {
	for i := range b {
		b[i] = byte(i*i>>3 + i)
	}
}

// Whatever has happened to the file of a day: the store opens, finds what lies elsewhere, says what is missing, takes new
// documents of that day, and deletes nothing.
func TestADamagedFileTakesOnlyItselfAway(t *testing.T) {
	sound := newRig(t, Options{})
	threeDays(sound)
	sound.close()
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			log := &bytes.Buffer{}
			r := newRig(t, Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
			r.close()
			if err := os.CopyFS(r.dir, os.DirFS(sound.dir)); err != nil {
				t.Fatal(err)
			}
			rewrite(t, dayFile(r.dir), damage)
			damaged, err := os.ReadFile(dayFile(r.dir))
			if err != nil {
				t.Fatal(err)
			}
			r.open()

			everything := obj{"size": 3 * perDay, "track_total_hits": true, "query": obj{"match": obj{"message": "line"}}}
			res := r.found("logs-*", everything)
			if res.Shards.Failed != 1 || len(res.Shards.Failures) == 0 || !strings.Contains(res.Shards.Failures[0].Reason.Reason, dayFile(r.dir)) {
				t.Fatalf("the answer tells of %+v", res.Shards)
			}
			if n := res.Hits.Total.Value; n < 2*perDay {
				t.Errorf("%d documents are found of the %d that lie elsewhere", n, 2*perDay)
			}
			if !strings.Contains(log.String(), filepath.Base(dayFile(r.dir))) {
				t.Errorf("the log says %s", log)
			}
			before := obj{"size": 0, "track_total_hits": true, "query": obj{"range": obj{"@timestamp": obj{"lt": noon.AddDate(0, 0, -1).Add(11 * time.Hour).Format(time.RFC3339)}}}}
			if res := r.found("logs-*", before); res.Shards.Failed != 0 || res.Hits.Total.Value != perDay {
				t.Errorf("of the day before %d are found, and %+v", res.Hits.Total.Value, res.Shards)
			}
			closed := len(r.store.lost) > 0 // it did not even open
			for range 2 {
				r.load([]entry{{"logs-shop-prod-2026.11", eventID(9000), event(noon, "shop", "zebra")}})
				if got := r.bulk("create", []entry{{"logs-shop-prod-2026.11", eventID(9000), event(noon, "shop", "zebra")}}); got[0] != 409 {
					t.Errorf("the same again is answered %v", got)
				}
				if n := r.total("logs-*", obj{"match": obj{"message": "zebra"}}); n != 1 {
					t.Fatalf("%d new documents of the damaged day are found", n)
				}
				r.call("DELETE", "/logs-shop-prod-2026.11", "")
				r.reopen()
			}
			if b, err := os.ReadFile(dayFile(r.dir)); closed && (err != nil || !bytes.Equal(b, damaged)) {
				t.Errorf("of the %d bytes of the file, %d are left, %v", len(damaged), len(b), err)
			}
		})
	}
}

// Damage that is found while the store runs does not stop what comes in, either.
func TestDamageUnderARunningStoreStopsNothing(t *testing.T) {
	r := newRig(t, Options{})
	threeDays(r)
	r.reopen()
	f, err := os.OpenFile(dayFile(r.dir), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(make([]byte, info.Size()-4096), 4096); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	r.load([]entry{
		{"logs-shop-prod-2026.11", eventID(9000), event(noon, "shop", "zebra")},
		{"logs-shop-prod-2026.11", eventID(9001), event(noon.AddDate(0, 0, -1), "shop", "zebra")},
	})
	if n := r.total("logs-*", obj{"match": obj{"message": "zebra"}}); n != 2 {
		t.Errorf("%d of 2 documents are found", n)
	}
	res := r.found("logs-*", obj{"size": 10, "track_total_hits": true, "query": obj{"match": obj{"message": "line"}}})
	if res.Shards.Failed != 1 || res.Hits.Total.Value != 2*perDay {
		t.Errorf("%d are found, and %+v", res.Hits.Total.Value, res.Shards)
	}
	if status, _ := r.call("POST", "/logs-*/_search?allow_partial_search_results=false", `{"query":{"match":{"message":"line"}}}`); status != 503 {
		t.Errorf("who wants all or nothing is answered with %d", status)
	}
}

// An event whose bytes rotted is shown as such, in its place: pages go on behind it, and the answer stays JSON.
func TestAnEventThatCannotBeReadIsShownInItsPlace(t *testing.T) {
	r := newRig(t, Options{})
	var entries []entry
	for i := range 50 {
		entries = append(entries, entry{"logs-a", eventID(i), event(noon.Add(time.Duration(i)*time.Second), "shop", fmt.Sprintf("unique%dword", i))})
	}
	r.load(entries)
	r.close()
	rewrite(t, dayFile(r.dir), func(b []byte) []byte {
		at := bytes.Index(b, []byte("unique25word"))
		if at < 0 {
			t.Fatal("the event is not there as it is")
		}
		b[at] = '"'
		return b
	})
	r.open()
	res := r.found("logs-a", obj{"size": 50, "track_total_hits": true, "sort": []obj{{"@timestamp": "asc"}}})
	if len(res.Hits.Hits) != 50 || res.Hits.Total.Value != 50 || res.Shards.Failed != 1 {
		t.Fatalf("%d hits, %+v", len(res.Hits.Hits), res.Shards)
	}
	if h := res.Hits.Hits[25]; h.ID != eventID(25) || !strings.Contains(string(h.Source), "cannot be read") {
		t.Errorf("it is shown as %s %s", h.ID, h.Source)
	}
	if h := res.Hits.Hits[26]; string(h.Source) != entries[26].source {
		t.Errorf("the next is %s", h.Source)
	}
}

// SQLite takes a log without its head for an empty one, and would forget what was committed last.
func TestADamagedLogOfADayIsKeptAndTold(t *testing.T) {
	r := newRig(t, Options{})
	threeDays(r)
	log, err := os.ReadFile(dayFile(r.dir) + "-wal") // which goes when the store is closed
	if err != nil {
		t.Fatal(err)
	}
	r.close()
	clear(log[:32])
	if err := os.WriteFile(dayFile(r.dir)+"-wal", log, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r.open()
		res := r.found("logs-*", obj{"size": 0, "track_total_hits": true, "query": obj{"match_all": obj{}}})
		if res.Hits.Total.Value != 3*perDay || res.Shards.Failed != 1 || !strings.Contains(res.Shards.Failures[0].Reason.Reason, "-wal.damaged") {
			t.Errorf("%d are found, and %+v", res.Hits.Total.Value, res.Shards)
		}
		r.close()
	}
	if kept, err := os.ReadFile(dayFile(r.dir) + "-wal.damaged"); err != nil || !bytes.Equal(kept, log) {
		t.Errorf("the log is not kept as it was: %v", err)
	}
	if err := os.Remove(dayFile(r.dir) + "-wal.damaged"); err != nil {
		t.Fatal(err)
	}
	r.open()
	if res := r.found("logs-*", obj{}); res.Shards.Failed != 0 {
		t.Errorf("moving it away does not end the warning: %+v", res.Shards)
	}
}
