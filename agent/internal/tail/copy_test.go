package tail

import (
	"os"
	"strings"
	"testing"
	"time"
)

// A turn may begin, then the log is copied, and then cut before the turn looks: the cut is
// younger than the copy all the same. Found by the chaos harness, seed 45.
func TestACopyThatIsMadeWithinTheTurnThatSeesTheCutIsKnownForOne(t *testing.T) {
	r := newRig(t)
	text := strings.Repeat("a line of the log\n", 100)
	r.write("app.log", text)
	f := r.found("app.log")
	if f.off != uint64(len(text)) {
		t.Fatalf("it was read to %d", f.off)
	}
	r.tick()
	began := time.Now().Add(-time.Second) // longer ago than birth times are exact
	r.write("app.log.1", text)
	if err := os.Truncate(r.path("app.log"), 0); err != nil {
		t.Fatal(err)
	}
	r.turn(f, began)
	if f.off != 0 || f.src.Cut == nil {
		t.Fatalf("the cut was not seen: at %d", f.off)
	}
	if copied := r.found("app.log.1"); copied.off != uint64(len(text)) || copied.begun {
		t.Errorf("the copy is at %d, begun %v", copied.off, copied.begun)
	}
}
