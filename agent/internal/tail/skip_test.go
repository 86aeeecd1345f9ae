package tail

import (
	"bytes"
	"strings"
	"testing"

	"github.com/millrace/millrace/agent/internal/follow"
	"github.com/millrace/millrace/schemas/collect"
	"github.com/millrace/millrace/schemas/record"
)

// A line that is too long for one record travels in parts. Beyond a limit it is skipped as a
// whole, as any other line is: what floods a log may well have no line feeds.
func TestALongLineBeyondALimitIsSkippedAsAWhole(t *testing.T) {
	r := newRig(t)
	r.cfg.UnackedBytes = 64 << 20
	r.view.Limits = &collect.Limits{BytesPerSecond: 100, Burst: collect.Duration(1)}
	r.adopt(follow.Set{Views: []collect.AgentView{*r.view}})
	within := strings.Repeat("a", 5*collect.MaxLine/2) + "\n" // it is begun while there is an allowance
	beyond := strings.Repeat("b", 5*collect.MaxLine/2) + "\n"
	r.write("app.log", within+beyond+"short\n")
	f := r.found("app.log")
	r.gaps()
	var shipped []byte
	var skipped, at uint64
	for _, s := range r.sent {
		shipped = append(shipped, s.Value...)
		for _, seg := range s.Manifest.Segments {
			if seg.Off != at {
				t.Errorf("a segment at %d behind %d", seg.Off, at)
			}
			if at = seg.End(); seg.Kind == record.Skipped {
				skipped += seg.Len
			}
		}
		if _, _, err := record.Decode(s.Encoded); err != nil {
			t.Error(err)
		}
	}
	if !bytes.Equal(shipped, []byte(within)) {
		t.Errorf("%d bytes are shipped, %d of them of lines beyond the limit", len(shipped), bytes.Count(shipped, []byte("b")))
	}
	if want := uint64(len(beyond) + len("short\n")); skipped != want || f.behind() > 0 {
		t.Errorf("%d bytes are skipped, want %d; %d are left", skipped, want, f.behind())
	}
}

// What is left of a line that is being skipped when the agent is killed is no event.
func TestTheRestOfALineThatIsSkippedIsSkippedByTheNextLife(t *testing.T) {
	for _, c := range []struct{ name, charset string }{{"UTF-8", ""}, {"UTF-16", "utf-16le"}} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.cfg.UnackedBytes = 64 << 20
			r.view.Charset = c.charset
			text := func(s string) string {
				if c.charset == "" {
					return s
				}
				return strings.Join(strings.Split(s, ""), "\x00") + "\x00"
			}
			r.limit(&collect.Limits{BytesPerSecond: 1, Burst: collect.Duration(1)})
			r.write("app.log", text("taken\n"+strings.Repeat("b", 5*collect.MaxLine/2)))
			r.found("app.log")
			r.gaps()      // it closes the open record
			for range 2 { // the second life finds a snapshot of the state log
				r.end()
				r.open()
			}
			r.limit(nil)
			r.append("app.log", text("the rest\nthe next one\n"))
			r.found("app.log")
			r.gaps()
			if last := r.sent[len(r.sent)-1]; string(last.Value) != text("the next one\n") {
				t.Errorf("%q is shipped", last.Value[:min(100, len(last.Value))])
			}
		})
	}
}

// limit gives the collection other limits, which are those of a new revision.
func (r *rig) limit(l *collect.Limits) {
	r.view.Limits = l
	r.adopt(follow.Set{Views: []collect.AgentView{*r.view}})
}
