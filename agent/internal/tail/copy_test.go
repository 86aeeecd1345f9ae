package tail

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// readLog is a rig whose tailer has read a log. What is made from now on is younger.
func readLog(t *testing.T) (r *rig, log *file, text string) {
	t.Helper()
	r = newRig(t)
	text = strings.Repeat("a line of the log\n", 100)
	r.write("app.log", text)
	log = r.found("app.log")
	if log.off != uint64(len(text)) {
		t.Fatalf("it was read to %d", log.off)
	}
	r.tick()
	return r, log, text
}

// A turn may begin, then the log is copied, and then cut before the turn looks: the cut is
// younger than the copy all the same. Found by the chaos harness, seed 45.
func TestACopyThatIsMadeWithinTheTurnThatSeesTheCutIsKnownForOne(t *testing.T) {
	r, f, text := readLog(t)
	began := time.Now().Add(-time.Second) // longer ago than birth times are exact
	r.write("app.log.1", text)
	r.cut("app.log")
	r.turn(f, began)
	if f.off != 0 || len(f.src.Cuts) != 1 {
		t.Fatalf("the cut was not seen: at %d", f.off)
	}
	r.passedOver(r.found("app.log.1"), len(text))
}

// What a cut takes away unread is lost only if no copy has it that is read, too, whether
// the agent has met the copy or not. Found by the chaos harness, seed 62.
func TestOnlyWhatNoCopyHasIsToldAsAGap(t *testing.T) {
	const half, rest = "half a line", ", and its end\n"
	text := strings.Repeat("a line of the log\n", 100)
	read := uint64(len(text))
	everything := text + half + rest
	cases := []struct {
		name string
		copy func(r *rig)
		lost string
	}{
		{"a copy that nobody has told of yet has it", func(r *rig) { r.write("app.log.1", everything) }, ""},
		{"a copy has it that was shorter when it was met", func(r *rig) {
			r.write("app.log.1", text[:100])
			r.found("app.log.1")
			r.write("app.log.1", everything)
		}, ""},
		{"a copy has it that was compressed since", func(r *rig) { r.write("app.log.1.gz", gzipped(r.t, everything)) }, ""},
		{"a copy has it that was met and then deleted", func(r *rig) {
			r.write("app.log.1", everything)
			r.remove(r.found("app.log.1"))
		}, ""},
		{"a copy has the first bytes of it", func(r *rig) { r.write("app.log.1", text+"half") }, " a line"},
		{"a copy ends where it begins", func(r *rig) { r.write("app.log.1", text) }, half},
		{"a compressed copy ends where it begins", func(r *rig) { r.write("app.log.1.gz", gzipped(r.t, text)) }, half},
		{"no collection takes the copy", func(r *rig) { r.write("copy", everything) }, half},
		{"a file of the same length has other lines", func(r *rig) { r.write("app.log.1", strings.ToUpper(everything)) }, half},
		{"there is no copy", func(*rig) {}, half},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			r.write("app.log", text+half)
			f := r.found("app.log")
			if f.off != read {
				t.Fatalf("it was read to %d", f.off)
			}
			r.tick()
			c.copy(r)
			r.cut("app.log")
			r.turn(f, time.Now())
			r.turn(f, time.Now()) // once is enough
			var want []gap
			if n := uint64(len(c.lost)); n > 0 {
				want = []gap{{read + uint64(len(half)) - n, n}}
			}
			if got := r.gaps(); !slices.Equal(got, want) {
				t.Errorf("gaps %v, want %v", got, want)
			}
		})
	}
}

// While Kafka is away a copy is held back for longer than a copy usually takes, and then
// has its turn before the log. Nothing was read of it for that.
func TestACopyWaitsForALogThatWasCutWhileNothingCouldBeRead(t *testing.T) {
	r, f, text := readLog(t)
	r.write("app.log.1", text)
	copied := r.found("app.log.1")
	if _, held := r.held[copied]; !held {
		t.Fatal("the copy is not held back")
	}
	r.cut("app.log")
	later := time.Now().Add(2 * holdMost)
	r.turn(copied, later)
	r.turn(f, later)
	r.turn(copied, later)
	r.passedOver(copied, len(text))
}

