package tail

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// banner is longer than what is hashed of the head of a file.
var banner = strings.Repeat("# the same at the head of every file\n", 60)

// lines are so many, each another one.
func lines(what string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s %d\n", what, i)
	}
	return b.String()
}

// look has the tailer look at a file once more, and read what is there.
func (r *rig) look(f *file) {
	r.t.Helper()
	for more := true; more; {
		more = r.turn(f, time.Now())
	}
}

// A log that always begins alike is cut and grows past its old end before anybody looks.
func TestALogThatIsWrittenAnewBehindTheSameHeadIsReadFromItsBeginning(t *testing.T) {
	for _, killed := range []bool{false, true} {
		t.Run(fmt.Sprintf("killed %v", killed), func(t *testing.T) {
			r := newRig(t)
			text := banner + lines("before", 500)
			r.write("app.log", text)
			f := r.found("app.log")
			if f.off != uint64(len(text)) {
				t.Fatalf("it was read to %d", f.off)
			}
			r.closeRecord(time.Now())
			if killed {
				r.ack()
				r.end()
				r.open()
			}
			text = banner + lines("anew", 800)
			r.write("app.log", text) // in place
			r.found("app.log")
			r.closeRecord(time.Now())
			var got []byte
			for _, sent := range r.sent[1:] {
				got = append(got, sent.Value...)
			}
			if string(got) != text {
				t.Errorf("%d bytes arrived of %d, from %q on", len(got), len(text), got[:min(len(got), 30)])
			}
		})
	}
}

// Some writers end their file with what closes it, and go back over that to write on. What
// stands before was read, and is not read again.
func TestALogWhoseEndIsWrittenOverIsReadOn(t *testing.T) {
	const end = "</event>\n</events>\n"
	r := newRig(t)
	r.write("app.log", banner+lines("an event", 20)+end)
	f := r.found("app.log")
	w, err := os.OpenFile(f.real, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	at := int64(f.off)
	for i := range 1000 {
		text := fmt.Sprintf("event %d, longer than what it is written over\n", i) + end
		if _, err := w.WriteAt([]byte(text), at-int64(len(end))); err != nil {
			t.Fatal(err)
		}
		at += int64(len(text) - len(end))
		r.look(f)
		if len(f.src.Heads) > 0 || f.off != uint64(at) {
			t.Fatalf("after %d events: %d generations before, at %d of %d", i, len(f.src.Heads), f.off, at)
		}
	}
	if f.markOff < f.off/3 {
		t.Errorf("the mark is at %d of %d", f.markOff, f.off)
	}
}

// What was not yet written where the mark was set does not make a file another one.
func TestAMarkIsNotSetInRoomThatIsReserved(t *testing.T) {
	r := newRig(t)
	text := banner + "x" + strings.Repeat("\x00", 10_000) + "x\n"
	r.write("app.log", text)
	f := r.found("app.log")
	if f.off != uint64(len(text)) || f.markOff != 0 {
		t.Errorf("at %d, the mark at %d", f.off, f.markOff)
	}
}
