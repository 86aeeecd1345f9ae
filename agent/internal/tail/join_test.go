package tail

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/follow"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
)

// The agent has seen that the log was renamed and is killed before it sees the new one.
// Found by the test that kills it at any moment, on a busy machine.
func TestAnEventGoesOnInTheNextFileAfterAKillBetweenRenameAndCreation(t *testing.T) {
	r := newRig(t)
	r.view.Multiline = &collect.Multiline{Mode: collect.ModeStart, Pattern: `^\d`, Timeout: collect.Duration(time.Minute), MaxBytes: collect.DefaultMaxBytes, MaxLines: 100}
	r.adopt(follow.Set{Views: []collect.AgentView{*r.view}})
	r.write("app.log", "1 a\nb\n")
	r.found("app.log")
	if err := os.Rename(r.path("app.log"), r.path("app.log.1")); err != nil {
		t.Fatal(err)
	}
	r.take([]find.Event{{Kind: find.Moved, Real: r.path("app.log")}})
	r.found("app.log.1")
	r.end()
	r.write("app.log", "c\n2 d\n")
	r.open()
	r.met("app.log")
	r.met("app.log.1")
	for range 2 {
		for f := range r.held {
			r.enqueue(f)
		}
		for len(r.queue) > 0 {
			r.next(time.Now())
		}
	}
	if got, want := r.events(), []string{"1 a\nb\nc"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// events are those of all records.
func (r *rig) events() (all []string) {
	r.closeRecord(time.Now())
	for _, sent := range r.sent {
		var w record.Walker
		var raw record.Raw
		for w.Reset(sent.Manifest, sent.Value); w.Next(&raw); {
			all = append(all, string(raw.Bytes))
		}
	}
	return all
}