// While Kafka is away the copy is deleted, too, by the next rotation: it is open.
func TestADeletedCopyIsKnownForOne(t *testing.T) {
	r, f, text := readLog(t)
	r.write("app.log.1", text)
	copied := r.met("app.log.1")
	r.cut("app.log")
	r.remove(copied)
	r.turn(f, time.Now())
	r.turn(copied, time.Now())
	r.passedOver(copied, len(text))
}

// To copy a large log takes longer than a copy is held back that does not grow.
func TestACopyWaitsWhileItIsBeingMade(t *testing.T) {
	r, f, text := readLog(t)
	r.write("app.log.1", text[:500])
	copied := r.found("app.log.1")
	now := time.Now()
	for _, copiedTo := range []int{900, 1300, len(text)} {
		now = now.Add(holdMost - time.Second)
		r.write("app.log.1", text[:copiedTo])
		r.turn(copied, now)
	}
	r.cut("app.log")
	r.turn(f, now)
	r.turn(copied, now)
	r.passedOver(copied, len(text))
}

// To prove that a file is a copy takes as long as to read it. Others have turns meanwhile.
func TestALargeCopyIsComparedAPartATurn(t *testing.T) {
	const rounds = 8
	r := newRig(t)
	r.cfg.UnackedBytes = 64 << 20
	text := strings.Repeat(strings.Repeat("x", 1023)+"\n", rounds*skipTurn/1024)
	r.write("app.log", text)
	log := r.found("app.log")
	r.ack()
	r.tick()
	r.write("app.log.1", text)
	r.cut("app.log")
	r.turn(log, time.Now())
	copied := r.met("app.log.1")
	for i := range rounds {
		if more := r.turn(copied, time.Now()); !more && i < rounds-1 || copied.cleared != (i == rounds-1) {
			t.Fatalf("after %d turns: more %v, known for a copy %v", i+1, more, copied.cleared)
		}
	}
	r.passedOver(copied, len(text))
}

// What was compared and is of another file is not compared again while the file is held
// back.
func TestAFileIsComparedWithEachCutOnce(t *testing.T) {
	r, log, text := readLog(t)
	r.write("app.log.1", text[:len(text)-2]+"?\n")
	r.cut("app.log")
	r.turn(log, time.Now())
	r.append("app.log", text[:len(text)/2]) // so that it is held back
	r.turn(log, time.Now())
	other := r.met("app.log.1")
	r.turn(other, time.Now())
	if other.cleared || len(other.check.refuted) != 1 || len(r.cutsLike(other, r.folders[r.dir])) > 0 {
		t.Fatalf("it is not held back, or would be compared again: %+v", other.check)
	}
	r.turn(other, time.Now().Add(holdMost))
	if other.off != uint64(len(text)) {
		t.Errorf("it was read to %d", other.off)
	}
}

func TestABeginningThatNobodyGoesOnToCopyIsRead(t *testing.T) {
	r, _, text := readLog(t)
	r.write("app.log.1", text[:len(text)/2])
	copied := r.found("app.log.1")
	r.turn(copied, time.Now().Add(holdMost-time.Second))
	if copied.off > 0 {
		t.Fatal("it was not held back")
	}
	r.turn(copied, time.Now().Add(holdMost))
	if copied.off != uint64(len(text)/2) || !copied.begun {
		t.Errorf("it is at %d, begun %v", copied.off, copied.begun)
	}
}

func TestAFileThatIsHeldBackIsLookedAtLessAndLessOften(t *testing.T) {
	begin := time.Unix(1_700_000_000, 0)
	f := &file{held: begin, looked: begin}
	looks := 0
	for after := time.Duration(0); after < holdMost; after += pollAdrift {
		if now := begin.Add(after); f.mayTell(now) {
			looks, f.looked = looks+1, now
		}
	}
	if looks < 20 || looks > 30 {
		t.Errorf("%d looks in %v", looks, holdMost)
	}
	if f.looked.Before(begin.Add(holdMost - 2*askMost)) {
		t.Error("it is forgotten")
	}
}
