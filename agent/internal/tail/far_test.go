package tail

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/follow"
	"github.com/millrace/millrace/agent/internal/source"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
)

// Event ids have room for offsets up to a terabyte. A sparse file may be longer than that:
// lastlog is, on a host with large user ids. Its bytes stand in no manifest, or nobody could
// read the records of other files that they share, nor the state log.
func TestAFileThatIsTooLongForItsIDsSpoilsNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		start collect.Start
		then  func(r *rig, f *file)
		want  []gap
	}{
		"it is read":                         {then: func(*rig, *file) {}},
		"it is read from its end on":         {start: collect.End, then: func(*rig, *file) {}},
		"it is cut":                          {then: func(r *rig, _ *file) { r.cut("app.log.far") }, want: []gap{{4, record.MaxOffset - 4}}},
		"it is deleted and closed meanwhile": {then: loseFar, want: []gap{{4, record.MaxOffset - 4}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.write("app.log.far", "one\n")
			if err := os.Truncate(r.path("app.log.far"), record.MaxOffset+100); err != nil {
				t.Skip("SKIPPED: the file system has no files of a terabyte: ", err)
			}
			r.append("app.log.far", "two\n")
			r.view.Start = tc.start
			r.adopt(follow.Set{Views: []collect.AgentView{*r.view}, Since: map[string]int64{"c": time.Now().Unix() + 100}})
			f := r.found("app.log.far")
			if !errors.Is(f.err, errFar) {
				t.Errorf("it stands at %d with the error %v", f.off, f.err)
			}
			r.view.Start = ""
			r.adopt(follow.Set{Views: []collect.AgentView{*r.view}})
			r.write("app.log", "good\n")
			good := r.found("app.log").src.ID
			tc.then(r, f)
			r.enqueue(f)
			r.readAll(time.Now())
			if got := r.gaps(); fmt.Sprint(got) != fmt.Sprint(tc.want) {
				t.Errorf("gaps %v, want %v", got, tc.want)
			}
			for _, s := range r.sent {
				if _, _, err := record.Decode(s.Encoded); err != nil {
					t.Error(err)
				}
			}
			r.ack()
			r.end()
			r.open()
			if got := r.files[good]; got == nil || got.off != uint64(len("good\n")) {
				t.Error("the next life does not know how far the other file was read")
			}
		})
	}
}

// loseFar deletes the file, and has the tailer give it up.
func loseFar(r *rig, f *file) {
	info, err := source.StatPath(f.real)
	if err != nil {
		r.t.Fatal(err)
	}
	r.take([]find.Event{{Kind: find.Match, Name: f.name, Real: f.real, View: r.view, Info: info}})
	r.close(f)
	r.remove(f)
	f.gone = true
}
