package tail

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/millrace/millrace/agent/internal/follow"
	"github.com/millrace/millrace/agent/internal/state"
)

// Nothing tells of what happens to a file in a folder that nobody watches: logs that are
// moved there and deleted, while they wait to be read, hold room on the disk like any.
func TestFilesThatAreMovedAwayAndDeletedCountAsDeleted(t *testing.T) {
	r := newRig(t)
	if err := os.Mkdir(r.path("old"), 0o700); err != nil {
		t.Fatal(err)
	}
	const files = 15
	for i := range files {
		name := fmt.Sprintf("app.log.%d", i)
		r.write(name, "a line that nobody reads\n")
		f := r.met(name) // no records are taken: its turn does not come
		if err := os.Rename(f.real, r.path("old/"+name)); err != nil {
			t.Fatal(err)
		}
		r.cutOff(f, time.Now())
	}
	r.pollAdrift(time.Now())
	if open := r.opened.Len(); open != files {
		t.Fatalf("%d files are open before they are deleted", open)
	}
	if err := os.RemoveAll(r.path("old")); err != nil {
		t.Fatal(err)
	}
	r.pollAdrift(time.Now())
	if open := r.opened.Len(); open != r.cfg.DeletedFiles {
		t.Errorf("%d deleted files are held open, and may be %d", open, r.cfg.DeletedFiles)
	}
}

// What cannot be read of a file that has gone for good is missing like anything else.
func TestTheRestOfADeletedFileThatCannotBeReadIsAGap(t *testing.T) {
	r := newRig(t)
	r.write("app.log", "one\n")
	f := r.found("app.log")
	fd, err := unix.Open(f.real, unix.O_PATH|unix.O_CLOEXEC, 0) // tells all of a file, but gives no bytes
	if err != nil {
		t.Fatal(err)
	}
	broken := os.NewFile(uintptr(fd), f.real)
	if err := f.f.Close(); err != nil {
		t.Fatal(err)
	}
	f.f = broken
	r.append("app.log", "two\n")
	r.remove(f)
	now := time.Now()
	for range 4 {
		r.readAll(now)
		now = now.Add(time.Minute)
		r.pollAdrift(now)
	}
	if f.f != nil {
		t.Error("the file is still open")
	}
	if got, want := fmt.Sprint(r.gaps()), fmt.Sprint([]gap{{4, 4}}); got != want {
		t.Errorf("gaps %s, want %s", got, want)
	}
}

// The end of a file that has gone is taken for one only if nobody has written since: its turn
// may come late.
func TestWhatFollowsTheEndOfAFileThatHasGoneIsRead(t *testing.T) {
	for _, c := range []struct {
		follows, later string
		want           []string
	}{
		{"f\ntwo\nthr", "", []string{"one", "half", "two", "thr"}},
		{"f li", "ne\n", []string{"one", "half line"}},
	} {
		r := newRig(t)
		r.write("app.log", "one\nhal")
		f := r.found("app.log")
		w, err := os.OpenFile(f.real, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		r.remove(f)
		now := time.Now()
		r.readAll(now)
		now = now.Add(2 * r.cfg.Grace)
		r.pollAdrift(now)
		if !f.final || !f.queued {
			t.Fatal("its end is not to be read")
		}
		for _, text := range []string{c.follows, c.later} {
			if _, err := w.WriteString(text); err != nil {
				t.Fatal(err)
			}
			r.pollAdrift(now) // while its turn is still to come
			r.readAll(now)
			r.closeRecord(now)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			now = now.Add(2 * r.cfg.Grace)
			r.pollAdrift(now)
			r.readAll(now)
		}
		if got := r.events(); !slices.Equal(got, c.want) {
			t.Errorf("events %q, want %q", got, c.want)
		}
		if gaps := r.gaps(); len(gaps) > 0 {
			t.Errorf("gaps %v", gaps)
		}
	}
}

// What could not be read of it until its end is read, and not what stands before its last
// line end alone.
func TestTheEndOfADeletedFileThatCouldNotBeReadForAWhileIsRead(t *testing.T) {
	r := newRig(t)
	r.write("app.log", "one\n")
	f := r.found("app.log")
	fd, err := unix.Open(f.real, unix.O_PATH|unix.O_CLOEXEC, 0) // gives no bytes
	if err != nil {
		t.Fatal(err)
	}
	whole, broken := f.f, os.NewFile(uintptr(fd), f.real)
	f.f = broken
	r.append("app.log", "two\nthr")
	r.remove(f)
	now := time.Now()
	r.readAll(now)
	now = now.Add(2 * r.cfg.Grace)
	r.pollAdrift(now)
	f.f = whole
	for range 2 {
		r.readAll(now)
		now = now.Add(2 * r.cfg.Grace)
		r.pollAdrift(now)
	}
	if err := broken.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := r.events(), []string{"one", "two", "thr"}; !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
}

// A file that is held back as a possible copy has not been read, however long the grace time is.
func TestADeletedFileThatIsHeldBackIsNotForgotten(t *testing.T) {
	r := newRig(t)
	r.write("app.log", "one\n")
	r.found("app.log")
	r.tick()
	r.write("app.log.1", "one\nmore\n") // by hand: nothing is ever cut
	f := r.found("app.log.1")
	if _, held := r.held[f]; !held {
		t.Fatal("it is not held back")
	}
	r.remove(f)
	now := time.Now()
	for range 20 {
		now = now.Add(r.cfg.Grace)
		for h := range r.held {
			r.enqueue(h)
		}
		r.readAll(now)
		r.pollAdrift(now)
	}
	r.gaps()
	var got []byte
	for _, s := range r.sent {
		got = append(got, s.Value...)
	}
	if string(got) != "one\none\nmore\n" {
		t.Errorf("shipped %q", got)
	}
}

func TestAFileThatNoCollectionWantsIsNotHeldBack(t *testing.T) {
	r := newRig(t)
	r.write("app.log", "one\n")
	r.found("app.log")
	r.tick()
	r.write("app.log.1", "one\nmore\n")
	f := r.found("app.log.1")
	r.adopt(follow.Set{})
	r.enqueue(f)
	r.next(time.Now())
	if len(r.held) > 0 || r.restless() {
		t.Errorf("%d files are looked at all the time", len(r.held))
	}
}

// Logs that have gone are remembered for their compressed copies, and not without end.
func TestOfManyLogsThatHaveGoneTheNewestAreRemembered(t *testing.T) {
	r := newRig(t)
	const gone = mostBuried + 100
	for i := range gone {
		src := &state.Source{Name: r.path("app.log"), Path: r.path("app.log"), Collection: "c", Begun: true, Off: 5, Seen: time.Now().Unix() - gone + int64(i)}
		binary.BigEndian.PutUint64(src.ID[:], uint64(i+1))
		r.state.Put(src)
		r.know(newFile(src))
	}
	r.scanNothing(*r.view)
	if n := len(r.state.Sources()); n != mostBuried || len(r.files) != mostBuried {
		t.Fatalf("%d are remembered, and %d in the state log", len(r.files), n)
	}
	for id := range r.files {
		if n := binary.BigEndian.Uint64(id[:]); n <= gone-mostBuried {
			t.Errorf("the one is remembered that went as number %d", n)
		}
	}
}
