package produce

import (
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
)

// loan counts how often it is freed.
type loan struct {
	freed atomic.Int32
	done  chan string
}

func (l *loan) Free() {
	l.freed.Add(1)
	l.done <- "freed"
}

func TestMemoryIsFreedOnceWhenItsMessageIsWritten(t *testing.T) {
	r := newRig(t, "out", "dead", "table")
	lend := func(topic string) *loan {
		l := &loan{done: r.done}
		r.p.Send(Emit{Message: Message{Topic: topic, Key: "k", Value: []byte("v"), Memory: l}, Fate: &told{r.done, "k"}, Replaceable: true})
		return l
	}
	check := func(l *loan, want int32, what string) {
		t.Helper()
		if got := l.freed.Load(); got != want {
			t.Errorf("the memory of %s is freed %d times, want %d", what, got, want)
		}
	}
	r.answer("out", kerr.NotEnoughReplicas)
	again := lend("out")
	r.untilRequests(2 * (producerTries + 1)) // the client gave up more than once
	check(again, 0, "what is sent again")
	r.answer("out", nil)
	r.finished(2)
	check(again, 1, "what is written")

	r.answer("out", kerr.MessageTooLarge)
	refused := lend("out")
	r.finished(1)
	r.values("dead", 1)
	r.answer("out", kerr.NotEnoughReplicas)
	given := lend("out")
	r.untilRequests(1)
	if err := r.p.Close(); err != nil {
		t.Fatal(err)
	}
	late := lend("out")
	r.finished(2)
	check(again, 1, "what was written before")
	check(refused, 0, "what a dead letter stands for")
	check(given, 0, "what was given up")
	check(late, 0, "what was sent too late")
}
