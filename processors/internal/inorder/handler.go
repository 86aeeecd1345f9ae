package inorder

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

// handler is goka for one session.
type handler struct {
	goka   sarama.ConsumerGroupHandler
	emits  Emits
	grace  time.Duration
	began  func(generation int32)
	ready  func() error
	lost   func()
	depth  func(int)
	repair func(sarama.ConsumerGroupSession) error

	mu      sync.Mutex
	session *session // nil before Setup
	err     error    // what goka returned from Setup or Cleanup: sarama may hide it
}

// Setup begins the session.
func (h *handler) Setup(inner sarama.ConsumerGroupSession) error {
	h.began(inner.GenerationID())
	s := newSession(inner, h.depth)
	h.mu.Lock()
	h.session = s
	h.mu.Unlock()
	if err := h.repair(inner); err != nil {
		return err // Kafka's trouble, not goka's: the next session tries again
	}
	if err := h.keep(h.goka.Setup(s)); err != nil || inner.Context().Err() != nil {
		return err // goka says nothing when its tables are not read to their end because the session has ended
	}
	return h.keep(h.ready())
}

// ConsumeClaim lets goka read one partition.
func (h *handler) ConsumeClaim(_ sarama.ConsumerGroupSession, inner sarama.ConsumerGroupClaim) error {
	c := newClaim(inner, h.session.windows[place{inner.Topic(), inner.Partition()}])
	go c.forward()
	err := h.goka.ConsumeClaim(h.session, c)
	close(c.stop)
	<-c.ended
	return err
}

// Cleanup ends the session. Goka waits in it for the emits under way; what is not
// written after the grace is given up. If the group has lost us already nothing is
// waited for: somebody else may have our partitions.
func (h *handler) Cleanup(inner sarama.ConsumerGroupSession) error {
	grace := h.grace
	if lost(context.Cause(inner.Context())) {
		grace = 0
		h.lost()
	}
	gaveUp := make(chan struct{})
	timer := time.AfterFunc(grace, func() {
		defer close(gaveUp)
		h.giveUp()
	})
	err := h.goka.Cleanup(h.session)
	if !timer.Stop() {
		<-gaveUp // or it would give up emits of the next session
	}
	h.session.freeze()
	return h.keep(err)
}

// giveUp makes the outstanding emits resolve at once. Their marks would be wrong,
// so they are frozen first. Failing the emits instead would make goka end.
func (h *handler) giveUp() {
	h.session.freeze()
	h.emits.Abort()
}

// freeze ends the commits of one partition.
func (h *handler) freeze(at place) {
	if w := h.window(at); w != nil {
		w.freeze()
	}
}

// window is that of a partition; nil if the session has none.
func (h *handler) window(at place) *window {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.session == nil {
		return nil
	}
	return h.session.windows[at]
}

func (h *handler) keep(err error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = errors.Join(h.err, err)
	return err
}

func (h *handler) failure() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// lost reports whether a session ended because the group does not count on us any
// more.
func lost(cause error) bool {
	return errors.Is(cause, sarama.ErrSessionHeartbeatFailed) ||
		errors.Is(cause, sarama.ErrUnknownMemberId) ||
		errors.Is(cause, sarama.ErrIllegalGeneration) ||
		errors.Is(cause, sarama.ErrFencedInstancedId)
}
