package inorder

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/IBM/sarama"
)

// saramaSession records the offsets that reach sarama.
type saramaSession struct {
	sarama.ConsumerGroupSession // nil: nothing else is called
	ctx                         context.Context
	marked                      []string
}

// GenerationID implements sarama.ConsumerGroupSession.
func (s *saramaSession) GenerationID() int32 { return 1 }

func (s *saramaSession) Context() context.Context   { return s.ctx }
func (s *saramaSession) Claims() map[string][]int32 { return map[string][]int32{"in": {0, 1}} }
func (s *saramaSession) MarkOffset(topic string, p int32, next int64, _ string) {
	s.marked = append(s.marked, fmt.Sprintf("%s/%d@%d", topic, p, next))
}

// waitingGoka is a goka whose Cleanup waits for emits, as goka's does.
type waitingGoka struct {
	session sarama.ConsumerGroupSession
	written chan struct{}
}

func (g *waitingGoka) Setup(s sarama.ConsumerGroupSession) error { g.session = s; return nil }
func (g *waitingGoka) ConsumeClaim(sarama.ConsumerGroupSession, sarama.ConsumerGroupClaim) error {
	return nil
}

func (g *waitingGoka) Cleanup(s sarama.ConsumerGroupSession) error {
	if s != g.session {
		return errors.New("another session than in Setup")
	}
	<-g.written
	s.MarkOffset("in", 0, 8, "")
	return nil
}

// abortedEmits resolves all emits when they are given up.
type abortedEmits struct{ resolve func() }

func (e abortedEmits) Open(context.Context) error { return nil }
func (e abortedEmits) Abort()                     { e.resolve() }

func TestASessionThatEnds(t *testing.T) {
	for name, c := range map[string]struct {
		writtenAfter time.Duration // 0: never
		cause        error
		marked       string
		takes        time.Duration
	}{
		"commits what is written within the grace":             {time.Second, context.Canceled, "[in/0@8]", time.Second},
		"gives up what is not, and commits nothing for it":     {0, context.Canceled, "[]", Grace},
		"waits for nothing when the group has lost it already": {time.Second, sarama.ErrUnknownMemberId, "[]", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, end := context.WithCancelCause(t.Context())
				inner := &saramaSession{ctx: ctx}
				g := &waitingGoka{written: make(chan struct{}, 2)}
				gone := false
				h := &handler{
					goka: g, grace: Grace, began: func(int32) {}, ready: func() error { return nil }, lost: func() { gone = true }, depth: func(int) {},
					emits:  abortedEmits{func() { g.written <- struct{}{} }},
					repair: func(sarama.ConsumerGroupSession) error { return nil },
				}
				if err := h.Setup(inner); err != nil {
					t.Fatal(err)
				}
				h.session.windows[place{"in", 0}].deliver(7, 1)
				h.session.windows[place{"in", 0}].deliver(8, 1)
				if c.writtenAfter > 0 {
					time.AfterFunc(c.writtenAfter, func() { g.written <- struct{}{} })
				}
				end(c.cause)
				began := time.Now()
				if err := errors.Join(h.Cleanup(inner), h.failure()); err != nil {
					t.Fatal(err)
				}
				if got := time.Since(began); got != c.takes {
					t.Errorf("it took %v, want %v", got, c.takes)
				}
				if got := fmt.Sprint(inner.marked); got != c.marked {
					t.Errorf("marked %s, want %s", got, c.marked)
				}
				if want := lost(c.cause); gone != want {
					t.Errorf("that the partitions are lost was told: %v, want %v", gone, want)
				}
				g.session.MarkOffset("in", 0, 8, "") // late emits of the ended session
				g.session.MarkOffset("in", 0, 9, "")
				if got := fmt.Sprint(inner.marked); got != c.marked {
					t.Errorf("a late mark came through: %s", got)
				}
			})
		})
	}
}

// setup is a goka whose Setup does what it is told.
type setup struct {
	sarama.ConsumerGroupHandler // nil: nothing else is called
	does                        func() error
}

func (s setup) Setup(sarama.ConsumerGroupSession) error { return s.does() }

func TestTablesAreReadyOnceGokaHasReadThemToTheirEnd(t *testing.T) {
	failed := errors.New("a table failed")
	for name, c := range map[string]struct {
		does func(end func()) error
		want bool
	}{
		"when all is well":  {func(func()) error { return nil }, true},
		"not when it fails": {func(func()) error { return failed }, false},
		"not when the session ends while goka reads them": {func(end func()) error { end(); return nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, end := context.WithCancel(t.Context())
			defer end()
			ready := false
			h := &handler{
				goka: setup{does: func() error { return c.does(end) }}, began: func(int32) {}, depth: func(int) {},
				ready:  func() error { ready = true; return nil },
				repair: func(sarama.ConsumerGroupSession) error { return nil },
			}
			if err := h.Setup(&saramaSession{ctx: ctx}); err != nil && !errors.Is(err, failed) {
				t.Fatal(err)
			}
			if ready != c.want {
				t.Errorf("ready: %v, want %v", ready, c.want)
			}
		})
	}
}

func TestAFullWindowHoldsMessagesBackUntilTheOldestIsFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		messages := make(chan *sarama.ConsumerMessage, 2*MaxRecords)
		for i := range cap(messages) {
			messages <- &sarama.ConsumerMessage{Topic: "in", Offset: int64(i)}
		}
		depth := 0
		w := newWindow(func(d int) { depth += d })
		c := newClaim(saramaClaim{messages: messages}, w)
		go c.forward()
		got := 0
		read := func() {
			for {
				select {
				case <-c.Messages():
					got++
				case <-time.After(time.Second):
					return
				}
			}
		}
		if read(); got != MaxRecords {
			t.Errorf("%d messages came through, want %d", got, MaxRecords)
		}
		w.done(1, func(int64) { t.Error("committed although record 0 is not finished") })
		if read(); got != MaxRecords {
			t.Errorf("%d messages came through although record 0 is not finished", got)
		}
		w.done(0, func(next int64) {
			if next != 2 {
				t.Errorf("committed %d, want 2", next)
			}
		})
		if read(); got != MaxRecords+2 || depth != MaxRecords {
			t.Errorf("%d messages came through and the depth is %d, want %d and %d", got, depth, MaxRecords+2, MaxRecords)
		}
		close(c.stop)
		<-c.ended
		if w.freeze(); depth != 0 {
			t.Errorf("the depth of an ended session is %d", depth)
		}
	})
}

type saramaClaim struct {
	sarama.ConsumerGroupClaim
	messages chan *sarama.ConsumerMessage
}

func (c saramaClaim) Messages() <-chan *sarama.ConsumerMessage { return c.messages }
