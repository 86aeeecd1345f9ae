package tail

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/follow"
	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/schemas/collect"
)

// Each file knows the one that had its path before. Those that have gone must not be kept
// alive by that, one behind the other.
func TestAFileDoesNotKeepAllThatHadItsPathBefore(t *testing.T) {
	r := newRig(t)
	r.view.Gzip = false // else they are remembered for a day
	r.adopt(follow.Set{Views: []collect.AgentView{*r.view}})
	var f *file
	const rotations = 20
	for i := range rotations {
		if f != nil {
			if err := os.Rename(r.path("app.log"), r.path("app.log.1")); err != nil {
				t.Fatal(err)
			}
			r.take([]find.Event{{Kind: find.Moved, Real: r.path("app.log")}})
		}
		r.write("app.log", fmt.Sprintf("line %d\n", i))
		f = r.found("app.log")
		info, err := source.StatPath(f.real)
		if err != nil {
			t.Fatal(err)
		}
		scan := uint64(i + 1)
		r.take([]find.Event{{Kind: find.Match, Name: f.real, Real: f.real, View: r.view, Info: info, Scan: scan}, {Kind: find.Scanned, Scan: scan}})
		for _, later := range []time.Duration{0, time.Minute} {
			r.pollAdrift(time.Now().Add(later))
			r.readAll(time.Now().Add(later))
		}
		r.closeRecord(time.Now())
		r.ack()
	}
	kept := 0
	for g := f.before; g != nil; g = g.before {
		kept++
	}
	if kept == 0 || kept > len(r.files) {
		t.Errorf("%d files are kept, and %d are known", kept, len(r.files))
	}
}
