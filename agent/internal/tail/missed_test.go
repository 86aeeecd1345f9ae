package tail

import (
	"fmt"
	"testing"
	"time"

	"github.com/millrace/millrace/agent/internal/find"
	"github.com/millrace/millrace/agent/internal/ship"
	"github.com/millrace/millrace/schemas/record"
)

// While Kafka is away nobody takes records, and a tailer that waits for the shipper to
// take one cannot even be stopped. Files that come and go meanwhile must not fill it.
func TestMissedFilesDoNotFillAShipperThatIsStuck(t *testing.T) {
	r := newRig(t)
	const missed = 10 * ship.InFlight
	now := time.Now()
	miss := func(name string) {
		r.take([]find.Event{{Kind: find.Missed, Name: r.path(name), View: r.view}})
		for range 3 { // a round begins, and ends
			now = now.Add(record.Linger)
			r.keepTime(now)
		}
	}
	for i := range missed {
		miss(fmt.Sprintf("app.log.%d", i))
		if len(r.flight) > ship.InFlight {
			t.Fatalf("%d records are under way after %d files", len(r.flight), i+1)
		}
	}
	if due := r.due(); !due.IsZero() {
		t.Errorf("there is something to do at %s", due)
	}
	r.ack()
	miss("app.log.last")
	if n := len(r.gaps()); n != missed+1 {
		t.Errorf("%d of %d files are told", n, missed+1)
	}
}

// A record has room for so many of them; of those beyond it the log and the counters tell.
func TestMissedFilesThatNoRecordTakesAreCounted(t *testing.T) {
	r := newRig(t)
	for i := 0; len(r.flight) < ship.InFlight; i++ {
		r.take([]find.Event{{Kind: find.Missed, Name: r.path(fmt.Sprintf("app.log.%d", i)), View: r.view}})
		r.closeRecord(time.Now())
	}
	const missed = 10_000
	for i := range missed {
		r.take([]find.Event{{Kind: find.Missed, Name: r.path(fmt.Sprintf("app.log.x%d", i)), View: r.view}})
	}
	if len(r.flight) > ship.InFlight || r.counts.gaps != ship.InFlight+missed {
		t.Errorf("%d records are under way, and %d files are counted", len(r.flight), r.counts.gaps)
	}
}
