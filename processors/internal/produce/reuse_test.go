package produce

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/internal/packed"
)

// lent is the memory of a value. Free writes over it, as the next value would.
type lent struct {
	value []byte
	freed chan<- string
}

func (l *lent) Free() {
	for i := range l.value {
		l.value[i] = '#'
	}
	l.freed <- "freed"
}

// moody answers some of the first produce requests with errors of all classes, or closes the connection.
func (r *rig) moody(seed uint64) {
	moods := []*kerr.Error{kerr.NotEnoughReplicas, kerr.InvalidRecord, kerr.MessageTooLarge, kerr.NotLeaderForPartition, kerr.InvalidTimestamp}
	random := rand.New(rand.NewPCG(seed, 1)) // the cluster calls one at a time
	r.cluster.ControlKey(int16(kmsg.Produce), func(kreq kmsg.Request) (kmsg.Response, error, bool) {
		r.cluster.KeepControl()
		switch n := random.IntN(4 * len(moods)); {
		case r.produce.Load() > 60:
		case n < len(moods):
			r.answer("out", moods[n])
			defer r.answer("out", nil)
		case n == len(moods):
			return nil, errors.New("the connection breaks"), true
		}
		return r.control(kreq)
	})
}

// TestMemoryIsUsedAgainWhenNobodyReadsIt sends values in memory that is written over when it is freed, and packed values whose
// memory the next ones get, to a broker that refuses many; what is written is what was sent.
func TestMemoryIsUsedAgainWhenNobodyReadsIt(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	r := newRig(t, "out", "dead", "table")
	r.p.cfg.Client = append(r.p.cfg.Client, kgo.ProducerLinger(time.Millisecond), kgo.ProducerBatchMaxBytes(32<<10))
	r.p.Abort()
	if err := r.p.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.moody(seed)
	const senders, each = 4, 250
	text := func(key string) string { return strings.Repeat("value of "+key+", told again; ", 10+len(key)*20) }
	freed := make(chan string, senders*each)
	var group sync.WaitGroup
	for s := range senders {
		group.Go(func() {
			w := packed.NewWriter()
			for i := range each {
				key := fmt.Sprintf("%d-%d", s, i)
				m := Message{Topic: "out", Key: key}
				if i%2 == 0 {
					m.Value = []byte(text(key))
					m.Memory = &lent{m.Value, freed}
				} else {
					w.Append([]byte(text(key)))
					m.Packed = w.Finish()
				}
				r.p.Send(Emit{Message: m, Fate: &told{r.done, key}})
			}
		})
	}
	group.Wait()
	for _, done := range r.finished(senders * each) {
		if strings.Contains(done, " ") {
			t.Errorf("%s", done)
		}
	}
	want := map[string]bool{}
	for s := range senders {
		for i := range each {
			want[text(fmt.Sprintf("%d-%d", s, i))] = true
		}
	}
	for _, got := range r.values("out", senders*each) {
		if !want[got] {
			t.Fatalf("%.80q is written, or twice", got)
		}
		delete(want, got)
	}
	for range senders * each / 2 {
		select {
		case <-freed:
		case <-time.After(waitAtMost):
			t.Fatal("memory is not freed")
		}
	}
}
