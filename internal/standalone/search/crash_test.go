package search

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// childEnv names the folder in which the test binary, run again as a child, ingests until it is killed.
const childEnv = "MILLRACE_SEARCH_CHILD"

func childDir() string { return os.Getenv(childEnv) }

// crashBatch makes the n-th batch of a size.
func crashBatch(n, size int) []action {
	batch := make([]action, size)
	for i := range batch {
		k := n*size + i
		// Over two days, with streams and seconds shared by many.
		at := noon.Add(12*time.Hour + time.Duration(k%7-3)*time.Second)
		batch[i] = action{kind: "create", index: "logs-a", id: eventID(k), source: event(at, fmt.Sprintf("app-%d", k%3), fmt.Sprintf("line%d of all", k))}
	}
	return batch
}

// ingestForever prints the number of each batch once it is answered. It never returns.
func ingestForever(dir string) {
	s, err := Open(dir, Options{})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	first, size := 0, 0
	if _, err := fmt.Sscan(os.Getenv(childEnv+"_FIRST"), &first, &size); err != nil {
		os.Exit(1)
	}
	for n := first; ; n++ {
		outcomes, err := s.ingest(context.Background(), crashBatch(n, size))
		for _, o := range outcomes {
			if o.status != 201 && o.status != 409 {
				err = o.err
			}
		}
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println(n)
	}
}

// The second size is the most that one commit takes.
func TestKillLosesNothingThatWasAnswered(t *testing.T) {
	rng := seed(t)
	for name, c := range map[string]struct{ size, rounds, most int }{
		"small batches": {40, 3, 12},
		"whole commits": {groupDocs, max(1, 2/slowdown), 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			last := -1
			for range c.rounds {
				r.close()
				last = runAndKill(t, r.dir, last+1, 1+rng.IntN(c.most), c.size)
				r.open()
				checkAnswered(r, last+1, c.size)
			}
		})
	}
}

// checkAnswered looks for the documents of the first batches.
func checkAnswered(r *rig, batches, size int) {
	r.t.Helper()
	total := r.total("logs-a", obj{"match_all": obj{}})
	if answered := batches * size; total < int64(answered) {
		r.t.Fatalf("%d documents, but %d were answered", total, answered)
	}
	for name, q := range map[string]obj{
		"the full-text index": {"match": obj{"message": "all"}},
		"the rows":            {"wildcard": obj{"message": "*l"}},
	} {
		if n := r.total("logs-a", q); n != total {
			r.t.Fatalf("%s has %d of %d documents", name, n, total)
		}
	}
	// What was answered is there, and is told from what is new.
	for n := range batches {
		outcomes, err := r.store.ingest(r.t.Context(), crashBatch(n, size))
		if err != nil {
			r.t.Fatal(err)
		}
		for _, o := range outcomes {
			if o.status != 409 {
				r.t.Fatalf("batch %d: %s was answered before and is %d now", n, o.id, o.status)
			}
		}
	}
	if n := r.total("logs-a", obj{"match_all": obj{}}); n != total {
		r.t.Fatalf("%d documents after delivering again, %d before", n, total)
	}
}

// runAndKill lets a child answer some batches, kills it while it writes the next, and returns the last that it answered.
func runAndKill(t *testing.T, dir string, first, batches, size int) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+dir, fmt.Sprintf("%s_FIRST=%d %d", childEnv, first, size))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last := first - 1
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, err := fmt.Sscan(lines.Text(), &last); err != nil {
			t.Fatalf("the child says %q", lines.Text())
		}
		if last == first+batches {
			awaitWrite(t, dir)
			if err := cmd.Process.Kill(); err != nil { // SIGKILL
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the child ended with %v", err)
	}
	return last
}

// awaitWrite returns as soon as a write-ahead log in dir changes, which it does while a commit runs.
func awaitWrite(t *testing.T, dir string) {
	t.Helper()
	changed := func() (last time.Time) {
		logs, err := filepath.Glob(filepath.Join(dir, "*-wal"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range logs {
			if info, err := os.Stat(name); err == nil && info.ModTime().After(last) {
				last = info.ModTime()
			}
		}
		return last
	}
	before, deadline := changed(), time.After(10*time.Second)
	for tick := time.NewTicker(time.Millisecond); ; {
		select {
		case <-tick.C:
			if changed().After(before) {
				return
			}
		case <-deadline:
			t.Fatal("the child writes nothing")
		}
	}
}
