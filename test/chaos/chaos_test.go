package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/test/chaos/ledger"
	"github.com/millrace/millrace/test/servers"
)

// A short plan that has every kind of fault: nothing is lost. Then the index is
// tampered with, and the harness must see exactly that: one that sees nothing
// proves nothing.
func TestAShortPlanLosesNothingAndWhatIsTakenAwayIsSeen(t *testing.T) {
	if !servers.Wanted() {
		t.Skip("skipped: real servers are for make test-real")
	}
	t.Chdir("../..") // the programs are built from here
	r := &run{
		options: options{Seed: 5, Lines: 20000, Rate: 800, Faults: 7, Hosts: 2, Files: 4, Rotations: 3, Patience: 2 * time.Minute, Keep: true},
		out:     os.Stderr, dir: t.TempDir(),
	}
	if err := os.Chmod(r.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := r.setUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.site.Close(); err != nil {
			t.Error(err)
		}
	}()
	rep, err := r.perform(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if rep.print(os.Stderr); !rep.clean() {
		t.Fatal("the promise was not kept")
	}

	r.tamper(t, "web-1/a1 17", func(id, at string, _ map[string]any) (method, path string, body any) {
		return http.MethodDelete, at + id, nil
	})
	r.tamper(t, "web-2/b1 18", func(_, at string, doc map[string]any) (method, path string, body any) {
		return http.MethodPut, at + "another", doc
	})
	r.tamper(t, "web-1/b1 19", func(id, at string, doc map[string]any) (method, path string, body any) {
		doc["message"] = "web-1/b1 19 something else"
		return http.MethodPut, at + id, doc
	})
	if rep, err = r.account(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := rep.balance
	if b.Lost != 1 || b.Duplicate != 1 || b.Mangled != 1 || b.Foreign != 0 || rep.clean() {
		t.Errorf("one line was taken away, one doubled, one changed: %s", b)
	}
	taken := ledger.Range{File: "web-1/a1", First: 17, Last: 17}
	if !slices.Equal(b.LostRanges, []ledger.Range{taken}) || told(rep.places[taken]) != "1 in logs.alpha, 1 in raw" {
		t.Errorf("taken away: %v, which was last %v", b.LostRanges, rep.places)
	}
	if want := (ledger.Range{File: "web-2/b1", First: 18, Last: 18}); !slices.Equal(b.DuplicateRanges, []ledger.Range{want}) {
		t.Errorf("doubled: %v", b.DuplicateRanges)
	}
	if b.MangledSamples[0].File != "web-1/b1" || b.MangledSamples[0].N != 19 {
		t.Errorf("changed: %v", b.MangledSamples)
	}
}

// tamper changes the index at the one event whose message begins with line.
func (r *run) tamper(t *testing.T, line string, how func(id, at string, doc map[string]any) (method, path string, body any)) {
	t.Helper()
	var page struct {
		Hits struct {
			Hits []struct {
				Index  string         `json:"_index"`
				ID     string         `json:"_id"`
				Source map[string]any `json:"_source"`
			}
		}
	}
	err := r.index.ask(t.Context(), http.MethodPost, "/"+indices+"/_search",
		map[string]any{"query": map[string]any{"match_phrase": map[string]string{"message": line}}}, &page)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range page.Hits.Hits {
		if message, _ := h.Source["message"].(string); strings.HasPrefix(message, line+" ") {
			method, path, body := how(url.PathEscape(h.ID), fmt.Sprintf("/%s/_doc/", h.Index), h.Source)
			if err := r.index.change(t.Context(), method, path+"?refresh=true", body); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no event begins with %q", line)
}

// change is ask for what answers 201, too.
func (x index) change(ctx context.Context, method, path string, body any) error {
	err := x.ask(ctx, method, path, body, &struct{}{})
	if err != nil && strings.Contains(err.Error(), "201 Created") {
		return nil
	}
	return err
}

func TestAnOutageIsReadFromItsFlag(t *testing.T) {
	for flag, ok := range map[string]bool{"broker=10m": true, "etcd=5s": true, "search=1m": true, "agent=1m": false, "broker": false, "broker=long": false} {
		o := options{Outage: flag, Rate: 100}
		if err := o.readOutage(); (err == nil) != ok {
			t.Errorf("%q: error %v", flag, err)
		} else if faults := o.outage.faults(); ok && (faults[0].For <= faults[1].At || faults[1].At <= 0) {
			t.Errorf("%q: faults %v", flag, faults)
		}
	}
}
