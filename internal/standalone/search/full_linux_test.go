package search

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// On a disk that is full nothing is answered that is not there, searches go on, and once there is room everything goes
// in, without a new start.
func TestAFullDiskLosesNothingThatWasAnswered(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("none", disk, "tmpfs", 0, "size=8m"); err != nil {
		t.Skip("skipped: only root may mount a small disk: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error("the disk is still in use: ", err)
		}
	})
	filler := filepath.Join(disk, "filler")
	if err := os.WriteFile(filler, make([]byte, 5<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, Options{})
	r.close()
	r.dir = filepath.Join(disk, "search")
	r.open()
	defer r.close() // before the disk goes
	batch := func(n int) string {
		entries := make([]entry, 200)
		for i := range entries {
			k := n*len(entries) + i
			entries[i] = entry{"logs-a", eventID(k), event(noon.Add(time.Duration(k)*time.Second), "shop", fmt.Sprintf("line %x %x", k*7919, k*104729))}
		}
		return bulkBody("create", entries)
	}
	n, answered := 0, 0
	for ; n < 200; n++ {
		status, body := r.call("POST", "/_bulk", batch(n))
		if status != 200 {
			if !strings.Contains(body, "full") {
				t.Errorf("a full disk is answered with %d %s", status, body)
			}
			break
		}
		if strings.Contains(body, `"errors":true`) {
			t.Fatal(body)
		}
		answered += 200
	}
	if n == 200 {
		t.Fatal("the disk is never full")
	}
	count := func(when string, want int) {
		t.Helper()
		if got := r.total("logs-*", obj{"match": obj{"message": "line"}}); got != int64(want) {
			t.Errorf("%s %d documents are found of %d", when, got, want)
		}
		if len(r.store.lost) > 0 {
			t.Errorf("%s a full disk is taken for damage: %v", when, r.store.lost)
		}
	}
	count("on the full disk", answered)
	for range 3 {
		if status, _ := r.call("POST", "/_bulk", batch(n)); status == 200 {
			t.Fatal("a full disk takes more")
		}
	}
	count("after further tries", answered)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if status, body := r.call("POST", "/_bulk", batch(n)); status != 200 || strings.Contains(body, `"errors":true`) {
		t.Fatal(status, body)
	}
	count("with room", answered+200)
	r.reopen()
	count("after a new start", answered+200)
}
