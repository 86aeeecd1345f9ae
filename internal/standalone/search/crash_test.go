package search

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// childEnv names the folder in which the test binary, run again as a child, ingests until it is killed.
const childEnv = "MILLRACE_SEARCH_CHILD"

func childDir() string { return os.Getenv(childEnv) }

// crashDocs is how many documents one batch of the child has.
const crashDocs = 40

func crashBatch(n int) []action {
	batch := make([]action, crashDocs)
	for i := range batch {
		k := n*crashDocs + i
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
	first := 0
	if _, err := fmt.Sscan(os.Getenv(childEnv+"_FIRST"), &first); err != nil {
		os.Exit(1)
	}
	for n := first; ; n++ {
		outcomes, err := s.ingest(context.Background(), crashBatch(n))
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

func TestKillLosesNothingThatWasAnswered(t *testing.T) {
	r := newRig(t, Options{})
	rng := seed(t)
	last := -1
	for range 3 {
		r.close()
		last = runAndKill(t, r.dir, last+1, 2+rng.IntN(12))
		r.open()
		answered := (last + 1) * crashDocs
		total := r.total("logs-a", obj{"match_all": obj{}})
		if total < int64(answered) {
			t.Fatalf("%d documents, but %d were answered", total, answered)
		}
		for name, q := range map[string]obj{
			"the full-text index": {"match": obj{"message": "all"}},
			"the rows":            {"wildcard": obj{"message": "*l"}},
		} {
			if n := r.total("logs-a", q); n != total {
				t.Fatalf("%s has %d of %d documents", name, n, total)
			}
		}
		// What was answered is there, and is told from what is new.
		for n := range last + 1 {
			outcomes, err := r.store.ingest(t.Context(), crashBatch(n))
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range outcomes {
				if o.status != 409 {
					t.Fatalf("batch %d: %s was answered before and is %d now", n, o.id, o.status)
				}
			}
		}
		if n := r.total("logs-a", obj{"match_all": obj{}}); n != total {
			t.Fatalf("%d documents after delivering again, %d before", n, total)
		}
	}
}

// runAndKill lets a child answer some batches, kills it, and returns the last that it answered.
func runAndKill(t *testing.T, dir string, first, batches int) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"="+dir, fmt.Sprintf("%s_FIRST=%d", childEnv, first))
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
			if err := cmd.Process.Kill(); err != nil { // SIGKILL, while it goes on writing
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the child ended with %v", err)
	}
	return last
}
